"""Two sentences about two agents: what was found, and whether it can be claimed."""

from dataclasses import replace
from pathlib import Path
from typing import Any

import duckdb
import pytest

from gamegrid.errors import UserError
from gamegrid.records.record_types import EpisodeRecord
from gamegrid.stats.anytime import deals_to_decide
from gamegrid.stats.intervals import Interval
from gamegrid.stats.verdict import Verdict
from gamegrid.store import claims
from gamegrid.store.claims import Cost, Pair
from store_samples import AGENTS, GAMES, agent, call, database, decision, episode, pair, query

FREE = Cost(0.0, bought=False)
SEEN = Pair(
    game="tic_tac_toe", scoring="win_loss", agent="a", rival="b", role=None, deals=60,
    difference=0.12, verdict=Verdict.BETTER, reason=None, low=0.05, high=0.19, p=0.003, m=6,
    look=1, anytime=Interval(0.02, 0.22), deals_needed=None,
)  # fmt: skip


def compare(path: Path, *names: str) -> list[str]:
    with duckdb.connect(str(path), read_only=True) as connection:
        return claims.compare(connection, *names)


def test_a_verdict_is_said_with_its_interval_and_its_correction() -> None:
    assert claims.claim(SEEN) == (
        "a is better than b in tic_tac_toe: a difference of +0.120 of score over 60 deals, "
        "interval +0.050 to +0.190, p 0.003 (both adjusted for 6 pairs by Holm's method)."
    )
    assert claims.claim(SEEN.of("b")).startswith(
        "b is worse than a in tic_tac_toe: a difference of -0.120 of score over 60 deals, interval "
        "-0.190 to -0.050, "
    )


@pytest.mark.parametrize(
    ("changes", "said"),
    [
        ({}, "You can claim this for these games and settings."),
        ({"look": 3}, "after 3 looks too: the interval for any number of looks is +0.020 to"),
        ({"look": 3, "anytime": Interval(-0.1, 0.3)}, "only if the number of deals was fixed"),
        ({"role": "exploratory"}, "as exploratory: it was not preregistered"),
        ({"p": None, "verdict": Verdict.EQUAL}, "luck cannot move it"),
        (
            {
                "verdict": Verdict.NOT_TOLD_APART,
                "anytime": Interval(-0.1, 0.3),
                "deals_needed": 240,
            },
            "about 240 deals in all settle it, 180 more than now, for about 4.50 USD.",
        ),
        ({"verdict": Verdict.NOT_TOLD_APART}, "leaves 0 out"),
        (
            {"verdict": Verdict.NOT_TOLD_APART, "anytime": Interval(-0.1, 0.3)},
            "100,000 deals would not settle it",
        ),
        (
            {"verdict": None, "reason": "one deal", "anytime": None, "deals": 1},
            "1 deal is too few to say how many would settle it: play 20 in every game",
        ),
        # further_deals names the first number of deals with an anytime interval: no forecast.
        (
            {
                "verdict": Verdict.NOT_TOLD_APART,
                "anytime": None,
                "deals": 10,
                "deals_needed": 20,
            },
            "10 deals are too few to say how many would settle it: play 20 in every game",
        ),
        ({"verdict": None, "reason": "provisional"}, "provisional"),
    ],
)
def test_what_can_be_claimed(changes: dict[str, Any], said: str) -> None:
    assert said in claims.settled(replace(SEEN, **changes), Cost(0.025, bought=True))


def test_the_money_is_said_to_be_unknown_or_none() -> None:
    asked = replace(
        SEEN, verdict=Verdict.NOT_TOLD_APART, anytime=Interval(-0.1, 0.3), deals_needed=240
    )
    assert claims.settled(asked, FREE).endswith("for no money: no hosted model plays.")
    assert "for an unknown price" in claims.settled(asked, Cost(None, bought=True))


def test_over_games_the_deals_needed_follow_from_the_anytime_interval() -> None:
    over = replace(SEEN, game=None, difference=0.1, anytime=Interval(-0.1, 0.3))
    assert over.needed == deals_to_decide(Interval(-0.1, 0.3), 0.1, 60)


