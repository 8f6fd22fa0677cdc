"""What play of known policies comes to in each game and seat, exactly: nothing is sampled.

Two uses: the scale of normalized returns, from random play (0) to best play against it (1); and
the controls, which hold what bots got in a grid against what their policies give. Positions are
gone through ply by ply, equal ones as one where everything is seen; games that have too many are
left out.
"""

import asyncio
import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from itertools import product
from math import prod
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, assert_never

import pyspiel

from gamegrid.agents.agent import Agent, AgentKind, Ask, Baseline, Tools, kinds, own_kinds
from gamegrid.agents.random import uniform
from gamegrid.games.game import Game, Oracle, Scoring
from gamegrid.games.policy import Policy
from gamegrid.games.repeated_game import RepeatedGame
from gamegrid.oracles.exact import solver
from gamegrid.oracles.minimax import Minimax
from gamegrid.oracles.response import STATES, Known, TooLargeError, best_response
from gamegrid.plan.deals import keeps_value, opening
from gamegrid.plan.grid import Cell, Matchup
from gamegrid.play.episode import Episode, Setup
from gamegrid.play.scoring import by_returns

if TYPE_CHECKING:  # a plan says which cells are controls
    from gamegrid.plan.plan import Plan

OUTSIDE = "beside the grid"
"""Where a matchup's name would stand."""
DEALS_BESIDE = 500
"""So many show what takes the first legal move for a random one, in tic_tac_toe too."""
NOISE = 1e-9
"""Differences of value below this are rounding."""


class Missing(StrEnum):
    """Why a reference is missing. The macro ``in_words`` of the database spells the codes out."""

    TOO_LARGE = "too_large"
    """The game has too many positions to enumerate."""
    CUT_OFF = "cut_off"
    """Episodes may be cut off."""
    NO_BEST_PLAY = "no_best_play"
    """Best play is not computed."""
    NO_GAIN = "no_gain"
    """Against random moves, best play gets no more than random play does."""
    OPPONENT_UNKNOWN = "opponent_unknown"
    """The policy of an opponent is unknown."""


Amounts: TypeAlias = tuple[float, ...]
"""One number per seat."""
Shares: TypeAlias = dict[Amounts, float]
Layer: TypeAlias = dict[object, tuple[pyspiel.State, float]]
"""Positions after equally many plies, and how likely they are."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """How likely each result of an episode is: together 1."""

    returns: Shares
    """Of episodes that are played out, in the game's own units."""
    cut: Shares
    """Of episodes cut off at the limit of plies, the scores they are adjudicated."""

    def measure(self, game: Game) -> Shares | None:
        """Results as the tables measure them: scores in win_loss games, else returns.

        None where an episode that has no return may be cut off.
        """
        if game.scoring is Scoring.WIN_LOSS:
            found = defaultdict[Amounts, float](float, self.cut)
            for returns, chance in self.returns.items():
                found[tuple(by_returns(returns))] += chance
            return dict(found)
        return None if self.cut else self.returns


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """What is known of one seat of a game, in the game's own units; None where it is not."""

    game: str
    seat: int
    random_return: float | None = None
    """The expected return where every seat moves at random."""
    reference_return: float | None = None
    """The same where this seat does best against the others: no player can expect more."""
    reason: Missing | None = None
    """Why there is no scale from the one to the other; None where there is."""
    value: float | None = None
    """What ``optimal`` is sure to get in the mean, as the tables measure it."""
    every_time: bool = False
    """Whether it gets no less in any single episode."""
    best_joint_return: float | None = None
    """Of payoff games, the largest expected sum of all returns, were the seats one player."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Play:
    """What a baseline got in one seat of one deal against itself, in the unit of the tables."""

    game: str
    matchup: str
    """Stands for a matchup, as in Expectation."""
    baseline: str
    seat: int
    deal: int
    result: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """How likely an agent's result is in one seat of a matchup, as the tables measure it."""

    game: str
    matchup: str
    agent: str
    seat: int
    result: float
    chance: float


