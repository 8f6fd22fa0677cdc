"""Memory against skill: who plays worse once a known game is told as another story."""

from dataclasses import replace
from pathlib import Path

import numpy as np
import pytest

from gamegrid import plugins
from gamegrid.records.record_types import EpisodeRecord
from played_grids import played
from store_samples import agent, database, episode, game, pair, query

BY_HEART = '''
"""Plays best in games that are no disguise, and at random elsewhere."""

from dataclasses import dataclass
from typing import Literal

from gamegrid.agents.agent import AgentKind, AgentSettings, Decision
from gamegrid.oracles.exact import solver


class ByHeartSettings(AgentSettings):
    type: Literal["by_heart"] = "by_heart"


@dataclass(frozen=True)
class ByHeart:
    def sit(self, place):
        return self

    async def decide(self, turn):
        known = turn.game.disguise_of is None
        state = turn.sample_state()
        moves = solver(turn.game.load_string).best_actions(state) if known else turn.legal
        return Decision(action=turn.draw("by_heart").choice(list(moves)))


AGENT = AgentKind(
    type="by_heart",
    settings=ByHeartSettings,
    unsupported_reason=lambda settings, game: None,
    build=lambda name, settings, tools: ByHeart(),
)
'''
PLAIN = game("tic_tac_toe")
DISGUISE = replace(game("story", family="tic_tac_toe"), luck=PLAIN.luck, disguise_of="tic_tac_toe")
GAMES = (PLAIN, DISGUISE)
MODELS = (agent("a", model="m"), agent("b"), agent("c", model="n"))


@pytest.fixture(scope="module")
def grid(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Bots and an agent that knows only the plain games, in two games and their disguises."""
    folder = tmp_path_factory.mktemp("grid")
    (folder / "mine").mkdir()
    (folder / "mine/by_heart.py").write_text(BY_HEART)
    bots = {
        "random": {"type": "random"},
        "optimal": {"type": "optimal"},
        "mcts": {"type": "mcts", "simulations": 5},
        "by_heart": {"type": "by_heart"},
    }
    with pytest.MonkeyPatch.context() as patch, plugins.using(()):
        return played(
            folder, patch, deals=30, games=["tic_tac_toe", "number_scrabble", "nim", "lanterns"],
            agents=bots, plugins=["mine"],
            schedule={"each": ["by_heart", "mcts"], "against": ["random", "optimal"]},
        )  # fmt: skip


def test_bots_play_the_same_in_both_and_differ_by_nothing(grid: Path) -> None:
    rows = query(
        grid,
        "SELECT same_play, difference, low, high, reason, p, plain = disguised, deals FROM memory "
        "WHERE agent = 'mcts'",
    )
    assert rows == [(1, 0, None, None, "same moves", None, True, 30)] * 2


def test_an_agent_that_knows_only_the_plain_game_is_found(grid: Path) -> None:
    """Best play against random moves in tic_tac_toe scores above .9; random play .5."""
    rows = query(
        grid,
        "SELECT game, same_play, difference, low, p_adjusted FROM memory WHERE agent = 'by_heart'",
    )
    assert [row[0] for row in rows] == ["nim", "tic_tac_toe"]
    for _, same_play, difference, low, p_adjusted in rows:
        assert same_play < 0.9
        assert difference > low > 0.05
        assert p_adjusted < 0.01


def two_games(one: str, two: str, lost: float, luck: np.random.Generator) -> list[EpisodeRecord]:
    """Return 20 deals of both games; in the disguise ``one`` loses ``lost`` of its wins."""
    episodes = []
    for deal in range(20):
        score = float(luck.random() < 0.8)
        told = score * float(luck.random() >= lost)
        episodes += pair("tic_tac_toe", one, two, deal, score, score, trajectory=[int(score)])
        episodes += pair("story", one, two, deal, told, told, trajectory=[int(told)])
    return episodes


def test_means_are_on_common_deals_and_the_difference_is_paired(tmp_path: Path) -> None:
    episodes = two_games("a", "b", 0.5, np.random.default_rng(1))
    half = [each for each in episodes if each.game == "tic_tac_toe" or each.deal < 10]
    path = database(tmp_path, half, MODELS, GAMES)
    means = query(
        path,
        "SELECT game, avg(score) FROM episodes JOIN seats USING (episode_id) "
        "WHERE agent = 'a' AND deal < 10 GROUP BY game",
    )
    ((deals, plain, disguised, difference, low, high, opponents),) = query(
        path,
        "SELECT deals, plain, disguised, difference, low, high, opponents FROM memory "
        "WHERE agent = 'a'",
    )
    assert (deals, opponents) == (10, "b")
    assert {"tic_tac_toe": plain, "story": disguised} == pytest.approx(dict(means))
    assert difference == pytest.approx(plain - disguised)
    assert low < difference < high


def test_opponents_that_may_remember_too_do_not_count(tmp_path: Path) -> None:
    """a met the bot b and the model c, c met a alone, and the bot b met only a."""
    luck = np.random.default_rng(2)
    episodes = [*two_games("a", "b", 0.0, luck), *two_games("a", "c", 1.0, luck)]
    path = database(tmp_path, episodes, MODELS, GAMES)
    columns = "agent, opponents, deals, same_play, difference, reason"
    assert query(path, f"SELECT {columns} FROM memory") == [
        ("a", "b", 20, 1, 0, "same moves"),
        ("b", "", 0, None, None, "only models met"),
        ("c", "", 0, None, None, "only models met"),
    ]


def test_a_disguise_that_was_never_finished_has_no_numbers(tmp_path: Path) -> None:
    episodes = pair("tic_tac_toe", "a", "b", 0, 1, 1)
    episodes += [
        episode("story", seated, 0, seating, status="error")
        for seating, seated in enumerate(("ab", "ba"))
    ]
    path = database(tmp_path, episodes, MODELS, GAMES)
    columns = "agent, deals, same_play, plain, disguised, difference, reason, p"
    assert query(path, f"SELECT {columns} FROM memory WHERE agent = 'a'") == [
        ("a", 0, None, None, None, None, "no deals", None)
    ]


def test_without_disguises_there_are_no_rows(tmp_path: Path) -> None:
    assert query(database(tmp_path, pair("tic_tac_toe", "a", "b", 0, 1, 1)), "FROM memory") == []
