"""``gamegrid rate`` takes results of any system and refuses bad files in a sentence."""

import json
import re
from itertools import pairwise
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gamegrid.__main__ import main

HEAD = "match,game,agent,seat,result\n"


def rated(path: Path, text: str, capsys: pytest.CaptureFixture[str]) -> tuple[int, str, str]:
    path.write_text(text, "utf-8")
    code = main(["rate", str(path)])
    out, err = capsys.readouterr()
    return code, out, err


@pytest.fixture
def run(tmp_path: Path, capsys: pytest.CaptureFixture[str]):
    return lambda text, name="matches.csv": rated(tmp_path / name, text, capsys)


def names(out: str) -> list[str]:
    """Return the agents of one table, in its order."""
    return [re.split(r"\s{2,}", line.strip())[1] for line in out.splitlines()[1:]]


def results() -> list[tuple[str, str, float, float]]:
    """Return first, second and their returns; strong usually beats middling, and middling weak."""
    return [
        row
        for one, other in (("strong", "middling"), ("middling", "weak"), ("strong", "weak"))
        for row in (
            [(one, other, 1, -1), (other, one, -1, 1)] * 6
            + [(one, other, -1, 1), (other, one, 0, 0)] * 2
        )
    ]


def as_csv(kind: str) -> str:
    names = {1: "win", 0: "draw", -1: "loss"}
    lines = [f"match,game,agent,seat,{kind}"]
    for number, (first, second, *returns) in enumerate(results()):
        for seat, (agent, value) in enumerate(zip((first, second), returns, strict=True)):
            shown = names[int(value)] if kind == "result" else value
            lines.append(f"{number},chess,{agent},{seat},{shown}")
    return "\n".join(lines) + "\n"


def test_one_line_per_agent_with_its_possible_ranks_strongest_first(run) -> None:
    code, out, err = run(as_csv("result"))
    head, *lines = [re.split(r"\s{2,}", line.strip()) for line in out.splitlines()]
    assert (code, err) == (0, "")
    assert head == ["ranks", "agent", "rating", "95 %", "expected", "95 %", "tied"]
    assert [line[1] for line in lines] == ["strong", "middling", "weak"]
    assert [line[0] for line in lines] == ["1", "2", "3"]
    assert [line[6] for line in lines] == ["a", "b", "c"]
    for column in (2, 4):
        values = [float(line[column]) for line in lines]
        assert values == sorted(values, reverse=True)
        assert sum(values) == pytest.approx(0 if column == 2 else 1.5, abs=0.3)
        for line, value in zip(lines, values, strict=True):
            low, high = (float(end) for end in line[column + 1].strip("[]").split(", "))
            assert low < value < high


def test_returns_and_results_rate_alike(run) -> None:
    assert run(as_csv("return"))[1] == run(as_csv("result"))[1]


@pytest.mark.parametrize("outcome", ["return", "rank"])
def test_matches_of_three_seats_are_rated_by_their_returns_or_ranks(run, outcome: str) -> None:
    """a has the most, b less, and c the least, except in every fifth match, which it wins."""
    text = f"match,game,agent,seat,{outcome}\n"
    for number in range(30):
        order = [("a", 3, 1), ("b", 2, 2), ("c", 1, 3)]
        if not number % 5:
            order = [("a", 3, 2), ("b", 2, 3), ("c", 4, 1)]
        order = order[number % 3 :] + order[: number % 3]
        text += "".join(
            f"{number},dice,{name},{seat},{value if outcome == 'return' else rank}\n"
            for seat, (name, value, rank) in enumerate(order)
        )
    code, out, _ = run(text)
    assert (code, names(out)) == (0, ["a", "b", "c"])


def test_ties_in_ranks_are_draws(run) -> None:
    """Of four, two tie for the first place and two for the last, in every match."""
    text = "match,game,agent,rank\n" + "".join(
        f"{number},race,{agent},{rank}\n"
        for number in range(10)
        for agent, rank in zip("wxyz", (1, 1, 3, 3) if number % 5 else (3, 3, 1, 1), strict=True)
    )
    code, out, _ = run(text)
    lines = [re.split(r"\s{2,}", line.strip()) for line in out.splitlines()[1:]]
    assert code == 0
    assert [line[1] for line in lines] == ["w", "x", "y", "z"]
    assert lines[0][2] == lines[1][2] and lines[2][2] == lines[3][2]