@dataclass(frozen=True, slots=True, kw_only=True)
class BestResponse:
    """What an agent could have expected in a matchup, had it known how the others play."""

    game: str
    matchup: str
    agent: str
    best_return: float | None = None
    """In the game's own units: the mean over the seats and seatings it takes."""
    reason: Missing | None = None
    """Why it is None."""


def results(game: Game, policies: Sequence[Policy], opening_plies: int, max_plies: int) -> Results:
    """Every result of ``policies``, by seat, over all deals that open with ``opening_plies``.

    Raises TooLargeError.
    """
    layer, returns, cut = _opened(game, opening_plies), Shares(), Shares()
    for _ in range(max_plies):
        layer = _after(game, layer, policies, returns)
    for state, chance in layer.values():
        scores = tuple(game.adjudicate(state))
        cut[scores] = cut.get(scores, 0.0) + chance
    return Results(returns=returns, cut=cut)


def _opened(game: Game, plies: int) -> Layer:
    """The positions in which a deal is taken up: see play.deals.opening."""
    layer: Layer = {}
    ended: Shares = {}
    for state, chance in _settled(game.spiel.new_initial_state()):
        _add(game, layer, ended, state, chance)
    if plies == 0 or game.chance or not game.sequential:
        return layer
    for _ in range(plies):
        layer = _after(game, layer, [uniform] * game.players, {})
    minimax = Minimax()
    kept = {key: here for key, here in layer.items() if keeps_value(game, here[0], minimax)}
    total = sum(chance for _, chance in kept.values())
    return {key: (state, chance / total) for key, (state, chance) in kept.items()}


def _after(game: Game, layer: Layer, policies: Sequence[Policy], ended: Shares) -> Layer:
    """The positions one ply later; what ends there goes to ``ended``."""
    following: Layer = {}
    for state, chance in layer.values():
        for child, part in _moves(state, policies):
            for settled, luck in _settled(child):
                _add(game, following, ended, settled, chance * part * luck)
    return following


def _add(game: Game, layer: Layer, ended: Shares, state: pyspiel.State, chance: float) -> None:
    """Count a position where it belongs. Raises TooLargeError."""
    if state.is_terminal():
        returns = tuple(state.returns())
        ended[returns] = ended.get(returns, 0.0) + chance
        return
    seen = game.perfect_information
    key = (state.current_player(), str(state)) if seen else state.history_str()
    there, already = layer.get(key, (state, 0.0))
    layer[key] = there, already + chance
    if len(layer) > STATES:
        raise TooLargeError


def _moves(
    state: pyspiel.State, policies: Sequence[Policy]
) -> Iterator[tuple[pyspiel.State, float]]:
    """What may follow in one ply, and how likely it is."""
    if not state.is_simultaneous_node():
        seat = state.current_player()
        for action, chance in policies[seat](state, seat).items():
            if chance > 0:
                yield state.child(action), chance
        return
    choices = [policy(state, seat).items() for seat, policy in enumerate(policies)]
    for joint in product(*choices):
        chance = prod(part for _, part in joint)
        if chance > 0:
            child = state.clone()
            child.apply_actions([action for action, _ in joint])
            yield child, chance


def _settled(state: pyspiel.State) -> Iterator[tuple[pyspiel.State, float]]:
    """The states after the chance events that come next, if any."""
    if not state.is_chance_node():
        yield state, 1.0
        return
    for action, chance in state.chance_outcomes():
        for settled, luck in _settled(state.child(action)):
            yield settled, chance * luck


def small(game: Game) -> bool:
    """Whether all positions of a game can be gone through; told before any oracle is asked."""
    visited, everybody = 0, [uniform] * game.players
    try:
        layer = _opened(game, 0)
        for _ in range(game.max_plies):
            visited += len(layer)
            if visited > STATES:
                return False
            layer = _after(game, layer, everybody, {})
    except TooLargeError:
        return False
    return True


