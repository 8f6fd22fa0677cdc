"""Balanced grids play every deal equally often, so agents without luck have no sampling error."""

import json
from collections import Counter
from pathlib import Path
from typing import Any

import duckdb
import pytest

from balanced_coverage import CASES, Case, covered
from gamegrid import games
from gamegrid.agents.agent import kinds
from gamegrid.analysis.references import results
from gamegrid.errors import UserError
from gamegrid.games.game import Scoring
from gamegrid.oracles.minimax import Minimax
from gamegrid.plan import plan
from gamegrid.plan.balanced import balanced_start, number_of_deals
from gamegrid.plan.deals import opening
from gamegrid.play.reproduce import Counts, check
from played_grids import played
from store_samples import query

PREFER = (
    ["Bet", "Raise", "Call", "Check", *(f"{column}{row}" for row in "213" for column in "bac")],
    ["Pass", "Check", "Call", "Bet", *(f"{column}{row}" for row in "132" for column in "cab")],
)
FULL = {
    f"list_{number}": {"type": "preference", "prefer": prefer}
    for number, prefer in enumerate(PREFER)
}
"""Bots that have a move for every situation of the games below."""


def grid(**keys: Any) -> dict[str, Any]:
    return {"games": ["tic_tac_toe"], "agents": FULL, "balanced": True, "deals": 24, **keys}


@pytest.mark.parametrize("name", ["tic_tac_toe", "dots_and_boxes"])
def test_the_deals_of_a_game_without_chance_are_all_openings_that_can_be_drawn(name: str) -> None:
    """2,000 draws leave out one of 128 equally likely openings with a probability of 2e-5."""
    game, minimax = games.load(name), Minimax()
    plies = game.opening_plies
    size = number_of_deals(game, plies)
    drawn = {tuple(opening(game, 1, deal, plies, minimax)) for deal in range(2000)}
    assert drawn == {balanced_start(game, 1, deal, plies).opening for deal in range(size)}
    assert len(drawn) == size


@pytest.mark.parametrize(("name", "size"), [("kuhn_poker", 6), ("leduc_poker", 120)])
def test_every_round_holds_every_deal_once_in_an_order_of_its_own(name: str, size: int) -> None:
    game = games.load(name)
    rounds = [
        [balanced_start(game, 1, deal, 0) for deal in range(first, first + size)]
        for first in (0, size)
    ]
    assert number_of_deals(game, 0) == size
    assert all(len(set(each)) == size for each in rounds)
    assert rounds[0] != rounds[1]
    assert {balanced_start(game, 2, deal, 0) for deal in range(size)} == set(rounds[0])


def test_a_disguise_has_the_deals_of_its_plain_game() -> None:
    plain, disguise = games.load("tic_tac_toe"), games.load("number_scrabble")
    for deal in range(24):
        assert balanced_start(plain, 5, deal, 2) == balanced_start(disguise, 5, deal, 2)


@pytest.mark.parametrize("name", ["tic_tac_toe", "kuhn_poker", "leduc_poker"])
def test_one_round_gives_agents_without_luck_their_exact_mean(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch, name: str
) -> None:
    """The mean equals the expectation by enumeration of the game tree, to rounding."""
    game = games.load(name)
    plies = game.opening_plies
    path = played(tmp_path, monkeypatch, **grid(games=[name], deals=number_of_deals(game, plies)))
    kind = kinds()["preference"]
    assert kind.policy is not None
    one, two = (kind.policy(kind.settings(**FULL[agent]), game) for agent in FULL)  # type: ignore[arg-type]
    exact = 0.0
    for seat, policies in enumerate(((one, two), (two, one))):
        shares = results(game, policies, plies, game.max_plies).measure(game)
        assert shares is not None
        exact += sum(amounts[seat] * chance for amounts, chance in shares.items()) / 2
    measure = "score" if game.scoring is Scoring.WIN_LOSS else "strict_return"
    found = query(path, f"SELECT {measure} FROM per_game WHERE agent = 'list_0'")
    assert found == [(pytest.approx(exact),)]