STRENGTHS = {"best": 250.0, "good": 120.0, "fair": 0.0, "poor": -130.0, "random": -240.0}
GAMES = ("cards", "words", "ships", "bluff", "towers", "trade")


def published() -> list[dict[str, Any]]:
    """Return made-up matches in the format in which GameBench publishes its matches.

    Every agent met random in every game, neighbours met in some. Two games give each agent its
    share of 19 points, the others a win or a draw; who sat where is not said.
    """
    luck, matches = np.random.default_rng(20), []
    agents = list(STRENGTHS)
    pairs = [(agent, "random", 12) for agent in agents[:-1]]
    pairs += [(one, other, 8) for one, other in pairwise(agents[:-1])]
    for number, game in enumerate(GAMES):
        for one, other, times in pairs:
            chance = 1 / (1 + 10 ** ((STRENGTHS[other] - STRENGTHS[one]) / 400))
            for _ in range(times):
                if number < 2:
                    share = luck.binomial(19, chance) / 19
                else:
                    share = 0.5 if luck.random() < 0.1 else float(luck.random() < chance)
                matches.append({"game": game, one: share, other: 1 - share})
    return matches


def test_published_matches_with_shares_are_rated_in_order(run) -> None:
    matches = published()
    assert any(0.8 < match.get("best", 0) < 0.9 for match in matches)
    code, out, err = run(json.dumps(matches), "matches.json")
    assert (code, err) == (0, "")
    assert names(out) == list(STRENGTHS)
    for line in out.splitlines()[1:]:
        low, high = re.search(r"\[(-?[\d.]+), (-?[\d.]+)\]", line).groups()
        name = next(name for name in STRENGTHS if f" {name} " in line)
        assert float(low) < STRENGTHS[name] < float(high)


def test_lists_of_agents_from_the_best_are_rated(run) -> None:
    order = [["a", ["b", "c"], "d"]] * 7 + [["d", "c", "b", "a"]]
    matches = [{"game": "race", "ranking": ranking} for ranking in order]
    code, out, err = run(json.dumps(matches), "races.JSON")
    assert (code, err) == (0, "")
    assert sorted(names(out)[1:3]) == ["b", "c"]
    assert (names(out)[0], names(out)[3]) == ("a", "d")


def test_without_seats_nobody_moves_first(run) -> None:
    """a is always listed first and wins 2 of 3: its rating is 400 log10(2), not half of that."""
    rows = [("a", "b", 1, 0), ("a", "b", 1, 0), ("a", "b", 0, 1)] * 20
    text = "match,game,agent,result\n" + "".join(
        f"{number},g,{one},{s}\n{number},g,{other},{t}\n"
        for number, (one, other, s, t) in enumerate(rows)
    )
    _, out, _ = run(text)
    best, worst = (float(re.split(r"\s{2,}", line.strip())[2]) for line in out.splitlines()[1:])
    assert best - worst == pytest.approx(400 * np.log10(2), abs=2)


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("match,game,agnt,seat,result\n", "no column 'agent'"),
        ("match,game,agent,seat\n", "it has none of these columns"),
        ("match,game,agent,seat,result,return\n", "it has the columns result and return"),
        (HEAD, "no match between two different agents"),
        ("", "no column 'match'"),
        (HEAD + "1,g,a,0,win\n", "only one seat"),
        (HEAD + "1,g,a,0,win\n1,g,b,0,loss\n", "a seat appears twice"),
        (HEAD + "1,g,a,0,win\n1,h,b,1,loss\n", "different games"),
        (HEAD + "1,g,a,0,win\n1,g,b,1,win\n", "its results add up to 2; they must be one win"),
        (HEAD + "1,g,a,0,.84\n1,g,b,1,.2\n", "its results add up to 1.04"),
        (HEAD + "1,g,a,0,1.2\n1,g,b,1,0\n", "line 2: result is '1.2'; it must be win, draw"),
        (HEAD + "1,g,a,0,won\n1,g,b,1,loss\n", "line 2: result is 'won'; it must be win, draw"),
        (HEAD + "1,g,a,0,1\n1,g,b,1,0\n1,g,c,2,0\n", "needs the column rank or return"),
        (HEAD + "1,g,a,x,win\n1,g,b,1,loss\n", "seat is 'x'"),
        (HEAD + "1,g,,0,win\n1,g,b,1,loss\n", "'agent' is empty"),
        (HEAD + "1,g,a\n", "'result' is empty"),
        (HEAD + "1,g,a,,win\n", "'seat' is empty"),
        ("match,game,agent,rank\n1,g,a,0\n1,g,b,1\n", "line 2: rank is '0'; it must be a number"),
        ("match,game,agent,rank\n1,g,a,1\n1,g,b,x\n", "line 3: rank is 'x'"),
        ("match,game,agent,seat,return\n1,g,a,0,nan\n1,g,b,1,0\n", "return is 'nan'"),
    ],
)  # fmt: skip
def test_a_bad_file_is_refused_in_a_sentence(run, text: str, expected: str) -> None:
    code, out, err = run(text)
    assert (code, out) == (1, "")
    assert err.startswith("gamegrid: ")
    assert expected in err
    assert len(err.splitlines()) == 1


