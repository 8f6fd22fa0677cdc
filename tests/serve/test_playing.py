"""A person's games as the page plays them: what it is sent, what it may do, what is kept."""

import asyncio
import html
import json
import re
from pathlib import Path
from typing import Any

import pytest
from markupsafe import escape

from gamegrid.agents.agent import own_kinds
from gamegrid.games.kuhn_poker import KuhnPoker
from gamegrid.games.registry import aliases, load
from gamegrid.serve import kept
from gamegrid.serve.app import SITE
from gamegrid.serve.opponents import Opponents
from gamegrid.serve.watching import Configured
from loopback import Endpoint
from served_site import GRID, Client, serving


async def begin(client: Client, game: str, **more: Any) -> str:
    wanted = {"game": game, "against": "random", "seat": 1, "deal": 0, **more}
    status, text = await client.post("/play", wanted)
    assert status == 200, text
    return str(json.loads(text)["address"])


async def follow(client: Client, address: str) -> list[dict[str, Any]]:
    """Play the first legal move of every turn; return every state that the page was sent."""
    states = [await client.json(f"{address}/news")]
    while states[-1]["ending"] is None:
        if turn := states[-1]["turn"]:
            status, text = await client.post(
                f"{address}/move", {"turn": turn["number"], "label": turn["labels"][0]}
            )
            assert status == 200, text
        states.append(await client.json(f"{address}/news?since={states[-1]['version']}"))
    return states


async def test_every_game_of_the_suite_can_be_played_to_its_end(tmp_path: Path) -> None:
    async with serving(tmp_path) as client:
        page = (await client.get("/play"))[1]
        data = json.loads(re.findall(r'id="choices">(.*?)</script>', page)[0])
        offered = {game["name"]: game for game in data["games"]}
        assert offered.keys() == {load(alias).name for alias in aliases()}
        small = [name for name in offered if load(name).max_plies <= 30]
        assert len(small) > 30
        for name in small:
            states = await follow(client, await begin(client, name))
            assert states[-1]["record"], states[-1]["ending"]
            assert any(state["turn"] for state in states)


async def test_a_person_sees_what_a_model_is_sent(tmp_path: Path) -> None:
    """The prompt in the page is the one that a model in the same seat of the same deal gets."""
    with Endpoint() as endpoint:
        raw = grid_with_model(endpoint, tmp_path)
        async with serving(tmp_path, raw) as client:
            wanted = {"against": "model", "ask_model": True, "deal": 3}
            states = await follow(client, await begin(client, "kuhn_poker", **wanted))
            first = next(state["turn"] for state in states if state["turn"])
            # The model sits in seat 1 now, and in seat 0 of the same deal when the person does not.
            await follow(client, await begin(client, "kuhn_poker", **{**wanted, "seat": 2}))
        sent = [body["messages"][-1]["content"] for body in endpoint.requests]
    assert first["prompt"] in sent
    assert first["observation"] in first["prompt"]
    assert all(label in first["prompt"] for label in first["labels"])


def grid_with_model(endpoint: Endpoint, folder: Path) -> dict[str, Any]:
    models = folder / "models.yaml"
    models.write_text(f"models: [{{name: litellm_openai/m, api_base: '{endpoint.api_base}'}}]\n")
    model = {"type": "llm", "model": "litellm_openai/m"}
    return {
        **GRID,
        "models": [str(models)],
        "agents": {"model": model, "random": {"type": "random"}},
    }


async def test_a_model_is_asked_only_if_the_person_says_so(tmp_path: Path) -> None:
    with Endpoint() as endpoint:
        async with serving(tmp_path / "results", grid_with_model(endpoint, tmp_path)) as client:
            wanted = {"game": "tic_tac_toe", "against": "model", "seat": 2, "deal": 0}
            status, said = await client.post("/play", wanted)
            assert status == 400 and "model is a model" in said
            assert endpoint.requests == []
            address = await begin(client, **{**wanted, "ask_model": True})
            await follow(client, address)
            asked = len(endpoint.requests)
            assert asked > 0
            # The same deal again takes the replies from the journal.
            await follow(client, await begin(client, **{**wanted, "ask_model": True}))
            assert len(endpoint.requests) == asked
    assert (tmp_path / "results/human/tic_tac_toe/model.jsonl").exists()


