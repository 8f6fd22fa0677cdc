"""The episode loop follows OpenSpiel's rules, the exact values of games, and the seats."""

import asyncio
import json
from collections.abc import Awaitable, Callable, Iterable
from dataclasses import replace
from itertools import product

import pytest

from arena import CUTS, PERFECT, SUITE, bot, pig, play, play_one, setup
from gamegrid import games
from gamegrid.agents.agent import Agent, Decision, Turn, kinds
from gamegrid.backends.backend import BackendError
from gamegrid.games.game import Game
from gamegrid.luck import Place
from gamegrid.oracles.minimax import Minimax
from gamegrid.plan.deals import opening
from gamegrid.plan.grid import unsupported_reason
from gamegrid.play.episode import Episode
from gamegrid.records.record_types import DecisionStatus, EpisodeRecord, EpisodeStatus

# Replay


def crew() -> dict[str, Agent]:
    """Return one bot of every type."""
    return {
        "random": bot("random"),
        "preference": bot("preference", prefer=["Raise", "Bet", "b2", "d", "Rock"]),
        "mcts": bot("mcts", simulations=8),
        "ismcts": bot("ismcts", simulations=8),
        "optimal": bot("optimal"),
    }


def able(game: Game) -> list[str]:
    """Return the types in ``crew`` that can play a game."""
    settings = {"preference": {"prefer": ["x"]}, "mcts": {"simulations": 8}}
    settings["ismcts"] = settings["mcts"]
    return [
        name
        for name in crew()
        if unsupported_reason(kinds()[name].settings(type=name, **settings.get(name, {})), game)
        is None
    ]


def all_kinds_of_episodes(game: Game) -> list[EpisodeRecord]:
    """Seat every bot that can play against every other, with and without openings and cut-offs."""
    seatings = list(product(able(game), repeat=game.players))[:40]
    most = CUTS.get(game.short_name, 200)
    setups, minimax = [], Minimax()
    for deal, (seats, plies, cut) in enumerate(product(seatings, (0, 2), (1, 3, most))):
        first = opening(game, 1, deal, plies, minimax)
        setups.append(setup(game, seats, deal=deal, opening=tuple(first), max_plies=cut))
    return play(setups, crew())


@pytest.mark.parametrize("name", SUITE)
def test_every_trajectory_replays_to_its_stored_returns(name: str) -> None:
    game = games.load(name)
    episodes = all_kinds_of_episodes(game)
    seen = set()
    for episode in episodes:
        trajectory = json.loads(episode.trajectory)
        state = game.replay(trajectory)
        seen.add(episode.status)
        returns = [seat.return_ for seat in episode.seats]
        match episode.status:
            case EpisodeStatus.COMPLETE:
                assert state.is_terminal()
                assert returns == state.returns()
            case EpisodeStatus.TRUNCATED:
                assert not state.is_terminal()
                assert returns == [None] * game.players
            case other:
                raise AssertionError(other)
        assert episode.plies == len({d.ply for d in episode.decisions})
        assert {d.ply for d in episode.decisions} == set(range(episode.plies))
        for decision in episode.decisions:
            assert decision.label in json.loads(decision.legal)
            assert decision.status is DecisionStatus.OK
            assert decision.attempts == 0 and not episode.calls
    expected = set() if game.short_name in CUTS else {EpisodeStatus.COMPLETE}
    if game.max_plies > 1:
        expected.add(EpisodeStatus.TRUNCATED)
    assert seen == expected


@pytest.mark.parametrize("name", ["connect_four_4x4", "leduc_poker", "matrix_rps"])
def test_a_decision_record_holds_what_was_seen_and_done_at_its_ply(name: str) -> None:
    game = games.load(name)
    for episode in all_kinds_of_episodes(game)[:30]:
        steps = json.loads(episode.trajectory)
        states = [game.replay(steps[:n]) for n in range(len(steps))]
        moves = [(s, step) for s, step in zip(states, steps, strict=True) if not s.is_chance_node()]
        # The opening has no decisions.
        for ply, (state, step) in enumerate(moves[len(moves) - episode.plies :]):
            made = [d for d in episode.decisions if d.ply == ply]
            assert [d.action for d in made] == (step if isinstance(step, list) else [step])
            for decision in made:
                seat = decision.seat
                assert decision.agent == episode.seats[seat].agent
                assert decision.observation == game.observation(state, seat)
                assert decision.label == game.label(state, seat, decision.action)


