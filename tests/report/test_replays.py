"""Replays: positions as played, the value of each move, and every reply of a model."""

import json
import re
from pathlib import Path
from typing import Any

import pytest

import result_sets
from arena import bot, play, setup
from bundle_readers import decisions, replies, text
from gamegrid import games
from gamegrid.__main__ import main
from gamegrid.errors import UserError
from gamegrid.report import boards, replay_section
from gamegrid.report.replay_replies import shown_replies
from gamegrid.report.replay_section import replay_data
from replay_rows import judged, row
from report_samples import HOSTILE, LONG, hostile
from store_samples import call, database, decision, episode, query

PLAYED = ("tic_tac_toe", "kuhn_poker", "connect_four", "matrix_rps", "nim")


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Real episodes of several games, judged as in the workflow."""
    folder = tmp_path_factory.mktemp("played")
    agents = {"one": bot("random"), "two": bot("preference", prefer=["Bet", "b2", "Rock"])}
    episodes = []
    for name in PLAYED:
        game = games.load(name)
        # Alternate the seats: each deal is played twice.
        setups = [
            setup(game, seats, deal=deal, seating=n)
            for deal in range(6)
            for n, seats in enumerate((("one", "two"), ("two", "one")))
        ]
        episodes += play(setups, agents)
    return judged(folder, PLAYED, agents, episodes)


@pytest.fixture(scope="module")
def shown(played: Path) -> dict[str, Any]:
    """The data of the replays that the page shows."""
    return replay_data(played)


def test_every_frame_is_the_position_that_was_played(played: Path, shown: dict[str, Any]) -> None:
    told = dict(query(played, "SELECT episode_id, trajectory FROM episodes"))
    plies = dict(query(played, "SELECT episode_id, plies FROM episodes"))
    assert {one["episode_id"] for one in shown["episodes"]} == set(told)
    for one in shown["episodes"]:
        game, steps = games.load(one["game"]), json.loads(told[one["episode_id"]])
        assert len(one["frames"]) == plies[one["episode_id"]] + 1
        # A drawing is a function of the state. There is one per move and one at the end, none for
        # chance.
        drawn, state = [], game.spiel.new_initial_state()
        for step in [*steps, None]:
            if not state.is_chance_node():
                drawn.append(boards.draw(game, state))
            if step is not None:
                state = (
                    game.replay(steps[: len(state.history()) + 1])
                    if game.sequential
                    else game.replay(steps)
                )
        assert [text(shown, frame["drawing"]) for frame in one["frames"]] == drawn


def test_moves_are_worth_what_the_judge_says(played: Path, shown: dict[str, Any]) -> None:
    verdicts = {
        (episode_id, ply, seat): rest
        for episode_id, ply, seat, *rest in query(
            played, "SELECT episode_id, ply, seat, label, best_value, value, regret FROM decisions"
        )
    }
    seen = 0
    for one, ply, choice in decisions(shown):
        label, best, value, regret = verdicts[one["episode_id"], ply, choice["seat"]]
        assert choice["label"] == label and label in choice["labels"]
        assert choice.get("regret") == regret
        if best is None:
            assert "values" not in choice
            continue
        moves = dict(zip(choice["labels"], choice["values"], strict=True))
        assert max(moves.values()) == pytest.approx(best)
        assert moves[label] == pytest.approx(value)
        seen += 1
    assert seen > 100


def test_the_graph_is_the_value_of_every_position(played: Path, shown: dict[str, Any]) -> None:
    """One line where both know everything, the first seat's; else a line for each seat."""
    best = {
        (episode_id, ply, seat): value
        for episode_id, ply, seat, value in query(
            played, "SELECT episode_id, ply, seat, best_value FROM decisions"
        )
    }
    seen = set()
    for one in shown["episodes"]:
        game, end = games.load(one["game"]), len(one["frames"]) - 1
        if "graph" not in one:
            assert all("values" not in c for f in one["frames"] for c in f["choices"])
            continue
        seen.add(one["game"])
        wanted: dict[int, dict[int, float]] = {}
        for (episode_id, ply, seat), value in best.items():
            if episode_id == one["episode_id"] and value is not None:
                shared = game.sequential and not game.hidden_information
                sign = -1 if shared and seat else 1
                wanted.setdefault(0 if shared else seat, {})[ply] = sign * value
        for seat, values in wanted.items():
            values[end] = one["seats"][seat]["return"]
        found = {line["seat"]: dict(map(tuple, line["points"])) for line in one["graph"]["lines"]}
        assert found == wanted
        low, high = one["graph"]["low"], one["graph"]["high"]
        assert all(low <= value <= high for values in found.values() for value in values.values())
    assert seen == {"tic_tac_toe", "kuhn_poker", "matrix_rps", "nim"}