@pytest.mark.parametrize("seat", [1, 2])
async def test_the_opponent_s_card_is_in_nothing_that_is_sent(tmp_path: Path, seat: int) -> None:
    game = load("kuhn_poker")
    assert isinstance(game, KuhnPoker)
    async with serving(tmp_path) as client:
        for deal in range(6):
            address = await begin(client, "kuhn_poker", seat=seat, deal=deal)
            page = (await client.get(address))[1]
            states = await follow(client, address)
            sitting = client.inside.app[SITE].sittings[address.rpartition("/")[2]]
            cards = json.loads(sitting.record.trajectory)[:2]
            own, hidden = game.deck[cards[seat - 1]], game.deck[cards[2 - seat]]
            # The rules, and so the prompt, name all three cards in one place.
            sent = json.dumps([{**state, "turn": without_rules(state["turn"])} for state in states])
            assert own in sent and hidden not in sent
            assert hidden not in page.replace(str(escape(game.rules())), "")


def without_rules(turn: dict[str, Any] | None) -> dict[str, Any] | None:
    if turn is None:
        return None
    rules = load("kuhn_poker").rules()
    assert rules in turn["prompt"]
    return {**turn, "prompt": turn["prompt"].replace(rules, "")}


async def test_only_a_legal_move_of_the_turn_that_is_shown_is_made(tmp_path: Path) -> None:
    async with serving(tmp_path) as client:
        address = await begin(client, "tic_tac_toe")
        state = await client.json(f"{address}/news")
        while not state["turn"]:
            state = await client.json(f"{address}/news?since={state['version']}")
        number, label = state["turn"]["number"], state["turn"]["labels"][0]
        for wanted, said in (
            ({"turn": number, "label": "z9"}, "not a legal move"),
            ({"turn": number}, "not a legal move"),
            ({"turn": number + 1, "label": label}, "this turn is over"),
            ({"turn": "1", "label": label}, "this turn is over"),
            ({}, "this turn is over"),
        ):
            status, text = await client.post(f"{address}/move", wanted)
            assert status == 400 and said in text
        assert (await client.post(f"{address}/move", {"turn": number, "label": label}))[0] == 200
        status, text = await client.post(f"{address}/move", {"turn": number, "label": label})
        assert status == 400 and "this turn is over" in text


@pytest.mark.parametrize(
    ("wanted", "said"),
    [
        ({"game": "tick"}, "there is no game 'tick' here"),
        ({"game": "kuhn_poker", "against": "mcts"}, "'mcts' cannot play kuhn_poker. Choose random"),
        ({"game": "kuhn_poker", "against": "nobody"}, "'nobody' cannot play kuhn_poker"),
        ({"seat": 0}, "seat: 0 is not a whole number from 1 to 2"),
        ({"seat": 3}, "seat: 3 is not"),
        ({"seat": "1"}, "seat: '1' is not"),
        ({"deal": -1}, "deal: -1 is not"),
        ({"deal": 1.5}, "deal: 1.5 is not"),
        ({"deal": True}, "deal: True is not"),
    ],
)
async def test_what_cannot_be_played_is_one_sentence(
    tmp_path: Path, wanted: dict[str, Any], said: str
) -> None:
    async with serving(tmp_path) as client:
        status, text = await client.post(
            "/play", {"game": "tic_tac_toe", "against": "random", "seat": 1, "deal": 0, **wanted}
        )
    assert status == 400 and said in text and "Traceback" not in text