def test_the_episodes_of_a_balanced_grid_are_played_again_alike(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    played(tmp_path, monkeypatch, **grid(games=["tic_tac_toe", "kuhn_poker"]))
    counts = Counts()
    for path in sorted((tmp_path / "results/chunks").rglob("*.parquet")):
        check(path, tmp_path / "results/journal", [], counts)
    assert counts.episodes == 2 * 2 * 24


def test_the_tables_say_that_every_deal_was_played(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Fifteen rounds of kuhn_poker: enough equal answers to show that lists draw no luck."""
    agents = {**FULL, "random": {"type": "random"}}
    path = played(tmp_path, monkeypatch, **grid(games=["kuhn_poker"], deals=90, agents=agents))
    found = query(
        path, "SELECT DISTINCT opponent, reason FROM head_to_head WHERE agent = 'list_0' ORDER BY 1"
    )
    assert found == [("list_1", "every deal played"), ("random", None)]
    dealt = Counter(
        tuple(json.loads(trajectory)[:2])
        for (trajectory,) in query(path, "SELECT trajectory FROM episodes WHERE seating = 0")
    )
    assert set(dealt.values()) == {3 * 15}
    assert len(dealt) == 6


def test_a_round_with_a_missing_deal_is_a_sample(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    path = played(tmp_path, monkeypatch, **grid(games=["kuhn_poker"], deals=90))
    with duckdb.connect(str(path)) as connection:
        count = "SELECT count(*) FROM fixed_matchups"
        assert connection.execute(count).fetchone() == (1,)
        connection.execute("DELETE FROM seats WHERE episode_id LIKE '%:17:%'")
        connection.execute("DELETE FROM episodes WHERE deal = 17")
        assert connection.execute(count).fetchone() == (0,)


def test_only_balanced_grids_have_other_jobs(tmp_path: Path) -> None:
    """A rerun of an ordinary grid plays nothing again."""
    params = [
        json.loads(made.identity.params(made.grid.cells[0]))
        for made in (plan.make(grid(balanced=balanced), tmp_path) for balanced in (False, True))
    ]
    assert params[1].pop("balanced") is True
    assert params[0] == params[1]


@pytest.mark.parametrize(
    ("keys", "found"),
    [
        (
            {"games": ["tic_tac_toe", "leduc_poker"], "deals": 100},
            "config: deals: 100 deals cannot play every deal of each game equally often "
            "(tic_tac_toe has 24, leduc_poker has 120). With balanced, deals is a multiple of "
            "120, such as 120.",
        ),
        (
            {"games": ["connect_four"]},
            "config: balanced: connect_four has at least 2,401 deals, and a balanced game at most "
            "1,000. Take the game out, change its opening_plies, or remove balanced.",
        ),
        ({"games": ["pig"]}, "the dice of pig follow moves"),
        ({"games": ["nim"]}, "openings of 2 plies in nim are not equally likely"),
        ({"games": ["first_sealed_auction"]}, "depend on its moves"),
    ],
)
def test_a_grid_that_cannot_be_balanced_is_refused(
    tmp_path: Path, keys: dict[str, Any], found: str
) -> None:
    agents = {name: {"type": "random"} for name in "ab"}
    with pytest.raises(UserError) as refusal:
        plan.make(grid(agents=agents, **keys), tmp_path)
    assert found in str(refusal.value)


@pytest.mark.nightly
@pytest.mark.parametrize("case", CASES, ids=lambda case: case.game)
def test_agents_with_luck_have_intervals_that_are_not_too_short(case: Case) -> None:
    """500 grids; three standard errors are left for chance, and skew costs 2 points at 6 deals."""
    assert covered(case, balanced=True, samples=500) > 0.93 - 3 * (0.05 * 0.95 / 500) ** 0.5