@pytest.fixture(scope="module")
def played(tmp_path_factory: pytest.TempPathFactory) -> Path:
    """Three agents in two games; a beats b in most deals, and every deal of a costs 0.02 USD."""
    episodes = list[EpisodeRecord]()
    for game in ("tic_tac_toe", "hex_4"):
        for deal in range(24):
            won = 0.0 if deal % 6 == 0 else 1.0
            for one, two in ("ab", "ac", "bc"):
                both = pair(game, one, two, deal, won if one == "a" else 0.5, 1 - deal % 2)
                episodes += [_paid(each) for each in both] if "a" in (one, two) else both
    episodes += [episode("patience", "c", 0, 0, returns=[3.0])]
    players = (
        agent("a", type="llm", model="litellm_x", backend="litellm", hosted=True,
              input_price=10_000.0, output_price=0.0),
        *AGENTS[1:],
    )  # fmt: skip
    return database(tmp_path_factory.mktemp("claims"), episodes, players, GAMES)


def _paid(each: EpisodeRecord) -> EpisodeRecord:
    """Let a be asked once, for 1 prompt token, which costs 0.01 USD."""
    seat = [seat.agent for seat in each.seats].index("a")
    asked = {"prompt_tokens": 1, "completion_tokens": 0}
    return replace(
        each,
        decisions=(decision("a", 0, seat, attempts=1, **asked),),
        calls=(call(0, seat, model="litellm_x", **asked),),
    )


@pytest.mark.parametrize("game", [None, "tic_tac_toe", "hex_4"])
def test_the_numbers_are_the_databases(played: Path, game: str | None) -> None:
    [said] = compare(played, "a", "b", *([game] if game else []))
    [(difference, low, high, m, deals)] = query(
        played,
        "SELECT difference, adjusted_low, adjusted_high, m, deals FROM paired WHERE agent = 'a' "
        f"AND rival = 'b' AND game {f'= {game!r}' if game else 'IS NULL'}",
    )
    assert f"{difference:+.3f} of score over {deals} deals" in said
    assert f"interval {low:+.3f} to {high:+.3f}" in said
    assert f"adjusted for {m} pairs" in said
    assert compare(played, "b", "a", *([game] if game else []))[0].startswith("b ")


def test_a_deal_costs_what_its_deals_have_cost(played: Path) -> None:
    """A deal is 2 seatings against b and 2 against c, each with one reply at 0.01 USD."""
    with duckdb.connect(str(played), read_only=True) as connection:
        cost = claims._cost(connection, replace(SEEN, deals=24))
        over = claims._cost(connection, replace(SEEN, game=None, deals=48))
        others = claims._cost(connection, replace(SEEN, agent="b", rival="c", deals=24))
    assert cost.bought
    assert [cost.usd, over.usd] == pytest.approx([0.04, 0.04])
    assert others.usd == pytest.approx(0.04)  # both meet a


@pytest.mark.parametrize(
    ("names", "said"),
    [
        (("a", "a"), "a cannot be compared with itself"),
        (("a", "bb"), "no agent of these results is called 'bb'. Did you mean 'b'? Known: a, b"),
        (("a", "b", "hex4"), "no game of these results is called 'hex4'. Did you mean 'hex_4'?"),
        (("a", "d"), "a and d have no deals in common"),
        (("a", "b", "patience"), "a and b have no deals in common in patience"),
    ],
)
def test_questions_without_an_answer(played: Path, names: tuple[str, ...], said: str) -> None:
    with pytest.raises(UserError) as raised:
        compare(played, *names)
    assert said in str(raised.value)


def test_provisional_results_claim_nothing(tmp_path: Path) -> None:
    episodes = [
        replace(each, decisions=[decision("a", 0, seat, "fallback")])
        for deal in range(3)
        for seat, each in enumerate(pair("tic_tac_toe", "a", "b", deal, 1.0, 1.0))
    ]
    model = agent("a", type="llm", model="hf_x", backend="hf")
    path = database(tmp_path, episodes, (model, *AGENTS[1:]), GAMES)
    with pytest.raises(UserError, match=r"^a: the results are provisional"):
        compare(path, "a", "b")