@pytest.mark.parametrize(
    ("matches", "expected"),
    [
        ("[", "is not a JSON file"),
        ({}, "must hold a list"),
        ([{"a": 1, "b": 0}], "match 1: it must be an object with the key 'game'"),
        ([{"game": "g", "a": 1, "b": 0}, {"game": "g", "a": 1}], "match 2: there is only one seat"),
        ([{"game": "g", "a": 0.84, "b": 0.26}], "match 1: its results add up to 1.1"),
        ([{"game": "g", "a": True, "b": 0}], "match 1: the score of 'a' is True; it must be"),
        ([{"game": "g", "a": 7, "b": 3}], "the score of 'a' is 7; it must be win, draw, loss, or"),
        ([{"game": "g", "a": 7, "b": None, "c": 1}], "the score of 'b' is None; it must be a fin"),
        ([{"game": "g", "ranking": "abc"}], "its ranking must be a list of agents from the best"),
        ([{"game": "g", "ranking": ["a", ["b", 3]]}], "its ranking must be a list of agents"),
        ([{"game": "g", "ranking": ["a", "b"], "a": 1}], "both a ranking and the score of 'a'"),
    ],
)  # fmt: skip
def test_a_bad_json_file_is_refused_in_a_sentence(run, matches: Any, expected: str) -> None:
    text = matches if isinstance(matches, str) else json.dumps(matches)
    code, out, err = run(text, "matches.json")
    assert (code, out) == (1, "")
    assert expected in err
    assert len(err.splitlines()) == 1


def test_a_file_that_is_not_there_or_no_text_is_refused(
    tmp_path: Path, capsys: pytest.CaptureFixture[str]
) -> None:
    binary = tmp_path / "picture.csv"
    binary.write_bytes(b"\xff\xfe\x00\x01")
    for path in (tmp_path / "none.csv", tmp_path, binary):
        assert main(["rate", str(path)]) == 1
        assert str(path) in capsys.readouterr().err


def test_agents_no_match_links_are_rated_apart_and_share_no_letter(run) -> None:
    text = HEAD + "".join(
        f"{n}{x},g,{x},0,{r}\n{n}{x},g,{y},1,{s}\n"
        for x, y in (("a", "b"), ("c", "d"))
        for n, (r, s) in enumerate([("win", "loss"), ("loss", "win"), ("draw", "draw")] * 3)
    )
    code, out, err = run(text)
    assert code == 0
    assert "do not compare" in err
    one, other = out.split("\n\n")
    assert (sorted(names(one)), sorted(names(other.strip("\n")))) == (["a", "b"], ["c", "d"])
    assert {line.split()[-1] for line in one.splitlines()[1:]} == {"a"}
    assert {line.split()[-1] for line in other.splitlines()[1:]} == {"b"}