def test_no_text_is_there_twice(shown: dict[str, Any]) -> None:
    assert len(set(shown["texts"])) == len(shown["texts"])
    drawn = [text(shown, f["drawing"]) for one in shown["episodes"] for f in one["frames"]]
    assert len("".join(shown["texts"])) < len("".join(set(drawn))) / 4


def test_a_sample_is_stated_and_small_and_of_every_game(played: Path) -> None:
    total = query(played, "SELECT count(*) FROM episodes")[0][0]
    few = replay_data(played, limit=len(PLAYED))
    assert (len(few["episodes"]), few["played"]) == (len(PLAYED), total)
    assert {one["game"] for one in few["episodes"]} == set(PLAYED)
    small = replay_data(played, size=20_000)
    assert 0 < len(small["episodes"]) < total
    assert len(replay_section.embedded(small).encode()) <= 21_000
    used = {piece for one in small["episodes"] for f in one["frames"] for piece in f["drawing"]}
    assert used == set(range(len(small["texts"])))  # what did not fit has left nothing behind
    assert f"{len(small['episodes'])} of {total} episodes" in replay_section.section(small)


def test_what_is_worth_a_look_comes_first(tmp_path: Path) -> None:
    """An upset and an episode with a move that is not the agent's own come first."""

    def told(deal: int, seating: int, first: float, *statuses: str) -> Any:
        seated = ("ab", "ba")[seating]
        return episode(
            "tic_tac_toe", seated, deal, seating, scores=[first, 1 - first],
            trajectory=[0, 3, 1, 4, 2], decisions=[
                decision(seated[ply % 2], ply, ply % 2, status, legal='["a1","b1"]', attempts=1)
                for ply, status in enumerate(statuses or ["ok"] * 5)
            ],
        )  # fmt: skip

    episodes = [told(deal, seating, 1 - seating) for deal in range(4) for seating in (0, 1)]
    episodes += [told(4, 0, 0), told(4, 1, 0)]
    episodes += [told(5, 0, 1, "ok", "fallback", "ok", "ok", "ok"), told(5, 1, 0)]
    path = database(tmp_path, episodes, games=[row("tic_tac_toe")])
    found = replay_data(path)["episodes"]
    notes = {one["episode_id"]: one["notes"] for one in found}
    assert {one["episode_id"] for one in found[:2]} == {
        "tic_tac_toe:a--b:4:0", "tic_tac_toe:a--b:5:0",
    }  # fmt: skip
    assert notes.pop("tic_tac_toe:a--b:4:0") == ["upset"]
    assert notes.pop("tic_tac_toe:a--b:5:0") == ["1 move not the agent's own"]
    assert not any(notes.values())


