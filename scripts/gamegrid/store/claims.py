"""What can be claimed of two agents, in two sentences made from the tables ``paired`` and others.

Every number is the tables' own. Only the money is added up here, from the costs of the decisions.
"""

from dataclasses import dataclass, replace

import duckdb

from gamegrid.errors import UserError, nearest
from gamegrid.stats.anytime import FIRST_LOOK, MOST_DEALS, deals_to_decide
from gamegrid.stats.intervals import Interval, Reason
from gamegrid.stats.verdict import Verdict

_PAIRED = """
    SELECT
        game, coalesce(scoring, 'win_loss'), paired.agent, paired.rival, role, deals, difference,
        verdict, reason, adjusted_low, adjusted_high, p_adjusted, m, look,
        anytime_low, anytime_high, deals_needed
    FROM paired
    LEFT JOIN games USING (game)
    LEFT JOIN (SELECT game, agent, rival, deals_needed FROM further_deals) AS more
        USING (game, agent, rival)
    WHERE list_sort([paired.agent, paired.rival]) = list_sort([$agent, $rival])
    ORDER BY game NULLS FIRST
"""
_PLANNED = """
    SELECT game, agent, rival FROM preregistration WHERE role = 'primary'
    ORDER BY game NULLS FIRST, agent, rival
"""
_SPENT = """
    SELECT
        sum(cost_usd),
        count(*) FILTER (WHERE cost_usd IS NULL),
        count(*)
    FROM decisions JOIN episodes USING (episode_id) JOIN agents USING (agent)
    JOIN (
        SELECT DISTINCT game, matchup
        FROM line_ups JOIN matchups USING (game, matchup)
        WHERE agent IN ($agent, $rival) AND NOT self_play
    ) USING (game, matchup)
    JOIN games USING (game)
    WHERE hosted AND attempts > 0 AND episodes.status <> 'error'
        AND CASE WHEN $game IS NULL THEN scoring = 'win_loss' ELSE game = $game END
"""

