"""``gamegrid rate`` takes results of any system and refuses bad files in a sentence."""

from pathlib import Path

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
    return lambda text: rated(tmp_path / "matches.csv", text, capsys)


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


def test_one_line_per_agent_name_then_rating_strongest_first(run) -> None:
    code, out, err = run(as_csv("result"))
    lines = [line.split() for line in out.splitlines()]
    assert (code, err) == (0, "")
    assert [line[0] for line in lines] == ["strong", "middling", "weak"]
    ratings = [float(line[1]) for line in lines]
    assert ratings == sorted(ratings, reverse=True)
    assert sum(ratings) == pytest.approx(0, abs=0.3)
    for line, rating in zip(lines, ratings, strict=True):
        assert float(line[2].strip("[,")) < rating < float(line[3].strip("]"))


def test_returns_and_results_rate_alike(run) -> None:
    assert run(as_csv("return"))[1] == run(as_csv("result"))[1]


def test_matches_of_three_seats_are_rated_by_their_returns(run) -> None:
    text = "match,game,agent,seat,return\n"
    for number in range(12):
        order = [("a", 3), ("b", 2), ("c", 1 if number % 5 else 4)]
        order = order[number % 3 :] + order[: number % 3]
        text += "".join(f"{number},dice,{name},{s},{r}\n" for s, (name, r) in enumerate(order))
    code, out, _ = run(text)
    assert code == 0
    assert out.startswith("a ")


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
        (HEAD + "1,g,a,0,win\n1,g,b,1,win\n", "one win and one loss"),
        (HEAD + "1,g,a,0,won\n1,g,b,1,loss\n", "line 2: result is 'won'"),
        (HEAD + "1,g,a,x,win\n1,g,b,1,loss\n", "seat is 'x'"),
        (HEAD + "1,g,,0,win\n1,g,b,1,loss\n", "'agent' is empty"),
        (HEAD + "1,g,a\n", "'result' is empty"),
        (HEAD + "1,g,a,,win\n", "'seat' is empty"),
        ("match,game,agent,seat,return\n1,g,a,0,nan\n1,g,b,1,0\n", "return is 'nan'"),
    ],
)  # fmt: skip
def test_a_bad_file_is_refused_in_a_sentence(run, text: str, expected: str) -> None:
    code, out, err = run(text)
    assert (code, out) == (1, "")
    assert err.startswith("gamegrid: ")
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


def test_agents_no_match_links_are_said_not_to_compare(run) -> None:
    text = HEAD + "".join(
        f"{n}{x},g,{x},0,{r}\n{n}{x},g,{y},1,{s}\n"
        for x, y in (("a", "b"), ("c", "d"))
        for n, (r, s) in enumerate([("win", "loss"), ("loss", "win"), ("draw", "draw")] * 3)
    )
    code, out, err = run(text)
    assert code == 0
    assert "do not compare" in err
    assert "(not connected)" in out