def references(game: Game, opening_plies: int, max_plies: int, enumerable: bool) -> list[Reference]:
    """What is known of each seat. ``enumerable``: as ``small`` says."""
    everybody = [uniform] * game.players
    plain = results(game, everybody, opening_plies, max_plies) if enumerable else None
    complete = plain is not None and not plain.cut
    best = _best_against_random(game, opening_plies) if complete else [None] * game.players
    joint = _best_joint(game, enumerable) if game.scoring is Scoring.PAYOFF else None
    found = []
    for seat, value in enumerate(_values(game, opening_plies, max_plies)):
        random: float | None = None
        reason: Missing | None = Missing.TOO_LARGE if plain is None else Missing.CUT_OFF
        if plain is not None and complete:
            random, most = _mean(plain.returns, seat), best[seat]
            if most is None:
                reason = Missing.NO_BEST_PLAY
            else:
                reason = Missing.NO_GAIN if most - random <= NOISE else None
        found.append(
            Reference(
                game=game.name,
                seat=seat,
                random_return=random,
                reference_return=best[seat],
                reason=reason,
                value=value,
                every_time=game.oracle is Oracle.EXACT and not game.chance,
                best_joint_return=joint,
            )
        )
    return found


def _best_against_random(game: Game, opening_plies: int) -> Sequence[float | None]:
    """By seat, the expected return of best play against seats that move at random.

    Not of an equilibrium's: that of kuhn_poker gets less from random play than random play does.
    """
    if game.perfect_information:
        starts = _opened(game, opening_plies).values()
        searches = [_search(game, seat) for seat in range(game.players)]
        return [sum(chance * search(state) for state, chance in starts) for search in searches]
    if game.players != 2 or game.spiel.get_type().utility != pyspiel.GameType.Utility.ZERO_SUM:
        return [None] * game.players
    from gamegrid.oracles.equilibrium import best_against_random  # scipy only where it is needed

    return best_against_random(game.spiel)


def _search(game: Game, seat: int) -> Callable[[pyspiel.State], float]:
    """The return that a seat can expect from a position on, the others moving at random."""
    known: dict[tuple[int, str], float] = {}

    def best(state: pyspiel.State) -> float:
        if state.is_terminal():
            return float(state.player_return(seat))
        key = (state.current_player(), str(state))
        if key not in known:
            if state.is_chance_node():
                outcomes = [(best(state.child(a)), p) for a, p in state.chance_outcomes()]
                known[key] = sum(value * p for value, p in outcomes)
            else:
                values = [best(state.child(action)) for action in state.legal_actions()]
                own = state.current_player() == seat
                known[key] = max(values) if own else sum(values) / len(values)
        return known[key]

    return best


def _mean(returns: Shares, seat: int) -> float:
    """The expected return of a seat."""
    return sum(amounts[seat] * chance for amounts, chance in returns.items())


def _values(game: Game, opening_plies: int, max_plies: int) -> list[float | None]:
    """What ``optimal`` is sure to get in the mean, by seat, as the tables measure it.

    Unknown where a cut-off of one's own takes the game away from the oracle, and where openings
    may change what an equilibrium is worth; an exact oracle allows no such openings.
    """
    start = game.spiel.new_initial_state()
    match game.oracle:
        case Oracle.NONE:
            return [None] * game.players
        case Oracle.EXACT:
            first = solver(game.load_string).value(start)
        case Oracle.EQUILIBRIUM:
            from gamegrid.oracles.equilibrium import solved  # scipy only where it is needed

            if opening_plies and not game.chance and game.sequential:
                return [None] * game.players
            first = solved(game.load_string).value
        case other:
            assert_never(other)
    if max_plies < game.max_plies:
        return [None] * game.players
    if game.scoring is Scoring.WIN_LOSS:  # all such games pay 1, 0 or -1
        return [(first + 1) / 2, (1 - first) / 2]
    return [first, -first]


