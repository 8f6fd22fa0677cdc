"""Compute exactly what known policies get in each game and seat.

The results have two uses: the scale of normalized returns, which runs from random play (0) to best
play against it (1); and the controls, which compare what bots got in a grid with what their
policies yield. Positions are enumerated ply by ply, and equal positions are merged under perfect
information. Games with too many positions are left out.
"""

import asyncio
import json
from collections import defaultdict
from collections.abc import Callable, Iterator, Mapping, Sequence
from dataclasses import asdict, dataclass, replace
from enum import StrEnum
from pathlib import Path
from typing import TYPE_CHECKING, TypeAlias, assert_never

import pyspiel

from gamegrid.agents.agent import Agent, AgentKind, Ask, Baseline, Tools, kinds, own_kinds
from gamegrid.agents.random import uniform
from gamegrid.analysis.draws import Draw, draws
from gamegrid.games.game import Game, Oracle, Scoring
from gamegrid.games.policy import Policy, successors
from gamegrid.games.repeated_game import RepeatedGame
from gamegrid.oracles.exact import NOISE, solver
from gamegrid.oracles.minimax import Minimax
from gamegrid.oracles.response import STATES, KnownPolicy, TooLargeError, best_response
from gamegrid.plan.deals import keeps_value, opening, random_plies
from gamegrid.plan.grid import Cell, Matchup
from gamegrid.play.episode import Episode, Setup
from gamegrid.play.scoring import by_returns

if TYPE_CHECKING:  # a plan knows which cells are controls
    from gamegrid.plan.plan import Plan

OUTSIDE = "beside the grid"
"""The matchup's name in the results of bots that played outside the grid."""
DEALS_BESIDE = 500
"""Enough to detect a bot that always takes the first legal move, even in tic_tac_toe."""


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
"""Positions after the same number of plies, with their probabilities."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Results:
    """The probabilities of all results of an episode. They add up to 1."""

    returns: Shares
    """Of episodes played to the end, in the game's own units."""
    cut: Shares
    """Of episodes cut off at the ply limit: their adjudicated scores."""

    def measure(self, game: Game) -> Shares | None:
        """Return results in the unit of the tables: scores in win_loss games, else returns.

        Returns None if episodes may be cut off and then have no return.
        """
        if game.scoring is Scoring.WIN_LOSS:
            scores = defaultdict[Amounts, float](float, self.cut)
            for returns, chance in self.returns.items():
                scores[tuple(by_returns(returns))] += chance
            return dict(scores)
        return None if self.cut else self.returns


@dataclass(frozen=True, slots=True, kw_only=True)
class Reference:
    """What is known about one seat of a game, in its own units. None means unknown."""

    game: str
    seat: int
    random_return: float | None = None
    """The expected return if every seat moves at random."""
    reference_return: float | None = None
    """The expected return if this seat plays its best against random moves."""
    reason: Missing | None = None
    """The reason there is no scale from the one to the other."""
    value: float | None = None
    """The mean that best play guarantees, in the unit of the tables."""
    every_time: bool = False
    """Whether best play guarantees ``value`` in every single episode."""
    best_joint_return: float | None = None
    """In payoff games, the largest expected sum of all returns if the seats were one player."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Play:
    """A baseline's result in one seat of one deal of self-play, in the unit of the tables."""

    game: str
    matchup: str
    """OUTSIDE."""
    baseline: str
    seat: int
    deal: int
    result: float


@dataclass(frozen=True, slots=True, kw_only=True)
class Expectation:
    """The probability of a result of an agent in one seat of a matchup.

    ``result`` is in the unit of the tables: a score in win_loss games, else a return.
    """

    game: str
    matchup: str
    """A matchup of the grid, or OUTSIDE."""
    agent: str
    seat: int
    result: float
    chance: float


@dataclass(frozen=True, slots=True, kw_only=True)
class BestResponse:
    """What an agent could have expected in a matchup if it had known how the others play."""

    game: str
    matchup: str
    agent: str
    best_return: float | None = None
    """In the game's own units, averaged over the seats and seatings that the agent takes."""
    reason: Missing | None = None
    """The reason ``best_return`` is None."""


def results(game: Game, policies: Sequence[Policy], opening_plies: int, max_plies: int) -> Results:
    """Return the probabilities of all results over all deals with ``opening_plies``.

    ``policies`` are those of the seats, in order. Raises TooLargeError if a ply has too many
    positions.
    """
    layer, returns, cut = opened(game, opening_plies), Shares(), Shares()
    for _ in range(max_plies):
        layer = _after(game, layer, policies, returns)
    for state, chance in layer.values():
        scores = tuple(game.adjudicate(state))
        cut[scores] = cut.get(scores, 0.0) + chance
    return Results(returns=returns, cut=cut)