@pytest.mark.parametrize("name", ["tic_tac_toe", "kuhn_poker_3p", "leduc_poker", "matrix_rps"])
def test_an_episode_does_not_depend_on_what_was_played_before_it(name: str) -> None:
    game = games.load(name)
    seats = ("random", "optimal" if "optimal" in able(game) else "ismcts", "random")[: game.players]
    setups = [setup(game, seats, deal=deal) for deal in range(12)]
    forwards = play(setups, crew())
    backwards = play(reversed(setups), crew())[::-1]
    assert [e.trajectory for e in forwards] == [e.trajectory for e in backwards]


def test_episodes_played_at_once_are_the_episodes_played_in_turn(kuhn_poker: Game) -> None:
    setups = [setup(kuhn_poker, ("random", "ismcts"), deal=deal) for deal in range(20)]
    agents = crew()

    async def at_once() -> list[EpisodeRecord]:
        return await asyncio.gather(*[Episode(one, agents).play() for one in setups])

    together = asyncio.run(at_once())
    assert [e.trajectory for e in together] == [e.trajectory for e in play(setups, agents)]


# Errors, forfeits and fallbacks, played by scripted agents (test doubles)

Act = Callable[[Turn], Awaitable[Decision]]


class Scripted:
    """Decides by calling a function."""

    def __init__(self, act: Act):
        self.act = act

    def sit(self, place: Place) -> "Scripted":
        return self

    async def decide(self, turn: Turn) -> Decision:
        return await self.act(turn)


def first_move(status: DecisionStatus = DecisionStatus.OK, at: int = 0, move: int = 0) -> Scripted:
    """Return an agent that plays legal move ``move``, with ``status`` from ply ``at`` on."""

    async def act(turn: Turn) -> Decision:
        now = status if turn.ply >= at else DecisionStatus.OK
        forfeits = now is DecisionStatus.FORFEIT
        return Decision(action=None if forfeits else turn.legal[move], status=now)

    return Scripted(act)


def broken(at: int = 0) -> Scripted:
    """Return an agent whose requests fail from ply ``at`` on."""

    async def act(turn: Turn) -> Decision:
        if turn.ply >= at:
            raise BackendError("hf_x: out of memory")
        return Decision(action=turn.legal[0])

    return Scripted(act)


def scores(episode: EpisodeRecord) -> list[float | None]:
    return [seat.score for seat in episode.seats]


def strict(episode: EpisodeRecord) -> list[float | None]:
    return [seat.strict_score for seat in episode.seats]


def strict_returns(episode: EpisodeRecord) -> list[float | None]:
    return [seat.strict_return for seat in episode.seats]


def test_transport_trouble_is_an_error_without_score_and_harms_no_other(tic_tac_toe: Game) -> None:
    agents: dict[str, Agent] = {"broken": broken(at=2), "sound": first_move()}
    failed, fine = play(
        [setup(tic_tac_toe, ("broken", "sound")), setup(tic_tac_toe, ("sound", "sound"))], agents
    )
    assert failed.status is EpisodeStatus.ERROR
    assert failed.error == "hf_x: out of memory"
    assert json.loads(failed.trajectory) == [0, 1]
    assert failed.plies == len(failed.decisions) == 2
    assert scores(failed) == strict(failed) == [s.return_ for s in failed.seats] == [None, None]
    assert fine.status is EpisodeStatus.COMPLETE and fine.error is None


def test_a_bug_is_not_hidden_as_transport_trouble(tic_tac_toe: Game) -> None:
    async def bug(turn: Turn) -> Decision:
        raise KeyError("bug")

    with pytest.raises(KeyError):
        play_one(setup(tic_tac_toe, ("bug", "bug")), {"bug": Scripted(bug)})