def _best_joint(game: Game, enumerable: bool) -> float | None:
    """The largest expected sum of all returns, were the seats one player who sees everything."""
    if isinstance(game, RepeatedGame):
        stage = _best_joint(game.stage, enumerable=True)
        return None if stage is None else game.rounds * stage
    if not enumerable:
        return None

    def best(state: pyspiel.State) -> float:
        if state.is_terminal():
            return float(sum(state.returns()))
        if state.is_chance_node():
            return sum(float(p) * best(state.child(a)) for a, p in state.chance_outcomes())
        everybody = [uniform] * game.players
        return max(best(child) for child, _ in _moves(state, everybody))

    return best(game.spiel.new_initial_state())


def expectations(made: "Plan", cell: Cell, policies: Mapping[str, Policy]) -> list[Expectation]:
    """What each agent of a cell should get in each seat; empty where results may have no measure.

    With more seats an agent takes each of them in several seatings, which weigh alike.
    """
    game, found = cell.game, defaultdict[tuple[str, int], list[dict[float, float]]](list)
    for seating in cell.matchup.seatings(made.config.seatings):
        played = [policies[agent] for agent in seating]
        shares = results(game, played, made.opening_plies(game), made.max_plies(game)).measure(game)
        if shares is None:
            return []
        for seat, agent in enumerate(seating):
            own = defaultdict[float, float](float)
            for amounts, chance in shares.items():
                own[amounts[seat]] += chance
            found[agent, seat].append(own)
    return [
        Expectation(
            game=game.name,
            matchup=cell.matchup.name,
            agent=agent,
            seat=seat,
            result=result,
            chance=sum(own.get(result, 0.0) for own in seatings) / len(seatings),
        )
        for (agent, seat), seatings in found.items()
        for result in sorted({result for own in seatings for result in own})
    ]


def best_responses(made: "Plan", cell: Cell) -> list[BestResponse]:
    """The best response of each agent of a cell to the others in it; none in self-play."""
    game, agents = cell.game, sorted(set(cell.matchup.agents))
    if len(agents) == 1 and game.players > 1:
        return []
    rows = []
    for agent in agents:
        best, reason = _best_return(made, cell, agent)
        rows.append(
            BestResponse(
                game=game.name,
                matchup=cell.matchup.name,
                agent=agent,
                best_return=best,
                reason=reason,
            )
        )
    return rows


def _best_return(made: "Plan", cell: Cell, agent: str) -> tuple[float | None, Missing | None]:
    """The mean over the agent's seats and seatings, or why it is not known."""
    game, found = cell.game, list[float]()
    if made.max_plies(game) < game.max_plies:
        return None, Missing.CUT_OFF
    known = {name: _known(made, name, game) for name in cell.matchup.agents}
    try:
        starts = list(_opened(game, made.opening_plies(game)).values())
        for seating in cell.matchup.seatings(made.config.seatings):
            for seat in (seat for seat, name in enumerate(seating) if name == agent):
                others = {other: known[name] for other, name in enumerate(seating) if other != seat}
                told = {other: policy for other, policy in others.items() if policy}
                if len(told) < len(others):
                    return None, Missing.OPPONENT_UNKNOWN
                found.append(best_response(game, seat, told, starts))
    except TooLargeError:
        return None, Missing.TOO_LARGE
    except pyspiel.SpielError:  # it tells no information states
        return None, Missing.NO_BEST_PLAY
    return sum(found) / len(found), None


def _known(made: "Plan", agent: str, game: Game) -> Known | None:
    """How an agent plays; None where that is not known."""
    settings = made.config.agents[agent]
    kind = kinds()[settings.type]
    return Known(kind.policy(settings, game), kind.memory) if kind.policy else None


def beside(made: "Plan", game: Game) -> tuple[list[Expectation], list[Play]]:
    """Let the baselines play themselves with the grid's luck, through the loop that plays grids.

    Every result set thus has these controls, whoever its agents are. Returns what each baseline
    should get, and what it got.
    """
    expected, plays = list[Expectation](), list[Play]()
    for baseline, kind in _baselines().items():
        settings = kind.settings(type=kind.type)
        if kind.policy is None or kind.unsupported_reason(settings, game) is not None:
            continue
        cell = Cell(game, Matchup((baseline,) * game.players))
        policies = {baseline.value: kind.policy(settings, game)}
        expected += [replace(e, matchup=OUTSIDE) for e in expectations(made, cell, policies)]
        agent = kind.build(baseline, settings, Tools(ask=_nobody, prompts=()))
        plays += asyncio.run(_plays(made, cell, baseline, agent))
    return expected, plays