def opened(game: Game, plies: int) -> Layer:
    """Return the positions after the opening of a deal (see plan.deals.opening)."""
    layer: Layer = {}
    ended: Shares = {}
    for state, chance in _settled(game.spiel.new_initial_state()):
        _add(game, layer, ended, state, chance)
    if not random_plies(game, plies):
        return layer
    for _ in range(plies):
        layer = _after(game, layer, [uniform] * game.players, {})
    minimax = Minimax()
    kept = {key: here for key, here in layer.items() if keeps_value(game, here[0], minimax)}
    total = sum(chance for _, chance in kept.values())
    return {key: (state, chance / total) for key, (state, chance) in kept.items()}


def _after(game: Game, layer: Layer, policies: Sequence[Policy], ended: Shares) -> Layer:
    """Return the positions one ply later, and add finished episodes to ``ended``."""
    following: Layer = {}
    for state, chance in layer.values():
        for child, part in successors(state, policies):
            for settled, luck in _settled(child):
                _add(game, following, ended, settled, chance * part * luck)
    return following


def _add(game: Game, layer: Layer, ended: Shares, state: pyspiel.State, chance: float) -> None:
    """Add a position to the layer or to the ended ones. Raises TooLargeError."""
    if state.is_terminal():
        returns = tuple(state.returns())
        ended[returns] = ended.get(returns, 0.0) + chance
        return
    if game.perfect_information:
        key: object = (state.current_player(), str(state))
    else:
        key = state.history_str()
    merged, already = layer.get(key, (state, 0.0))
    layer[key] = merged, already + chance
    if len(layer) > STATES:
        raise TooLargeError


def _settled(state: pyspiel.State) -> Iterator[tuple[pyspiel.State, float]]:
    """Yield the states after the next chance events, if any, with their probabilities."""
    if not state.is_chance_node():
        yield state, 1.0
        return
    for action, chance in state.chance_outcomes():
        for settled, luck in _settled(state.child(action)):
            yield settled, chance * luck


def small(game: Game) -> bool:
    """Return True if all positions of a game can be enumerated. Does not consult an oracle."""
    visited, everybody = 0, [uniform] * game.players
    try:
        layer = opened(game, 0)
        for _ in range(game.max_plies):
            visited += len(layer)
            if visited > STATES:
                return False
            layer = _after(game, layer, everybody, {})
    except TooLargeError:
        return False
    return True


