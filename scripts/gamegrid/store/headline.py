"""What the results say in a few sentences, made from the verdicts of the tests alone.

``statements`` turns standings and verdicts into sentences, ``fill_headline`` puts them into the
database, and ``stored`` reads them there. Terminal and page show them first, in this order.
"""

from collections import defaultdict
from collections.abc import Collection, Iterable, Iterator, Mapping, Sequence
from dataclasses import dataclass, field
from enum import StrEnum
from itertools import combinations

import duckdb

from gamegrid.records.duckdb_files import insert
from gamegrid.stats.verdict import Verdict
from gamegrid.store import conduct_statements

NAMED = 4
"""How many agents or games a sentence names before it counts the others."""
OWN = 3
"""How many of a suite grid's own agents get a sentence each."""
TIES = 2
"""How many groups of agents that tie the headline names."""

_BOARD = """
    SELECT agent, rating_set FROM leaderboard WHERE rating IS NOT NULL
    ORDER BY rating_set, rank, agent
"""
_PROVISIONAL = "SELECT agent FROM provisional_over_games"
_PAIRS = "SELECT agent, rival, verdict FROM rating_differences"
_GAMES = """
    SELECT game, unrated_reason IS NULL, agent, ranked_among
    FROM per_game
    WHERE rank IS NOT NULL
    ORDER BY game, rank, agent
"""
_RATED_GAMES = """
    SELECT DISTINCT game FROM per_game WHERE unrated_reason IS NULL AND deals > 0 ORDER BY game
"""
_BY_MEANS = "by mean differences on the same deals,"
_VERDICTS = "SELECT game, agent, rival, verdict FROM paired WHERE game IS NOT NULL"


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


@dataclass(frozen=True, slots=True, kw_only=True)
class Group:
    """Agents that are compared with each other: those of a rating set, or those of a game."""

    names: Sequence[str]
    """In order of rank, the best first."""
    better: Collection[tuple[str, str]]
    """The pairs that the tests tell apart, the better agent first."""

    def above(self, one: str, other: str) -> bool:
        """Return whether the tests say that one agent is better than another."""
        return (one, other) in self.better

    def tie(self, one: str, other: str) -> bool:
        """Return whether the tests do not tell two agents apart."""
        return not self.above(one, other) and not self.above(other, one)

    @property
    def leader(self) -> str | None:
        """The first agent that none is better than; None if there is no such agent."""
        for name in self.names:
            if not any(self.above(other, name) for other in self.names):
                return name
        return None

    @property
    def all_tie(self) -> bool:
        """Whether the tests tell no two agents apart."""
        return all(self.tie(one, other) for one, other in combinations(self.names, 2))