@pytest.mark.parametrize("body", ["", "[]", "{", "[" * 10_000, '"x"', "\x00"])
async def test_a_request_that_is_no_object_is_one_sentence(tmp_path: Path, body: str) -> None:
    async with serving(tmp_path) as client:
        headers = {"Origin": client.origin, "X-Gamegrid-Token": client.opened.token}
        async with client.inside.post("/play", data=body.encode(), headers=headers) as answer:
            assert answer.status == 400 and "the request is no JSON" in await answer.text()
        async with client.inside.post("/play", data=b"x" * 100_000, headers=headers) as answer:
            assert answer.status == 413


async def test_a_game_that_is_kept_is_a_replay_and_in_no_table(tmp_path: Path) -> None:
    results = tmp_path / "results"
    async with serving(results) as client:
        address = await begin(client, "tic_tac_toe", against="optimal", deal=2)
        assert (await client.post(f"{address}/save"))[0] == 400
        assert (await client.get(f"{address}/replay"))[0] == 400
        await follow(client, address)
        assert not results.exists()
        status, text = await client.post(f"{address}/save")
        again = await client.post(f"{address}/save")
        assert again == (status, text) == (200, text)
        replay = await client.get(f"{address}/replay")
        [name] = kept.names(results)
        from_file = await client.get("/kept", params={"name": name})
        listed = (await client.get("/play"))[1]
        assert name in html.unescape(listed)
        for name in ("../../gamegrid.duckdb", "/etc/passwd", "tic_tac_toe/none.json", ""):
            assert (await client.get("/kept", params={"name": name}))[0] == 400
    assert replay[0] == 200 and "replay-data" in replay[1]
    assert from_file == replay
    [file] = [path for path in results.rglob("*") if path.is_file()]
    assert file.parts[-3:-1] == ("human", "tic_tac_toe")
    stated = json.loads(file.read_text("utf-8"))
    assert stated["against"] == "optimal" and stated["episode"]["deal"] == 2


async def test_a_kept_file_with_something_else_is_one_sentence(tmp_path: Path) -> None:
    folder = tmp_path / "human" / "chess"
    folder.mkdir(parents=True)
    async with serving(tmp_path) as client:
        for text in ("", "[]", "{}", '{"game": "chess"}', '{"game": "nope", "episode": {}}'):
            (folder / "x.json").write_text(text)
            status, said = await client.get("/kept", params={"name": "chess/x.json"})
            assert status == 400 and "Traceback" not in said


async def test_leaving_ends_a_game_and_closing_the_server_ends_all(tmp_path: Path) -> None:
    async with serving(tmp_path) as client:
        left, other = await begin(client, "chess"), await begin(client, "pig")
        assert (await client.post(f"{left}/leave"))[0] == 200
        state = await client.json(f"{left}/news")
        assert state["ending"] == "You have left the game." and not state["record"]
        assert (await client.json(f"{other}/news"))["ending"] is None
        running = client.inside.app[SITE].sittings[other.rpartition("/")[2]]
    assert running.over
    assert (await asyncio.wait_for(running.news(99), 1))["ending"] == "You have left the game."


async def test_the_oldest_game_makes_room(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr("gamegrid.serve.playing.Sittings.MOST", 2)
    async with serving(tmp_path) as client:
        first = await begin(client, "tic_tac_toe")
        others = [await begin(client, "tic_tac_toe") for _ in range(2)]
        assert (await client.get(f"{first}/news"))[0] == 404
        for each in others:
            assert (await client.get(f"{each}/news"))[0] == 200


def test_there_is_an_opponent_of_every_type_of_bot(tmp_path: Path) -> None:
    opponents = Opponents.of(Configured(GRID, tmp_path))
    types = {prepared.config.agents[name].type for name, prepared in opponents.by_name.items()}
    assert types == own_kinds().keys()


def test_an_agent_of_the_grid_comes_before_a_bot_of_its_name(tmp_path: Path) -> None:
    raw = {**GRID, "seed": 7, "agents": {"bold": {"type": "random"}, "other": {"type": "random"}}}
    opponents = Opponents.of(Configured(raw, tmp_path))
    assert opponents.by_name["bold"].config.agents["bold"].type == "random"
    assert opponents.by_name["bold"].config.seed == 7
    assert opponents.able(load("kuhn_poker"))[0] == "bold"