def references(game: Game, opening_plies: int, max_plies: int, enumerable: bool) -> list[Reference]:
    """Return what is known about each seat. ``enumerable`` is the result of ``small``."""
    everybody = [uniform] * game.players
    plain = results(game, everybody, opening_plies, max_plies) if enumerable else None
    complete = plain is not None and not plain.cut
    best = _best_against_random(game, opening_plies) if complete else [None] * game.players
    joint = _best_joint(game, enumerable) if game.scoring is Scoring.PAYOFF else None
    rows = []
    for seat, value in enumerate(_values(game, opening_plies, max_plies)):
        random: float | None = None
        reason: Missing | None = Missing.TOO_LARGE if plain is None else Missing.CUT_OFF
        if plain is not None and complete:
            random, most = _mean(plain.returns, seat), best[seat]
            if most is None:
                reason = Missing.NO_BEST_PLAY
            else:
                reason = Missing.NO_GAIN if most - random <= NOISE else None
        rows.append(
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
    return rows


def _best_against_random(game: Game, opening_plies: int) -> Sequence[float | None]:
    """Return, by seat, the expected return of best play if all other seats move at random.

    None if it is not computed. An equilibrium is no substitute: in kuhn_poker, it gets less against
    random play than random play does.
    """
    if game.perfect_information:
        starts = opened(game, opening_plies).values()
        searches = [_search(seat) for seat in range(game.players)]
        return [sum(chance * search(state) for state, chance in starts) for search in searches]
    if game.players != 2 or game.spiel.get_type().utility != pyspiel.GameType.Utility.ZERO_SUM:
        return [None] * game.players
    from gamegrid.oracles.equilibrium import best_against_random  # numpy only where it is needed

    return best_against_random(game.spiel)


def _search(seat: int) -> Callable[[pyspiel.State], float]:
    """Return a function from positions to the best expected return of a seat.

    The other seats move at random.
    """
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
    """Return the expected return of a seat."""
    return sum(amounts[seat] * chance for amounts, chance in returns.items())


def _values(game: Game, opening_plies: int, max_plies: int) -> list[float | None]:
    """Return, by seat, the mean that best play guarantees, in the unit of the tables.

    It is unknown if the configuration cuts episodes off earlier than the game does, and if openings
    may change the value, as they may in games with an equilibrium or without balanced openings.
    """
    start = game.spiel.new_initial_state()
    if random_plies(game, opening_plies) and not game.balanced_openings:
        return [None] * game.players
    match game.oracle:
        case Oracle.NONE:
            return [None] * game.players
        case Oracle.EXACT:
            first = solver(game.load_string).value(start)
        case Oracle.EQUILIBRIUM:
            from gamegrid.oracles.equilibrium import solved  # numpy only where it is needed

            first = solved(game.load_string).value
        case other:
            assert_never(other)
    if max_plies < game.max_plies:
        return [None] * game.players
    if game.scoring is Scoring.WIN_LOSS:  # all such games pay 1, 0 or -1
        return [(first + 1) / 2, (1 - first) / 2]
    return [first, -first]


def _best_joint(game: Game, enumerable: bool) -> float | None:
    """Return the largest expected sum of returns if one player, who sees everything, has all seats.

    None if it is too large to compute.
    """
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
        return max(best(child) for child, _ in successors(state, everybody))

    return best(game.spiel.new_initial_state())


def expectations(plan: "Plan", cell: Cell, policies: Mapping[str, Policy]) -> list[Expectation]:
    """Return the distribution of each agent's results in each seat of a cell.

    If an agent takes a seat in several seatings, these have equal weights. The list is empty if an
    episode may end without a result in the unit of the tables.
    """
    game, by_seat = cell.game, defaultdict[tuple[str, int], list[dict[float, float]]](list)
    for seating in cell.matchup.seatings(plan.config.seatings):
        played = [policies[agent] for agent in seating]
        shares = results(game, played, plan.opening_plies(game), plan.max_plies(game)).measure(game)
        if shares is None:
            return []
        for seat, agent in enumerate(seating):
            own = defaultdict[float, float](float)
            for amounts, chance in shares.items():
                own[amounts[seat]] += chance
            by_seat[agent, seat].append(own)
    return [
        Expectation(
            game=game.name,
            matchup=cell.matchup.name,
            agent=agent,
            seat=seat,
            result=result,
            chance=sum(own.get(result, 0.0) for own in seatings) / len(seatings),
        )
        for (agent, seat), seatings in by_seat.items()
        for result in sorted({result for own in seatings for result in own})
    ]


def best_responses(plan: "Plan", cell: Cell) -> list[BestResponse]:
    """Return the best response of each agent of a cell to the others; none in self-play."""
    game, agents = cell.game, sorted(set(cell.matchup.agents))
    if len(agents) == 1 and game.players > 1:
        return []
    rows = []
    for agent in agents:
        best, reason = _best_return(plan, cell, agent)
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


def _best_return(plan: "Plan", cell: Cell, agent: str) -> tuple[float | None, Missing | None]:
    """Return the best return, averaged over seats and seatings, or the reason it is unknown."""
    game, best_returns = cell.game, list[float]()
    if plan.max_plies(game) < game.max_plies:
        return None, Missing.CUT_OFF
    known = {name: _known(plan, name, game) for name in cell.matchup.agents}
    try:
        starts = list(opened(game, plan.opening_plies(game)).values())
        for seating in cell.matchup.seatings(plan.config.seatings):
            for seat in (seat for seat, name in enumerate(seating) if name == agent):
                others = {other: known[name] for other, name in enumerate(seating) if other != seat}
                policies = {other: policy for other, policy in others.items() if policy}
                if len(policies) < len(others):
                    return None, Missing.OPPONENT_UNKNOWN
                best_returns.append(best_response(game, seat, policies, starts))
    except TooLargeError:
        return None, Missing.TOO_LARGE
    except pyspiel.SpielError:  # the game has no information states
        return None, Missing.NO_BEST_PLAY
    return sum(best_returns) / len(best_returns), None


def _known(plan: "Plan", agent: str, game: Game) -> KnownPolicy | None:
    """Return the policy of an agent; None if it is unknown."""
    settings = plan.config.agents[agent]
    kind = kinds()[settings.type]
    return KnownPolicy(kind.policy(settings, game), kind.memory) if kind.policy else None


def beside(plan: "Plan", game: Game) -> tuple[list[Expectation], list[Play]]:
    """Let the baselines play against themselves in the grid's deals, through its episode loop.

    So every result set has these controls, whichever agents it has. Returns the distribution of
    each baseline's results, and its actual results.
    """
    expected, plays = list[Expectation](), list[Play]()
    for baseline, kind in baselines().items():
        settings = kind.settings(type=kind.type)
        if kind.policy is None or kind.unsupported_reason(settings, game) is not None:
            continue
        cell = Cell(game, Matchup((baseline,) * game.players))
        policies = {baseline.value: kind.policy(settings, game)}
        expected += [replace(e, matchup=OUTSIDE) for e in expectations(plan, cell, policies)]
        agent = kind.build(baseline, settings, Tools(ask=_nobody, prompts=()))
        plays += asyncio.run(_plays(plan, cell, baseline, agent))
    return expected, plays


def baselines() -> dict[Baseline, AgentKind]:
    """Return the package's bot for each baseline. Only bots without required settings qualify."""
    bots: dict[Baseline, AgentKind] = {}
    for kind in own_kinds().values():
        if not any(field.is_required() for field in kind.settings.model_fields.values()):
            baseline = kind.traits(kind.settings(type=kind.type)).baseline
            if baseline is not None:
                bots[baseline] = kind
    return {baseline: bots[baseline] for baseline in Baseline}


async def _plays(plan: "Plan", cell: Cell, baseline: Baseline, agent: Agent) -> list[Play]:
    """Return every seat's result in each deal of a baseline's self-play."""
    game, plays, minimax = cell.game, list[Play](), Minimax()
    for deal in range(DEALS_BESIDE):
        setup = Setup(
            run_id=OUTSIDE,
            seed=plan.config.seed,
            game=game,
            matchup=cell.matchup.name,
            deal=deal,
            seating=0,
            seats=cell.matchup.agents,
            opening=tuple(opening(game, plan.config.seed, deal, plan.opening_plies(game), minimax)),
            max_plies=plan.max_plies(game),
        )
        for seat in (await Episode(setup, {baseline.value: agent}).play()).seats:
            result = seat.score if game.scoring is Scoring.WIN_LOSS else seat.return_
            if result is not None:
                plays.append(
                    Play(
                        game=game.name,
                        matchup=OUTSIDE,
                        baseline=baseline,
                        seat=seat.seat,
                        deal=deal,
                        result=result,
                    )
                )
    return plays


def _nobody(model: str) -> Ask:
    """Raise ValueError: bots of controls ask no model."""
    raise ValueError(f"a control asked for the model {model}")


def write(plan: "Plan", output: Path) -> None:
    """Write everything known about the games and cells of a plan as one JSON object."""
    cells = defaultdict[str, list[Cell]](list)
    for cell in plan.reference_cells.controls:
        cells[cell.game.name].append(cell)
    seats, expected, plays = list[Reference](), list[Expectation](), list[Play]()
    drawn = dict[str, list[Draw]]()
    """By luck: games of the same luck draw the same."""
    responses = [
        row for cell in plan.reference_cells.responses for row in best_responses(plan, cell)
    ]
    for game in plan.grid.games:
        enumerable = small(game)
        seats += references(game, plan.opening_plies(game), plan.max_plies(game), enumerable)
        if enumerable:
            for cell in cells[game.name]:
                policies = {name: policy_of(plan, name, game) for name in cell.matchup.agents}
                expected += expectations(plan, cell, policies)
            also, played = beside(plan, game)
            expected, plays = expected + also, plays + played
        if (enumerable or game.chance) and game.luck_name not in drawn:
            drawn[game.luck_name] = draws(game, plan.config.seed, plan.opening_plies(game))
    _write(
        output,
        references=seats,
        expectations=expected,
        plays=plays,
        responses=responses,
        draws=[draw for rows in drawn.values() for draw in rows],
    )


def write_scales(plan: "Plan", output: Path) -> None:
    """Write only the reference values of a plan's games, without expectations.

    They decide which games are rated.
    """
    seats = [
        seat
        for game in plan.grid.games
        for seat in references(game, plan.opening_plies(game), plan.max_plies(game), small(game))
    ]
    _write(output, references=seats, expectations=[], plays=[], responses=[], draws=[])


def _write(
    output: Path,
    **rows: Sequence[Reference | Expectation | Play | BestResponse | Draw],
) -> None:
    output.parent.mkdir(parents=True, exist_ok=True)
    text = {table: [asdict(row) for row in table_rows] for table, table_rows in rows.items()}
    output.write_text(json.dumps(text), encoding="utf-8")


def policy_of(plan: "Plan", agent: str, game: Game) -> Policy:
    """Return the policy of an agent of a control cell. Raises ValueError if it is unknown."""
    settings = plan.config.agents[agent]
    policy = kinds()[settings.type].policy
    if policy is None:
        raise ValueError(f"the policy of {agent} is unknown")
    return policy(settings, game)
