"""What the results say in a few sentences, made from the verdicts of the tests alone.

``statements`` turns standings and verdicts into sentences, ``fill_headline`` puts them into the
database, and ``stored`` reads them there. Terminal and page show them first, in this order.
"""

from collections import defaultdict
from collections.abc import Collection, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from typing import Any

import duckdb

from gamegrid.stats.paired import Verdict
from gamegrid.store import conduct_statements
from gamegrid.store.statistics import insert

NAMED = 4
"""How many agents or games a sentence names before it counts the others."""
OWN = 3
"""How many of a suite grid's own agents get a sentence each."""
TIES = 2
"""How many groups of agents that tie the headline names."""

_BOARD = """
    SELECT agent, rating_set, rank, rank_high FROM leaderboard WHERE rating IS NOT NULL
    ORDER BY rating_set, rank, agent
"""
_PROVISIONAL = "SELECT agent FROM provisional_over_games"
_PAIRS = "SELECT agent, rival, verdict FROM rating_differences"
_GAMES = """
    SELECT game, unrated_reason IS NULL, agent, rank, rank_high, ranked_among, tied_group
    FROM per_game
    WHERE rank IS NOT NULL AND tied_group IS NOT NULL
    ORDER BY game, rank, agent
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
    game: str | None = None
    """The one game that it is about; None for the results as a whole."""


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
    rated_games: Mapping[str, Group | None] = field(default_factory=dict)
    """The agents of each game behind the ratings; None if they met different opponents there."""
    other_games: Mapping[str, Group | None] = field(default_factory=dict)
    """The agents of each game that is ranked but not rated, likewise."""
    bots: Collection[str] = ()
    """The bots of the grid's suite; empty without a suite."""
    provisional: Collection[str] = ()
    """The models that have no rating because their results are provisional."""


def statements(found: Findings) -> list[Statement]:
    """Return the headline: who leads, who cannot be told apart, and what does not compare.

    The statements about single games follow those about the results as a whole.
    """
    said = [*_own_agents(found), *_rated(found), *_other_games(found)]
    whole = [Statement(text) for text in said] or [Statement(_nothing(found), Severity.WARN)]
    games = sorted({**found.rated_games, **found.other_games}.items())
    return whole + [Statement(_in_game(group), game=game) for game, group in games]


def fill_headline(connection: duckdb.DuckDBPyConnection) -> None:
    """Fill the table ``headlines`` once the ratings, comparisons and ranks are there."""
    rows = [
        (place, each.game, each.severity.value, each.sentence)
        for place, each in enumerate([*_failures(connection), *statements(read(connection))], 1)
    ]
    insert(connection, "headlines", rows)


def _failures(connection: duckdb.DuckDBPyConnection) -> Iterator[Statement]:
    """Yield what is said before any rank: models whose moves are not their own."""
    for each in conduct_statements.statements(conduct_statements.read_conduct(connection)):
        yield Statement(each.text, Severity.BAD if each.bad else Severity.WARN)


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
    games = _read_games(connection)
    return Findings(
        agents=[agent for (agent,) in agents],
        rated=[Group(standings=each, ties=ties) for each in sets.values()],
        rated_games=games[True],
        other_games=games[False],
        bots={bot for (bot,) in bots},
        provisional={agent for (agent,) in connection.execute(_PROVISIONAL).fetchall()},
    )


def stored(connection: duckdb.DuckDBPyConnection) -> list[Statement]:
    """Return the headline that a database holds."""
    rows = connection.execute("SELECT sentence, severity, game FROM headline").fetchall()
    return [Statement(sentence, Severity(severity), game) for sentence, severity, game in rows]


def _read_games(
    connection: duckdb.DuckDBPyConnection,
) -> dict[bool, dict[str, Group | None]]:
    """Return the ranked agents of each game, by whether the game is rated."""
    rows = defaultdict(list)
    for game, rated, *row in connection.execute(_GAMES).fetchall():
        rows[game, rated].append(row)
    games: dict[bool, dict[str, Group | None]] = {True: {}, False: {}}
    for (game, rated), standing in rows.items():
        together = all(among == len(standing) for _, _, _, among, _ in standing)
        games[rated][game] = _group(standing) if together else None
    return games


def _group(rows: Sequence[Sequence[Any]]) -> Group:
    """Return the agents of a game, each given as name, rank, worst rank, number and letters."""
    return Group(
        standings=[Standing(agent, rank, high) for agent, rank, high, _, _ in rows],
        ties={
            frozenset((one, other))
            for one, *_, some in rows
            for other, *_, others in rows
            if one != other and set(_letters(some)) & set(_letters(others))
        },
    )


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
    missing -= set(found.provisional)
    if found.rated and missing:
        yield f"{_named(sorted(missing))}: no rated match counts, so there is no rating."
    if found.rated:
        number = len(found.rated_games)
        # A game whose dropped deals may decide its ranks is not among rated_games.
        games = _named(list(found.rated_games)) if number == 1 else f"{number or 'the'} games"
        yield (
            f"This rests on ratings over {games}. Agents are told apart if p, adjusted for all "
            f"pairs, is below 0.05."
        )


def _standing(group: Group) -> str:
    """Return who leads, who cannot be told from it, who else ties and who comes last."""
    leader, *others = group.names
    ties = [name for name in others if group.tie(leader, name)]
    if _all_tie(group):
        number = len(group.names)
        whole = _and(group.names) if number <= NAMED else f"the {number} agents"
        return f"{whole} cannot be told apart"
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


def _other_games(found: Findings) -> Iterator[str]:
    """Yield who leads in the games that the ratings leave out."""
    ranked = {game: group for game, group in found.other_games.items() if group is not None}
    ranked = {game: group for game, group in ranked.items() if len(group.standings) > 1}
    if len(ranked) <= NAMED:
        for game, group in ranked.items():
            yield f"In {game}, which is not rated: {_standing(group)}."
        return
    alone = defaultdict(list)
    for game, group in ranked.items():
        first = group.standings[0]
        alone[first.agent if first.rank_high == 1 else None].append(game)
    open_games = alone.pop(None, [])
    parts = [f"{agent} leads alone in {_named(games)}" for agent, games in alone.items()]
    if open_games:
        parts.append(f"no agent leads alone in {_named(open_games)}")
    yield f"In the {len(ranked)} games that are not rated: {'; '.join(parts)}."


def _in_game(group: Group | None) -> str:
    """Return what one game's tests say."""
    if group is None:
        return "The agents met different opponents: only those with the same opponents compare."
    if len(group.standings) == 1:
        return f"Only {group.names[0]} has deals that count."
    return f"{_standing(group)}."


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