UNITS = {"win_loss": "of score", "margin": "of strict return", "solo": "of return"}
"""What a difference is counted in, by scoring."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Pair:
    """What the tables say of an agent and a rival: columns of ``paired`` and ``further_deals``."""

    game: str | None
    scoring: str
    agent: str
    rival: str
    role: str | None
    deals: int
    difference: float | None
    verdict: Verdict | None
    reason: str | None
    low: float | None
    """Ends of the interval behind the verdict."""
    high: float | None
    p: float | None
    """Adjusted for the ``m`` pairs that are tested together."""
    m: int
    look: int | None
    anytime: Interval | None
    deals_needed: int | None

    def of(self, agent: str) -> "Pair":
        """Return the pair as seen from ``agent``, who is one of the two."""
        if agent == self.agent:
            return self
        return replace(
            self,
            agent=self.rival,
            rival=self.agent,
            difference=None if self.difference is None else -self.difference,
            verdict=_turned(self.verdict),
            low=None if self.high is None else -self.high,
            high=None if self.low is None else -self.low,
            anytime=self.anytime and Interval(-self.anytime.high, -self.anytime.low),
        )

    @property
    def where(self) -> str:
        """Where the two are compared, in words."""
        return f"in {self.game}" if self.game else "over all win_loss games"

    @property
    def needed(self) -> int | None:
        """The deals that settle it, all in all; None if it is settled or they are out of reach."""
        if self.game is not None or self.anytime is None or self.difference is None:
            return self.deals_needed
        return deals_to_decide(self.anytime, self.difference, self.deals)


@dataclass(frozen=True, slots=True)
class Cost:
    """What one more deal costs in replies of hosted models, as its deals cost so far."""

    usd: float | None
    """None if a price or a number of tokens is unknown."""
    bought: bool
    """Whether hosted models play at all."""


def compare(
    connection: duckdb.DuckDBPyConnection, agent: str, rival: str, game: str | None = None
) -> list[str]:
    """Return two sentences for each comparison of two agents: the claim, and what settles it.

    Without ``game``, the comparison is that over all win_loss games, or else those in single games.
    Raises UserError if the two cannot be compared.
    """
    _check(connection, agent, rival, game)
    found = [each.of(agent) for each in _pairs(connection, agent, rival)]
    if game is not None:
        found = [each for each in found if each.game == game]
    elif any(each.game is None for each in found):
        found = [each for each in found if each.game is None]
    if not any(each.deals for each in found):
        raise UserError(
            f"{agent} and {rival} have no deals in common{f' in {game}' if game else ''}: agents "
            f"are compared in games where both met the same opponents, and payoff games rank "
            f"nobody. Play them in one schedule, such as round_robin. What they did against each "
            f"other is in the table head_to_head."
        )
    provisional = all(each.reason == Reason.PROVISIONAL for each in found)
    if provisional:
        raise UserError(
            f"{' or '.join(_provisional(connection, agent, rival))}: the results are provisional, "
            f"so there is nothing to claim. The table own_moves says why."
        )
    return [_sentences(connection, each) for each in found]


def preregistered(connection: duckdb.DuckDBPyConnection) -> list[str]:
    """Return the same two sentences for each primary question, or why there is no answer."""
    said = []
    for game, agent, rival in connection.execute(_PLANNED).fetchall():
        pairs = [each for each in _pairs(connection, agent, rival) if each.game == game]
        said += [_sentences(connection, each.of(agent)) for each in pairs]
        if not pairs:
            where = f"in {game}" if game else "over all win_loss games"
            said.append(f"{agent} and {rival} {where}: not compared, no deal counts for both.")
    return said


def _check(connection: duckdb.DuckDBPyConnection, agent: str, rival: str, game: str | None) -> None:
    """Raise UserError for names that the results do not hold."""
    agents = [name for (name,) in connection.execute("SELECT agent FROM agents").fetchall()]
    games = [name for (name,) in connection.execute("SELECT game FROM games").fetchall()]
    asked = [("agent", name, agents) for name in (agent, rival)]
    if game is not None:
        asked.append(("game", game, games))
    for kind, name, known in asked:
        if name not in known:
            raise UserError(
                f"no {kind} of these results is called {name!r}.{nearest(name, known)} "
                f"Known: {', '.join(sorted(known))}."
            )
    if agent == rival:
        raise UserError(f"{agent} cannot be compared with itself: name two agents.")


def _pairs(connection: duckdb.DuckDBPyConnection, agent: str, rival: str) -> list[Pair]:
    rows = connection.execute(_PAIRED, {"agent": agent, "rival": rival}).fetchall()
    return [_pair(*row) for row in rows]


def _pair(
    game: str | None, scoring: str, agent: str, rival: str, role: str | None, deals: int,
    difference: float | None, verdict: str | None, reason: str | None, low: float | None,
    high: float | None, p: float | None, m: int, look: int | None, anytime_low: float | None,
    anytime_high: float | None, deals_needed: int | None,
) -> Pair:  # fmt: skip
    anytime = None
    if anytime_low is not None and anytime_high is not None:
        anytime = Interval(anytime_low, anytime_high)
    return Pair(
        game=game,
        scoring=scoring,
        agent=agent,
        rival=rival,
        role=role,
        deals=deals,
        difference=difference,
        verdict=Verdict(verdict) if verdict else None,
        reason=reason,
        low=low,
        high=high,
        p=p,
        m=m,
        look=look,
        anytime=anytime,
        deals_needed=deals_needed,
    )


def _turned(verdict: Verdict | None) -> Verdict | None:
    turned = {Verdict.BETTER: Verdict.WORSE, Verdict.WORSE: Verdict.BETTER}
    return verdict and turned.get(verdict, verdict)


def _provisional(connection: duckdb.DuckDBPyConnection, agent: str, rival: str) -> list[str]:
    rows = connection.execute(
        "SELECT DISTINCT agent FROM own_moves WHERE standing = 'provisional' ORDER BY agent"
    ).fetchall()
    return [name for (name,) in rows if name in (agent, rival)]


def _sentences(connection: duckdb.DuckDBPyConnection, pair: Pair) -> str:
    """Return the two sentences about a pair."""
    return f"{claim(pair)} {settled(pair, _cost(connection, pair))}"


def claim(pair: Pair) -> str:
    """Return what the test says: difference, interval and verdict."""
    two = f"{pair.agent} and {pair.rival}"
    match pair.verdict:
        case Verdict.BETTER | Verdict.WORSE:
            head = f"{pair.agent} is {pair.verdict} than {pair.rival} {pair.where}"
        case Verdict.NOT_TOLD_APART:
            head = f"{two} are not told apart {pair.where}"
        case Verdict.EQUAL:
            head = f"{two} are equal {pair.where}"
        case None:
            head = f"Nothing can be said of {two} {pair.where}"
    return f"{head}: {_difference(pair)}."


def _difference(pair: Pair) -> str:
    over = f"over {_counted(pair.deals, 'deal')}"
    if pair.difference is None:
        return f"no difference is known ({pair.reason})"
    found = f"a difference of {pair.difference:+.3f} {UNITS[pair.scoring]} {over}"
    if pair.p is None:
        return f"{found} ({pair.reason})"
    return (
        f"{found}, {_ends(pair)}, p {pair.p:.2g} (both adjusted for "
        f"{_counted(pair.m, 'pair')} by Holm's method)"
    )


def _ends(pair: Pair) -> str:
    low = "-∞" if pair.low is None else f"{pair.low:+.3f}"
    high = "∞" if pair.high is None else f"{pair.high:+.3f}"
    return f"interval {low} to {high}"


def settled(pair: Pair, cost: Cost) -> str:
    """Return whether the claim can be made, or the deals and the money that would settle it."""
    match pair.verdict:
        case Verdict.BETTER | Verdict.WORSE | Verdict.EQUAL:
            return _claimable(pair)
        case None if pair.reason == Reason.PROVISIONAL:
            return "You cannot claim anything: a model's results are provisional (own_moves)."
        case _:
            return f"You cannot claim a difference; {_to_settle(pair, cost)}."


def _claimable(pair: Pair) -> str:
    planned = "" if pair.role != "exploratory" else ", as exploratory: it was not preregistered"
    if pair.p is None:
        return f"You can claim this for these games and settings{planned}: luck cannot move it."
    if pair.look is None or pair.look < 2:
        return f"You can claim this for these games and settings{planned}."
    if pair.anytime is not None and not pair.anytime.covers(0.0):
        return (
            f"You can claim this for these games and settings{planned}, after {pair.look} looks "
            f"too: the interval for any number of looks is {pair.anytime.low:+.3f} to "
            f"{pair.anytime.high:+.3f}."
        )
    return (
        f"You can claim this only if the number of deals was fixed before the first of "
        f"{pair.look} looks{planned}."
    )


def _to_settle(pair: Pair, cost: Cost) -> str:
    if pair.anytime is not None and not pair.anytime.covers(0.0):
        return (
            f"the interval of this pair alone, {pair.anytime.low:+.3f} to {pair.anytime.high:+.3f} "
            f"at any number of looks, leaves 0 out, so new deals with this pair preregistered "
            f"would settle it"
        )
    if not pair.deals:
        return "play deals that both are in"
    if pair.anytime is None:
        # further_deals names this number of deals, too: there is no forecast before it.
        return (
            f"{_counted(pair.deals, 'deal')} {'is' if pair.deals == 1 else 'are'} too few to say "
            f"how many would settle it: play {FIRST_LOOK} in every game, then compare again"
        )
    needed = pair.needed
    if needed is None:
        return f"if the difference is what it seems, {MOST_DEALS:,} deals would not settle it"
    more = max(0, needed - pair.deals)
    return (
        f"at the difference and variance seen, about {needed:,} deals in all settle it, "
        f"{more:,} more than now, for {_money(more, cost)}"
    )


def _money(deals: int, cost: Cost) -> str:
    if not cost.bought:
        return "no money: no hosted model plays"
    if cost.usd is None:
        return "an unknown price: the grid states no price for every model"
    return f"about {deals * cost.usd:,.2f} USD"


def _cost(connection: duckdb.DuckDBPyConnection, pair: Pair) -> Cost:
    """Return what a deal of the pair cost, with all its opponents and seatings."""
    names = {"agent": pair.agent, "rival": pair.rival, "game": pair.game}
    [(usd, unknown, bought)] = connection.execute(_SPENT, names).fetchall()
    if not bought:
        return Cost(0.0, bought=False)
    return Cost(None if unknown or not pair.deals else usd / pair.deals, bought=True)


def _counted(number: int, what: str) -> str:
    return f"{number:,} {what}{'' if number == 1 else 's'}"