@pytest.mark.parametrize("seat", [0, 1])
def test_a_forfeiter_has_lost(tic_tac_toe: Game, seat: int) -> None:
    agents: dict[str, Agent] = {
        "quits": first_move(DecisionStatus.FORFEIT, at=2),
        "sound": first_move(),
    }
    seats = ("quits", "sound") if seat == 0 else ("sound", "quits")
    episode = play_one(setup(tic_tac_toe, seats), agents)
    assert episode.status is EpisodeStatus.FORFEITED
    assert scores(episode) == strict(episode) == [float(s != seat) for s in (0, 1)]
    assert [s.return_ for s in episode.seats] == [None, None]
    last = episode.decisions[-1]
    assert (last.status, last.action, last.label) == (DecisionStatus.FORFEIT, None, None)
    assert len(json.loads(episode.trajectory)) == episode.plies - 1


def test_a_fallback_counts_in_the_score_and_loses_in_the_strict_score(tic_tac_toe: Game) -> None:
    # With first legal moves, x takes a1, c1, b2, a3 (the seventh cell) and wins on that diagonal.
    agents: dict[str, Agent] = {
        "helped": first_move(DecisionStatus.FALLBACK, at=4),
        "sound": first_move(),
    }
    episode = play_one(setup(tic_tac_toe, ("helped", "sound")), agents)
    assert episode.status is EpisodeStatus.COMPLETE
    assert (scores(episode), strict(episode)) == ([1.0, 0.0], [0.0, 1.0])
    assert [s.fallbacks for s in episode.seats] == [2, 0]
    # The seat that first needed help loses, even if the other needed it later.
    agents["sound"] = first_move(DecisionStatus.FALLBACK, at=5)
    episode = play_one(setup(tic_tac_toe, ("helped", "sound")), agents)
    assert strict(episode) == [0.0, 1.0]
    agents["sound"] = first_move(DecisionStatus.FALLBACK, at=3)
    episode = play_one(setup(tic_tac_toe, ("helped", "sound")), agents)
    assert strict(episode) == [1.0, 0.0]


@pytest.mark.parametrize("seat", [0, 1, 2])
def test_of_three_seats_a_forfeiter_has_lost_and_the_others_tie(seat: int) -> None:
    agents: dict[str, Agent] = {
        "quits": first_move(DecisionStatus.FORFEIT),
        "a": first_move(move=-1),  # stops, so that all seats get a turn
    }
    seats = ["a", "a", "a"]
    seats[seat] = "quits"
    episode = play_one(setup(pig(3), seats), agents)
    assert episode.status is EpisodeStatus.FORFEITED
    expected = [0.75, 0.75, 0.75]
    expected[seat] = 0.0
    assert scores(episode) == strict(episode) == expected


def test_of_three_seats_the_first_to_need_help_has_lost_strictly() -> None:
    agents: dict[str, Agent] = {
        "helped": first_move(DecisionStatus.FALLBACK, move=-1),
        "a": first_move(move=-1),
    }
    episode = play_one(setup(pig(3), ("a", "helped", "helped")), agents)
    assert episode.status is EpisodeStatus.COMPLETE
    assert sum(score or 0 for score in scores(episode)) == pytest.approx(1.5)
    assert strict(episode) == [0.75, 0.0, 0.75]
    assert [s.fallbacks > 0 for s in episode.seats] == [False, True, True]


def test_a_rethought_move_is_the_agents_own(tic_tac_toe: Game) -> None:
    agents: dict[str, Agent] = {"slow": first_move(DecisionStatus.RETHOUGHT), "b": first_move()}
    episode = play_one(setup(tic_tac_toe, ("slow", "b")), agents)
    assert scores(episode) == strict(episode) == [1.0, 0.0]


def test_margin_games_have_returns_and_no_scores(kuhn_poker: Game) -> None:
    agents: dict[str, Agent] = {"helped": first_move(DecisionStatus.FALLBACK), "b": first_move()}
    episode = play_one(setup(kuhn_poker, ("helped", "b")), agents)
    assert scores(episode) == strict(episode) == [None, None]
    assert [abs(seat.return_ or 0) for seat in episode.seats] == [1.0, 1.0]
    assert [seat.fallbacks for seat in episode.seats] == [1, 0]


# The worst return of kuhn_poker is to lose ante and bet, 2 chips.


