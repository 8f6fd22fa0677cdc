"""A person at a terminal sees what a model is sent; these tests script the typed lines."""

import re
from collections.abc import Iterator
from pathlib import Path

import pytest

from gamegrid import games
from gamegrid.__main__ import main
from gamegrid.commands.human_command import Person
from gamegrid.config import load
from gamegrid.errors import UserError
from gamegrid.plan import plan
from gamegrid.play.beside import Match, Quit, ending, play
from gamegrid.records.record_types import EpisodeRecord, EpisodeStatus

RAW = {
    "games": ["tic_tac_toe", "kuhn_poker"],
    "models": [],
    "agents": {
        "random": {"type": "random"},
        "optimal": {"type": "optimal"},
        "always": {"type": "preference", "prefer": ["Bet"]},
    },
}


def typing(lines: list[str]) -> Iterator[str]:
    yield from lines
    raise EOFError


def sit(
    folder: Path, lines: list[str], game: str, against: str, seat: int = 0
) -> tuple[EpisodeRecord, str]:
    """Play with scripted lines; return the record and everything shown."""
    typed, shown = typing(lines), list[str]()
    made = plan.make(RAW, folder)
    table = Match(game=games.load(game), agent=against, seat=seat, deal=0)
    played = play(made, table, Person(lambda: next(typed), shown.append), folder)
    return played, "\n".join([*shown, ending(table.game, played, seat)])


def test_moves_are_read_as_a_models_are_and_mistakes_asked_again(tmp_path: Path) -> None:
    lines = ["?", "Z9", *(f"{c}{r}" for c in "ABC" for r in "123")] * 2
    played, shown = sit(tmp_path, lines, "tic_tac_toe", "random")
    assert played.status is EpisodeStatus.COMPLETE
    assert "three" in shown and "'Z9' is not a legal move" in shown
    assert shown.splitlines()[-1] in ("You win.", "You lose.", "It is a draw.")


def test_the_other_seats_are_filled_and_nothing_hidden_is_shown(tmp_path: Path) -> None:
    played, shown = sit(tmp_path, ["Check", "Fold", "Bet", "Call"] * 3, "kuhn_poker_3p", "always")
    assert [seat.agent for seat in played.seats] == ["you", "always", "always"]
    own = re.findall(r"[Yy]our card[^.]*\.", shown)
    assert len(set(own)) == 1


def test_leaving_ends_the_game_and_is_no_error_of_the_program(tmp_path: Path) -> None:
    with pytest.raises(Quit):
        sit(tmp_path, ["quit"], "tic_tac_toe", "random")
    with pytest.raises(Quit):
        sit(tmp_path, [], "tic_tac_toe", "random")


def test_an_opponent_that_cannot_play_is_refused(tmp_path: Path) -> None:
    with pytest.raises(UserError, match="optimal cannot play kuhn_poker_3p"):
        sit(tmp_path, [], "kuhn_poker_3p", "optimal")


@pytest.mark.parametrize(
    ("arguments", "said"),
    [
        (["tic_tac_toe", "--against", "optimum"], "did you mean 'optimal'"),
        (["tic_tac_toe", "--against", "random", "--seat", "3"], "--seat: 3 is not between 1 and 2"),
        (["tick_tack", "--against", "random"], "tick_tack"),
        (["pig", "--against", "random", "--configfile", "none.yaml"], "cannot read 'none.yaml'"),
    ],
)
def test_bad_arguments_are_one_sentence(
    arguments: list[str], said: str, capsys: pytest.CaptureFixture[str]
) -> None:
    assert main(["human", *arguments]) == 1
    assert said.casefold() in capsys.readouterr().err.casefold()


def test_a_grid_has_no_seat_for_a_person() -> None:
    raw = {**RAW, "agents": {**RAW["agents"], "me": {"type": "human"}}}  # type: ignore[dict-item]
    with pytest.raises(UserError, match=r"agents\.me: a person cannot play in a grid"):
        load.read(raw)
