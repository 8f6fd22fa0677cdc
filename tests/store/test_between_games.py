"""How far results reach beyond the games played: the tables made from games_like_these."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import numpy as np
import pytest

from gamegrid.records.record_types import EpisodeRecord
from gamegrid.stats.hierarchy import Prior
from store_samples import GAMES, database, game, money, pair, query

TTT = "tic_tac_toe"
SCORES = (0.0, 0.5, 1.0)
PLAIN = game(TTT)
DISGUISE = replace(game("number_scrabble", family=TTT), luck=PLAIN.luck)


def played(name: str, one: str, two: str, luck: np.random.Generator) -> list[EpisodeRecord]:
    """Return ten deals of a game, of which ``one`` wins more than half."""
    return [
        each
        for deal in range(10)
        for each in pair(name, one, two, deal, *luck.choice(SCORES, 2, p=(0.2, 0.3, 0.5)))
    ]


@pytest.fixture(scope="module")
def results(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """a, b and c met in three games of two families; a alone met d, in one game."""
    luck = np.random.default_rng(3)
    games = (TTT, "hex_4", "hex_5")
    episodes = [
        each
        for name in games
        for one, two in ("ab", "ac", "bc")
        for each in played(name, one, two, luck)
    ]
    return database(tmp_path_factory.mktemp("results"), episodes)


def test_means_are_those_of_the_leaderboard_and_of_paired(results: Path) -> None:
    board = dict(query(results, "SELECT agent, score FROM leaderboard WHERE score IS NOT NULL"))
    assert dict(query(results, "SELECT agent, score FROM between_games")) == pytest.approx(board)
    paired = query(results, "SELECT agent, rival, difference, low FROM paired WHERE game IS NULL")
    ours = query(results, "SELECT agent, rival, difference, difference_low FROM better_at_games")
    assert [row[:2] for row in ours] == [row[:2] for row in paired]
    for mine, theirs in zip(ours, paired, strict=True):
        assert mine[2:] == pytest.approx(theirs[2:])


def test_the_interval_over_families_is_wider_than_that_over_deals(results: Path) -> None:
    """There are two families, so 15 points of 100 to either side are the least."""
    for low, high, like_low, like_high, families in query(
        results,
        "SELECT score_low, score_high, score_like_low, score_like_high, families "
        "FROM between_games",
    ):
        assert families == 2
        assert like_high - like_low > max(high - low, 0.3)


def test_every_prior_has_a_row_and_the_range_of_the_probability_is_theirs(results: Path) -> None:
    rows = query(results, "SELECT agent, rival, prior, main, better FROM prior_sensitivity")
    for agent, rival, lowest, better, highest in query(
        results, "SELECT agent, rival, better_lowest, better, better_highest FROM better_at_games"
    ):
        mine = {row[2]: row[3:] for row in rows if row[:2] == (agent, rival)}
        assert mine.keys() == {prior.value for prior in Prior}
        probabilities = [found for _, found in mine.values()]
        assert (lowest, highest) == (min(probabilities), max(probabilities))
        assert [found for main, found in mine.values() if main] == [better]
    assert {row[4] for row in rows if row[1] is None} == {None}


def test_a_pair_with_one_game_has_the_interval_of_that_game(tmp_path: Path) -> None:
    """Both met c in one game. Only a met c in another one, so they compare in the first alone."""
    luck = np.random.default_rng(5)
    met = [("hex_4", "a", "b"), ("hex_4", "a", "c"), ("hex_4", "b", "c"), (TTT, "a", "c")]
    path = database(tmp_path, [each for name in met for each in played(*name, luck)])
    paired = "SELECT difference, low, high FROM paired WHERE game = 'hex_4' AND agent || rival = "
    ours = "SELECT difference, difference_low, difference_high FROM better_at_games WHERE games = "
    (found,) = query(path, f"{ours} 'hex_4' AND agent || rival = 'ab'")
    (theirs,) = query(path, f"{paired} 'ab'")
    assert None not in found and found == pytest.approx(theirs)


def test_one_family_says_nothing_about_others_and_says_so(tmp_path: Path) -> None:
    luck = np.random.default_rng(4)
    episodes = [*played("hex_4", "a", "b", luck), *played("hex_5", "a", "b", luck)]
    path = database(tmp_path, episodes)
    columns = "families, score_like_low, score_like_high, score_like_reason, family_sd"
    assert query(path, f"SELECT {columns} FROM between_games WHERE agent = 'a'") == [
        (1, None, None, "one family", None)
    ]
    columns = "like_low, like_high, like_reason, better, better_lowest, better_highest"
    assert query(path, f"SELECT {columns} FROM better_at_games") == [
        (None, None, "one family", None, None, None)
    ]


def test_games_of_other_scorings_do_not_count(tmp_path: Path) -> None:
    path = database(tmp_path, money("kuhn_poker", "a", "b", 0, 1.0, 1.0))
    assert query(path, "FROM between_games") == query(path, "FROM better_at_games") == []


def test_a_disguise_that_repeats_its_plain_game_adds_nothing(tmp_path: Path) -> None:
    """Its deals are those of the plain game: the same scores there are no further observations."""
    games = (*(row for row in GAMES if row.game != TTT), PLAIN, DISGUISE)

    def episodes(*names: str) -> list[EpisodeRecord]:
        # The same seed for each game of a family, so that bots repeat themselves.
        return [
            each
            for name in (*names, "hex_4")
            for each in played(name, "a", "b", np.random.default_rng(name.startswith("hex")))
        ]

    found: list[Any] = []
    for folder, names in (("alone", (TTT,)), ("both", (TTT, "number_scrabble"))):
        (tmp_path / folder).mkdir()
        path = database(tmp_path / folder, episodes(*names), games=games)
        found.append(
            query(path, "SELECT score, score_like_low, score_like_high FROM between_games")
        )
        found[-1] += query(path, "SELECT difference, better, like_low FROM better_at_games")
    for alone, both in zip(*found, strict=True):
        assert alone == pytest.approx(both)