@pytest.mark.parametrize("status", [DecisionStatus.FALLBACK, DecisionStatus.FORFEIT])
@pytest.mark.parametrize("seat", [0, 1])
def test_a_fallback_or_forfeit_costs_the_worst_strict_return(
    kuhn_poker: Game, status: DecisionStatus, seat: int
) -> None:
    agents: dict[str, Agent] = {"weak": first_move(status), "sound": first_move()}
    seats = ("weak", "sound") if seat == 0 else ("sound", "weak")
    episode = play_one(setup(kuhn_poker, seats), agents)
    forfeited = status is DecisionStatus.FORFEIT
    assert episode.status is (EpisodeStatus.FORFEITED if forfeited else EpisodeStatus.COMPLETE)
    assert all((seat.return_ is None) == forfeited for seat in episode.seats)
    assert strict_returns(episode) == [-2.0 if s == seat else 2.0 for s in (0, 1)]


def test_the_first_of_three_to_need_help_pays_the_others() -> None:
    """The others share the two chips, even though the third player needed help later."""
    agents: dict[str, Agent] = {"helped": first_move(DecisionStatus.FALLBACK), "a": first_move()}
    game = games.load("kuhn_poker_3p")
    episode = play_one(setup(game, ("a", "helped", "helped")), agents)
    assert [s.fallbacks > 0 for s in episode.seats] == [False, True, True]
    assert strict_returns(episode) == [1.0, -2.0, 1.0]


def test_a_strict_return_is_the_return_where_nobody_needed_help(kuhn_poker: Game) -> None:
    setups = [setup(kuhn_poker, ("random", "random"), deal=deal) for deal in range(10)]
    for episode in play(setups, {"random": bot("random")}):
        assert strict_returns(episode) == [seat.return_ for seat in episode.seats]
        assert None not in strict_returns(episode)


def test_a_strict_return_unknown_is_none(kuhn_poker: Game, tic_tac_toe: Game) -> None:
    agents: dict[str, Agent] = {
        "helped": first_move(DecisionStatus.FALLBACK),
        "a": first_move(),
        "broken": broken(),
    }
    cut = play_one(setup(kuhn_poker, ("a", "a"), max_plies=1), agents)
    assert cut.status is EpisodeStatus.TRUNCATED
    assert strict_returns(cut) == [None, None]
    # If a seat needed help before the cut-off, the strict result was already decided.
    helped = play_one(setup(kuhn_poker, ("helped", "a"), max_plies=1), agents)
    assert helped.status is EpisodeStatus.TRUNCATED
    assert strict_returns(helped) == [-2.0, 2.0]
    failed = play_one(setup(kuhn_poker, ("helped", "broken")), agents)
    assert failed.status is EpisodeStatus.ERROR
    assert strict_returns(failed) == [None, None]
    # Games with other scoring have no such value.
    assert strict_returns(play_one(setup(tic_tac_toe, ("a", "a")), agents)) == [None, None]


@pytest.mark.parametrize("name", [name for name in PERFECT if games.load(name).family != "go"])
def test_a_truncated_episode_is_adjudicated_a_draw(name: str) -> None:
    game = games.load(name)
    episode = play_one(setup(game, ("a", "a"), max_plies=3), {"a": first_move()})
    assert episode.status is EpisodeStatus.TRUNCATED
    assert episode.plies == 3
    assert (
        scores(episode)
        == strict(episode)
        == [0.5, 0.5]
        == list(game.adjudicate(game.replay(json.loads(episode.trajectory))))
    )
    helped = {"a": first_move(DecisionStatus.FALLBACK, at=2)}
    mover = next(decision.seat for decision in episode.decisions if decision.ply == 2)
    expected = [float(seat != mover) for seat in (0, 1)]
    assert strict(play_one(setup(game, ("a", "a"), max_plies=3), helped)) == expected


def test_a_game_that_ends_at_the_cut_off_is_complete(tic_tac_toe: Game) -> None:
    episode = play_one(setup(tic_tac_toe, ("a", "a"), max_plies=7), {"a": first_move()})
    assert (episode.status, episode.plies) == (EpisodeStatus.COMPLETE, 7)


# Simultaneous moves