def _baselines() -> dict[Baseline, AgentKind]:
    """Return the package's own bot for each baseline: its type needs no settings."""
    bots: dict[Baseline, AgentKind] = {}
    for kind in own_kinds().values():
        if not any(field.is_required() for field in kind.settings.model_fields.values()):
            baseline = kind.traits(kind.settings(type=kind.type)).baseline
            if baseline is not None:
                bots[baseline] = kind
    return {baseline: bots[baseline] for baseline in Baseline}


async def _plays(made: "Plan", cell: Cell, baseline: Baseline, agent: Agent) -> list[Play]:
    """Every seat's result in each deal of a bot's self-play."""
    game, found, minimax = cell.game, list[Play](), Minimax()
    for deal in range(DEALS_BESIDE):
        setup = Setup(
            run_id=OUTSIDE,
            seed=made.config.seed,
            game=game,
            matchup=cell.matchup.name,
            deal=deal,
            seating=0,
            seats=cell.matchup.agents,
            opening=tuple(opening(game, made.config.seed, deal, made.opening_plies(game), minimax)),
            max_plies=made.max_plies(game),
        )
        for seat in (await Episode(setup, {baseline.value: agent}).play()).seats:
            result = seat.score if game.scoring is Scoring.WIN_LOSS else seat.return_
            if result is not None:
                found.append(
                    Play(
                        game=game.name,
                        matchup=OUTSIDE,
                        baseline=baseline,
                        seat=seat.seat,
                        deal=deal,
                        result=result,
                    )
                )
    return found


def _nobody(model: str) -> Ask:
    """No bot asks a model."""
    raise ValueError(f"a control asked for {model}")


def write(made: "Plan", output: Path) -> None:
    """Write what is known of the games of a plan, and of its cells, as one JSON object."""
    cells = defaultdict[str, list[Cell]](list)
    for cell in made.control_cells:
        cells[cell.game.name].append(cell)
    seats, expected, plays = list[Reference](), list[Expectation](), list[Play]()
    responses = [row for cell in made.response_cells for row in best_responses(made, cell)]
    for game in made.grid.games:
        enumerable = small(game)
        seats += references(game, made.opening_plies(game), made.max_plies(game), enumerable)
        if enumerable:
            for cell in cells[game.name]:
                policies = {name: policy_of(made, name, game) for name in cell.matchup.agents}
                expected += expectations(made, cell, policies)
            also, played = beside(made, game)
            expected, plays = expected + also, plays + played
    _write(output, references=seats, expectations=expected, plays=plays, responses=responses)


def write_scales(made: "Plan", output: Path) -> None:
    """Write the same without controls: what tells which games are rated needs no agents."""
    seats = [
        seat
        for game in made.grid.games
        for seat in references(game, made.opening_plies(game), made.max_plies(game), small(game))
    ]
    _write(output, references=seats, expectations=[], plays=[], responses=[])


def _write(
    output: Path,
    **rows: Sequence[Reference] | Sequence[Expectation] | Sequence[Play] | Sequence[BestResponse],
) -> None:
    output.parent.mkdir(parents=True, exist_ok=True)
    text = {table: [asdict(row) for row in found] for table, found in rows.items()}
    output.write_text(json.dumps(text), encoding="utf-8")


def policy_of(made: "Plan", agent: str, game: Game) -> Policy:
    """The policy of an agent of a control cell."""
    settings = made.config.agents[agent]
    policy = kinds()[settings.type].policy
    if policy is None:
        raise ValueError(f"{agent} has no policy that is known")
    return policy(settings, game)
