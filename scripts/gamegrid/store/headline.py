"""What the results say in a few sentences, made from the verdicts of the tests alone.

``statements`` turns standings and verdicts into sentences; ``fill_headline`` stores them. The
terminal and the page show them first, in this order.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum

import duckdb

from gamegrid.stats.paired import Verdict
from gamegrid.store.statistics import insert

NAMED = 3
"""How many agents or games a sentence names before it counts the others."""
OWN = 3
"""How many of a suite grid's own agents get a sentence each."""
TIES = 2
"""How many groups of agents that tie the headline names."""

_BOARD = """
    SELECT agent, rating_set, rank, rank_high FROM leaderboard WHERE rating IS NOT NULL
    ORDER BY rating_set, rank, agent
"""
_PAIRS = "SELECT agent, rival, verdict FROM rating_differences"
_GAMES = """
    SELECT game, agent, rank, rank_high, ranked_among, tied_group
    FROM per_game
    WHERE unrated_reason IS NOT NULL AND rank IS NOT NULL AND tied_group IS NOT NULL
    ORDER BY game, rank, agent
"""
_RATED_GAMES = """
    SELECT DISTINCT game FROM per_game WHERE unrated_reason IS NULL AND deals > 0 ORDER BY game
"""


class Severity(StrEnum):
    """How a statement is shown."""

    BAD = "bad"
    """In red: do not read on before this."""
    WARN = "warn"
    PLAIN = "plain"


@dataclass(frozen=True, slots=True)
class Statement:
    """One statement of the headline."""

    sentence: str
    severity: Severity = Severity.PLAIN


@dataclass(frozen=True, slots=True)
class Standing:
    """An agent with a rank among those it can be compared with, in a rating set or a game."""

    agent: str
    rank: int
    rank_high: int
    """The worst rank that the tests leave possible."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Agents that are ranked together, the first by rank first, and which of them tie."""

    standings: Sequence[Standing]
    ties: Collection[frozenset[str]]
    """The pairs that the tests do not tell apart."""

    @property
    def names(self) -> list[str]:
        """The agents in order."""
        return [each.agent for each in self.standings]

    def tie(self, one: str, other: str) -> bool:
        """Return whether the tests do not tell two agents apart."""
        return frozenset((one, other)) in self.ties


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What the tests found."""

    agents: Sequence[str]
    rated: Sequence[Group] = ()
    """One group for each set of agents that matches link."""
    games: Sequence[str] = ()
    """The games behind the ratings."""
    unrated: Mapping[str, Group] = field(default_factory=dict)
    """The agents of each game that is ranked but not rated."""
    bots: Collection[str] = ()
    """The bots of the grid's suite; empty without a suite."""


def statements(found: Findings) -> list[Statement]:
    """Return the headline: who leads, who cannot be told apart, and what does not compare."""
    said = [*_own_agents(found), *_rated(found), *_unrated_games(found)]
    return [Statement(text) for text in said] or [Statement(_nothing(found), Severity.WARN)]


def fill_headline(connection: duckdb.DuckDBPyConnection) -> None:
    """Fill the table ``headlines`` once the ratings, comparisons and ranks are there."""
    rows = [
        (place, each.severity.value, each.sentence)
        for place, each in enumerate(statements(read(connection)), 1)
    ]
    insert(connection, "headlines", rows)


def read(connection: duckdb.DuckDBPyConnection) -> Findings:
    """Read what the tests found from a database."""
    ties = {
        frozenset((agent, rival))
        for agent, rival, verdict in connection.execute(_PAIRS).fetchall()
        if Verdict(verdict) is not Verdict.BETTER
    }
    sets = defaultdict(list)
    for agent, number, rank, rank_high in connection.execute(_BOARD).fetchall():
        sets[number].append(Standing(agent, rank, rank_high))
    agents = connection.execute("SELECT agent FROM agents ORDER BY agent").fetchall()
    bots = connection.execute("SELECT agent FROM ladder").fetchall()
    return Findings(
        agents=[agent for (agent,) in agents],
        rated=[Group(standings=each, ties=ties) for each in sets.values()],
        games=[game for (game,) in connection.execute(_RATED_GAMES).fetchall()],
        unrated=_read_unrated(connection),
        bots={bot for (bot,) in bots},
    )


def _read_unrated(connection: duckdb.DuckDBPyConnection) -> dict[str, Group]:
    """Return the games without ratings whose agents all compare with each other."""
    rows = defaultdict(list)
    for game, *row in connection.execute(_GAMES).fetchall():
        rows[game].append(row)
    return {
        game: Group(
            standings=[Standing(agent, rank, high) for agent, rank, high, *_ in standing],
            ties={
                frozenset((one, other))
                for one, *_, some in standing
                for other, *_, others in standing
                if one != other and set(_letters(some)) & set(_letters(others))
            },
        )
        for game, standing in rows.items()
        if len(standing) > 1 and all(among == len(standing) for *_, among, _ in standing)
    }


def _letters(group: str) -> list[str]:
    """Return the letters of a tied group, which stand side by side if each is a single one."""
    return group.split(",") if "," in group else list(group)