@pytest.fixture(scope="module")
def evil(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """A database of models whose replies try to be more than text."""
    return hostile(tmp_path_factory.mktemp("evil"))


def test_no_text_of_a_model_can_end_the_script_it_is_embedded_in(evil: Path) -> None:
    data = replay_data(evil)
    written = replay_section.embedded(data)
    assert not re.search("[<>&\u2028\u2029]", written)
    assert json.loads(written) == json.loads(json.dumps(data))
    assert set(HOSTILE) <= {reply["text"] for reply in replies(data)}


def test_long_replies_are_cut_in_a_sample_and_whole_in_one_episode(evil: Path) -> None:
    [cut] = [reply for reply in replies(replay_data(evil)) if "left_out" in reply]
    assert len(cut["text"]) == replay_section.CLIP
    assert cut["left_out"] == len(LONG) - replay_section.CLIP
    whole = replay_section.episode_data(evil, cut["at"][0])
    assert LONG in {reply["text"] for reply in replies(whole)}


@pytest.fixture(scope="module")
def asked(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Real episodes of two models, one of which remembers the conversation."""
    return result_sets.make(tmp_path_factory.mktemp("asked")) / "gamegrid.duckdb"


def test_every_prompt_reply_and_reasoning_is_there_once(asked: Path) -> None:
    data = replay_data(asked)
    stored = {
        (episode_id, ply, seat, attempt): (json.loads(messages), reply, reasoning)
        for episode_id, ply, seat, attempt, messages, reply, reasoning in query(
            asked,
            "SELECT episode_id, ply, seat, attempt, messages, reply, calls.reasoning"
            " FROM calls JOIN episodes USING (episode_id)",
        )
    }
    found = {reply["at"]: reply for reply in replies(data)}
    assert found.keys() == stored.keys() and len(found) > 100
    inside = 0
    for at, (messages, said, reasoning) in stored.items():
        reply = found[at]
        assert [(m["role"], m["text"]) for m in reply["prompt"]] == [
            (m["role"], m["content"]) for m in messages
        ]
        assert reply["text"] == said
        if reply["reasoning"] is None and reasoning:
            start, end = reply["within"]
            assert said[start:end] in (reasoning, json.dumps(reasoning)[1:-1])
            inside += 1
        else:
            assert reply["reasoning"] == reasoning
    assert inside > 50
    assert len(set(map(json.dumps, data["messages"]))) == len(data["messages"])
    # The rules are in every first message, and in the data once for each game.
    rules = [piece for piece in data["texts"] if piece.startswith("The deck has 3 cards")]
    assert len(rules) == 1


@pytest.mark.parametrize(
    ("reasoning", "reply", "span"),
    [
        ("one", 'So: one. {"action": "a1"}', "one"),
        ('say "a"\n', json.dumps({"reasoning": 'say "a"\n', "action": "a1"}), '\\"a\\"'),
        ("\U0001f600 ok", '\U0001f600\U0001f600 {"reasoning": "\U0001f600 ok"}', "\U0001f600 ok"),
        ("é", json.dumps({"reasoning": "é"}), "\\u00e9"),
        ("elsewhere", "Action: a1", None),
    ],
)
def test_reasoning_inside_a_reply_is_found_there(
    reasoning: str, reply: str, span: str | None
) -> None:
    """Places are counted as JavaScript counts them, in which an emoji is two characters."""
    row = {
        "ply": 0, "seat": 0, "messages": "[]", "reply": reply, "reasoning": reasoning,
        "failure": None, "completion_tokens": None, "latency_s": None,
    }  # fmt: skip
    [[shown]] = shown_replies([row], None).values()
    if span is None:
        assert (shown.within, shown.reasoning) == (None, reasoning)
        return
    assert shown.within is not None and shown.reasoning is None
    start, end = (2 * place for place in shown.within)
    assert span in reply.encode("utf-16-le")[start:end].decode("utf-16-le")


def test_a_game_that_cannot_be_set_up_is_told_in_its_seats_words(tmp_path: Path) -> None:
    one = episode(
        "trio", "abc", 0, 0, scores=[1, 0.5, 0],
        decisions=[decision("a", 0, 0, observation="what a saw")], calls=[call(0, 0)],
    )  # fmt: skip
    found = replay_section.replay(database(tmp_path, [one]), "trio:a--b--c:0:0")
    assert [choice.observation for frame in found.frames for choice in frame.choices] == [
        "what a saw"
    ]
    assert any("No board" in note for note in found.notes)


def test_an_episode_that_is_not_there_is_named_with_its_nearest(played: Path) -> None:
    with pytest.raises(UserError, match=r"nim:one--two:0:9.*Did you mean 'nim:one--two"):
        replay_section.replay(played, "nim:one--two:0:9")


def test_the_same_agents_in_another_order_are_suggested_first(tmp_path: Path) -> None:
    ids = [("hex_4", "ab", 0), ("hex_4", "bc", 9), ("hex_4", "bd", 9)]
    found = database(tmp_path, [episode(game, "".join(who), deal, 0) for game, who, deal in ids])
    with pytest.raises(UserError, match=r"Did you mean 'hex_4:a--b:0:0'"):
        replay_section.replay(found, "hex_4:b--a:9:0")


# The command


def test_text_tells_every_move_and_steers_no_terminal(
    evil: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    folder = evil.parent
    assert main(["replay", "tic_tac_toe:a--b:1:0", "--results", str(folder)]) == 0
    said = capsys.readouterr().out
    assert re.findall(r"Played: (\w+)", said) == ["a1", "a2", "b1", "b2", "c1"]
    assert HOSTILE[7] in said
    assert all(char.isprintable() or char == "\n" for char in said)
    assert r"null \x00 bell \x07 end" in said


def test_a_page_of_one_episode_is_written(evil: Path, tmp_path: Path) -> None:
    folder, file = evil.parent, tmp_path / "one.html"
    assert (
        main(["replay", "tic_tac_toe:a--b:1:0", "--results", str(folder), "--page", str(file)]) == 0
    )
    page = file.read_text("utf-8")
    [data] = re.findall(r'id="replay-data">(.*?)</script>', page, re.DOTALL)
    assert [one["episode_id"] for one in json.loads(data)["episodes"]] == ["tic_tac_toe:a--b:1:0"]
    assert "window.ran = 4" not in re.sub(
        r'id="replay-data">.*?</script>', "", page, flags=re.DOTALL
    )


def test_what_is_missing_is_one_sentence(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["replay", "x", "--results", str(tmp_path)]) == 1
    assert capsys.readouterr().err.startswith("gamegrid: there is no")