@dataclass(frozen=True, slots=True, kw_only=True)
class Findings:
    """What the tests found."""

    agents: Sequence[str]
    rated: Sequence[Group] = ()
    """One group for each set of agents that matches link."""
    games: Sequence[str] = ()
    """The games behind the ratings."""
    rated_games: Mapping[str, Group | None] = field(default_factory=dict)
    """The agents of each of them that has ranks; None if they met different opponents there."""
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
    games = [(game, _in_game(group)) for game, group in found.rated_games.items()]
    games += [(game, _by_means(group)) for game, group in found.other_games.items()]
    return whole + [Statement(text, game=game) for game, text in sorted(games)]


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
    better = _better(connection.execute(_PAIRS).fetchall())
    sets = defaultdict(list)
    for agent, number in connection.execute(_BOARD).fetchall():
        sets[number].append(agent)
    agents = connection.execute("SELECT agent FROM agents ORDER BY agent").fetchall()
    bots = connection.execute("SELECT agent FROM ladder").fetchall()
    games = _read_games(connection)
    return Findings(
        agents=[agent for (agent,) in agents],
        rated=[Group(names=names, better=better) for names in sets.values()],
        games=[game for (game,) in connection.execute(_RATED_GAMES).fetchall()],
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
    verdicts = defaultdict(list)
    for game, *pair in connection.execute(_VERDICTS).fetchall():
        verdicts[game].append(pair)
    rows = defaultdict(list)
    for game, rated, agent, among in connection.execute(_GAMES).fetchall():
        rows[game, rated].append((agent, among))
    games: dict[bool, dict[str, Group | None]] = {True: {}, False: {}}
    for (game, rated), ranked in rows.items():
        together = all(among == len(ranked) for _, among in ranked)
        names = [agent for agent, _ in ranked]
        games[rated][game] = (
            Group(names=names, better=_better(verdicts[game])) if together else None
        )
    return games


def _better(pairs: Iterable[Sequence[str]]) -> set[tuple[str, str]]:
    """Return the pairs that are told apart, the better first, from agent, rival and verdict."""
    found = set()
    for agent, rival, verdict in pairs:
        if verdict == Verdict.BETTER:
            found.add((agent, rival))
        elif verdict == Verdict.WORSE:
            found.add((rival, agent))
    return found


def _own_agents(found: Findings) -> Iterator[str]:
    """Yield where each of a suite grid's own agents stands among the suite's bots."""
    for group in found.rated if found.bots else ():
        bots = [name for name in group.names if name in found.bots]
        own = [name for name in group.names if name not in found.bots]
        for agent in own[:OWN] if bots else ():
            yield _among(agent, bots, group)


def _among(agent: str, bots: Sequence[str], group: Group) -> str:
    """Return which bots an agent is stronger than, weaker than and not told from."""
    parts = [
        f"{words} {_named(some)}"
        for words, some in (
            ("is stronger than", [bot for bot in bots if group.above(agent, bot)]),
            ("is weaker than", [bot for bot in bots if group.above(bot, agent)]),
            ("cannot be told from", [bot for bot in bots if group.tie(agent, bot)]),
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
        number = len(found.games)
        games = found.games[0] if number == 1 else f"{number} games"
        yield (
            f"This rests on ratings over {games}. Agents are told apart if p, adjusted for all "
            f"pairs, is below 0.05."
        )


def _standing(group: Group) -> str:
    """Return who leads, who cannot be told from it, who else ties and who comes last."""
    leader, number = group.leader, len(group.names)
    if group.all_tie:
        whole = _and(group.names) if number <= NAMED else f"the {number} agents"
        return f"{whole} cannot be told apart"
    if leader is None:
        return "nobody leads: for each agent, another one is better"
    others = [name for name in group.names if name != leader]
    ties = [name for name in others if group.tie(leader, name)]
    if ties:
        parts = [f"{leader} leads; {_named(ties)} cannot be told from it"]
    else:
        than = others[0] if len(others) == 1 else f"each of the other {len(others)}"
        parts = [f"{leader} leads: it is stronger than {than}"]
    groups = list(_cliques([name for name in others if name not in ties], group))
    parts += [f"{_named(tied)} tie with each other" for tied in groups[:TIES]]
    if len(groups) > TIES:
        parts.append("the possible ranks show further ties")
    last = group.names[-1]
    if len(others) > 1 and all(group.above(name, last) for name in group.names[:-1]):
        parts.append(f"{last} comes last")
    return "; ".join(parts)


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
    ranked = {
        game: group
        for game, group in found.other_games.items()
        if group is not None and len(group.names) > 1
    }
    told = {game: group for game, group in ranked.items() if not group.all_tie}
    if len(told) <= NAMED:
        for game, group in told.items():
            yield (f"In {game}, which is not rated: {_BY_MEANS} {_standing(group)}.")
    else:
        yield f"In the {len(told)} other games that are not rated: {_leaders(told)}."
    if open_games := [game for game in ranked if game not in told]:
        are = "is" if len(open_games) == 1 else "are"
        yield f"In {_named(open_games)}, which {are} not rated, no two agents can be told apart."


def _leaders(games: Mapping[str, Group]) -> str:
    """Return who leads alone in which games, and in which games nobody does."""
    alone = defaultdict(list)
    for game, group in games.items():
        leader = group.leader
        sole = leader and all(group.above(leader, name) for name in group.names if name != leader)
        alone[leader if sole else "no agent"].append(game)
    return "; ".join(f"{agent} leads alone in {_named(names)}" for agent, names in alone.items())


def _in_game(group: Group | None) -> str:
    """Return what one game's tests say."""
    if group is None:
        return "The agents met different opponents: only those with the same opponents compare."
    if len(group.names) == 1:
        return f"Only {group.names[0]} has deals that count."
    return f"{_standing(group)}."


def _by_means(group: Group | None) -> str:
    """Return what the tests say of a game whose ranks may follow another number than the means."""
    compared = group is not None and len(group.names) > 1
    return (
        f"{_BY_MEANS[:1].upper()}{_BY_MEANS[1:]} {_in_game(group)}" if compared else _in_game(group)
    )


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