def _own_agents(found: Findings) -> Iterator[str]:
    """Yield where each of a suite grid's own agents stands among the suite's bots."""
    for group in found.rated if found.bots else ():
        bots = [name for name in group.names if name in found.bots]
        own = [name for name in group.names if name not in found.bots]
        for agent in own[:OWN] if bots else ():
            yield _among(agent, bots, group)


def _among(agent: str, bots: Sequence[str], group: Group) -> str:
    """Return which bots an agent is stronger than, weaker than and not told from."""
    names = group.names
    ties = [bot for bot in bots if group.tie(agent, bot)]
    apart = [bot for bot in bots if bot not in ties]
    weaker = [bot for bot in apart if names.index(bot) > names.index(agent)]
    stronger = [bot for bot in apart if names.index(bot) < names.index(agent)]
    parts = [
        f"{words} {_named(some)}"
        for words, some in (
            ("is stronger than", weaker),
            ("is weaker than", stronger),
            ("cannot be told from", ties),
        )
        if some
    ]
    return f"{agent} {_and(parts)}."


def _rated(found: Findings) -> Iterator[str]:
    """Yield what the ratings say, for each set of agents that matches link."""
    for group in found.rated:
        among = f"Among {_named(group.names)}: " if len(found.rated) > 1 else ""
        yield f"{among}{_standing(group)}."
    if len(found.rated) > 1:
        yield "No matches link these sets of agents, so agents of different sets do not compare."
    missing = set(found.agents) - {name for group in found.rated for name in group.names}
    if found.rated and missing:
        yield f"{_named(sorted(missing))}: no rated match counts, so there is no rating."
    if found.rated:
        games = f"{len(found.games)} games" if len(found.games) > 1 else _named(found.games)
        yield (
            f"This rests on ratings over {games}. Agents are told apart if p, adjusted for all "
            f"pairs, is below 0.05."
        )


def _standing(group: Group) -> str:
    """Return who leads, who cannot be told from it, who else ties and who comes last."""
    leader, *others = group.names
    ties = [name for name in others if group.tie(leader, name)]
    if _all_tie(group):
        return f"{_named(group.names)} cannot be told apart"
    if not ties:
        than = others[0] if len(others) == 1 else f"each of the other {len(others)}"
        parts = [f"{leader} leads: it is stronger than {than}"]
    else:
        parts = [f"{leader} leads; {_named(ties)} cannot be told from it"]
    rest = [name for name in others if name not in ties]
    groups = list(_cliques(rest, group))
    parts += [
        f"{_named(tied[:-1])} {'ties' if len(tied) == 2 else 'tie'} with {tied[-1]}"
        if len(tied) <= NAMED
        else f"{_named(tied)} tie"
        for tied in groups[:TIES]
    ]
    if len(groups) > TIES:
        parts.append("the possible ranks show further ties")
    last = group.standings[-1]
    if len(others) > 1 and not any(group.tie(last.agent, name) for name in group.names):
        parts.append(f"{last.agent} comes last")
    return "; ".join(parts)


def _all_tie(group: Group) -> bool:
    names = group.names
    return all(group.tie(one, other) for at, one in enumerate(names) for other in names[at + 1 :])


def _cliques(names: Sequence[str], group: Group) -> Iterator[list[str]]:
    """Yield groups of two or more agents, next to each other by rank, that all tie."""
    tied: list[str] = []
    for name in names:
        if all(group.tie(name, other) for other in tied):
            tied.append(name)
            continue
        if len(tied) > 1:
            yield tied
        tied = [name]
    if len(tied) > 1:
        yield tied


def _unrated_games(found: Findings) -> Iterator[str]:
    """Yield who leads in the games that the ratings leave out."""
    if len(found.unrated) <= NAMED:
        for game, group in found.unrated.items():
            yield f"In {game}, which is not rated: {_standing(group)}."
        return
    alone = defaultdict(list)
    for game, group in found.unrated.items():
        first = group.standings[0]
        alone[first.agent if first.rank_high == 1 else None].append(game)
    open_games = alone.pop(None, [])
    parts = [f"{agent} leads alone in {_named(games)}" for agent, games in alone.items()]
    if open_games:
        parts.append(f"no agent leads alone in {_named(open_games)}")
    yield f"In the {len(found.unrated)} games that are not rated: {'; '.join(parts)}."


def _nothing(found: Findings) -> str:
    if len(found.agents) == 1:
        return f"{found.agents[0]} is the only agent, so there is nothing to compare it with."
    return "Nothing is ranked: no deal counts yet, or the games are of a kind that ranks nobody."


def _named(names: Sequence[str]) -> str:
    """Return a list of names in words; after a few, the others are counted."""
    if len(names) <= NAMED:
        return _and(names)
    return f"{', '.join(names[: NAMED - 1])} and {len(names) - NAMED + 1} others"


def _and(parts: Sequence[str]) -> str:
    return parts[0] if len(parts) == 1 else f"{', '.join(parts[:-1])} and {parts[-1]}"