def test_simultaneous_seats_are_asked_from_one_state(matrix_rps: Game) -> None:
    asked: list[tuple[int, int, tuple[str, ...], str]] = []
    both = asyncio.Event()

    async def act(turn: Turn) -> Decision:
        asked.append((turn.place.seat, turn.ply, turn.history(), turn.information_state()))
        if len(asked) == 2:
            both.set()
        # Each answers only after the other was asked, so neither can wait for the other's move.
        await asyncio.wait_for(both.wait(), 5)
        assert turn.history() == ()
        return Decision(action=turn.place.seat)

    episode = play_one(setup(matrix_rps, ("a", "b")), {"a": Scripted(act), "b": Scripted(act)})
    assert [(seat, ply, history) for seat, ply, history, _ in asked] == [(0, 0, ()), (1, 0, ())]
    assert json.loads(episode.trajectory) == [[0, 1]]
    assert (episode.plies, len(episode.decisions)) == (1, 2)
    assert scores(episode) == [0.0, 1.0]  # paper covers rock


def test_the_reply_of_one_seat_is_awaited_when_the_other_fails(matrix_rps: Game) -> None:
    finished: list[int] = []

    async def slow(turn: Turn) -> Decision:
        await asyncio.sleep(0.02)
        finished.append(turn.place.seat)
        return Decision(action=0)

    for seats in (("broken", "slow"), ("slow", "broken")):
        episode = play_one(setup(matrix_rps, seats), {"broken": broken(), "slow": Scripted(slow)})
        assert episode.status is EpisodeStatus.ERROR
        assert json.loads(episode.trajectory) == []
    assert finished == [1, 0]


@pytest.mark.parametrize(
    ("first", "second", "expected", "expected_strict"),
    [
        (DecisionStatus.OK, DecisionStatus.OK, [0.5, 0.5], [0.5, 0.5]),
        (DecisionStatus.FORFEIT, DecisionStatus.OK, [0.0, 1.0], [0.0, 1.0]),
        (DecisionStatus.FORFEIT, DecisionStatus.FORFEIT, [0.0, 0.0], [0.0, 0.0]),
        (DecisionStatus.FALLBACK, DecisionStatus.FALLBACK, [0.5, 0.5], [0.0, 0.0]),
        (DecisionStatus.FALLBACK, DecisionStatus.OK, [0.5, 0.5], [0.0, 1.0]),
        # If the fallback were a forfeit, both would forfeit at once.
        (DecisionStatus.FORFEIT, DecisionStatus.FALLBACK, [0.0, 1.0], [0.0, 0.0]),
    ],
)
def test_forfeits_and_fallbacks_of_a_joint_move(
    matrix_rps: Game,
    first: DecisionStatus,
    second: DecisionStatus,
    expected: list[float],
    expected_strict: list[float],
) -> None:
    agents: dict[str, Agent] = {"a": first_move(first), "b": first_move(second)}
    episode = play_one(setup(matrix_rps, ("a", "b")), agents)
    assert (scores(episode), strict(episode)) == (expected, expected_strict)


# Times and places


def test_seats_have_their_own_luck_and_the_matchup_has_none(kuhn_poker: Game) -> None:
    places = [setup(kuhn_poker, ("a", "b")).place(seat) for seat in (0, 1)]
    other = replace(places[0], matchup="a--c")
    draws = [place.draw(0, "random").random() for place in [*places, other]]
    assert draws[0] == draws[2] != draws[1]


def test_tokens_and_times_are_unknown_rather_than_nothing(tic_tac_toe: Game) -> None:
    episode = play_one(setup(tic_tac_toe, ("a", "a")), {"a": first_move()})
    assert {d.prompt_tokens for d in episode.decisions} == {None}
    assert {d.completion_tokens for d in episode.decisions} == {None}
    assert all(d.latency_s is not None and d.latency_s >= 0 for d in episode.decisions)
    assert episode.duration_s > 0


def test_episode_ids_are_unique(kuhn_poker: Game, tic_tac_toe: Game) -> None:
    def ids() -> Iterable[str]:
        for game, deal, seating in product((kuhn_poker, tic_tac_toe), range(3), range(2)):
            for seats in (("a", "b"), ("a", "c")):
                yield setup(game, seats, deal=deal, seating=seating).episode_id

    assert len(set(ids())) == len(list(ids())) == 24
