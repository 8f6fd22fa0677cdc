"""The headline: true to the tests' verdicts, whoever leads, ties or was never met."""

from collections.abc import Callable, Sequence
from itertools import combinations
from pathlib import Path
from random import Random

import pytest

from gamegrid.store.grid_rows import LadderRow
from gamegrid.store.headline import Findings, Group, Severity, statements
from store_samples import agent, database, episode, money, pair, query


def group(names: str, *ties: str) -> Group:
    """Return agents in order of rank, one letter each, and the pairs that tie."""
    tied = {frozenset(each) for each in ties}
    return Group(
        names=list(names),
        better={pair for pair in combinations(names, 2) if frozenset(pair) not in tied},
    )


def told(*groups: Group, bots: str = "", missing: str = "", **others: Group) -> list[str]:
    """Return what is said of the results as a whole, with ``others`` in games without ratings."""
    agents = [name for each in (*groups, *others.values()) for name in each.names]
    found = Findings(
        agents=[*agents, *missing],
        rated=groups,
        games=["go", "hex"] if groups else [],
        other_games=others,
        bots=bots,
    )
    return [each.sentence for each in statements(found) if each.game is None]


def test_one_leader() -> None:
    assert told(group("abc"))[0] == (
        "a leads: it is stronger than each of the other 2; c comes last."
    )
    assert told(group("ab"))[0] == "a leads: it is stronger than b."


def test_several_leaders_and_ties_below() -> None:
    assert told(group("abcd", "ab", "cd"))[0] == (
        "a leads; b cannot be told from it; c and d tie with each other."
    )
    assert told(group("abcde", "ab", "ac"))[0] == (
        "a leads; b and c cannot be told from it; e comes last."
    )
    many = group("abcdefgh", *(f"a{other}" for other in "bcdefg"))
    assert told(many)[0] == "a leads; b, c, d and 3 others cannot be told from it; h comes last."
    assert told(group("abc", "ab", "ac", "bc"))[0] == "a, b and c cannot be told apart."
    assert told(group("ab", "ab"))[0] == "a and b cannot be told apart."


def test_verdicts_against_the_ranks_are_believed() -> None:
    """In games counted in amounts, ranks go by opponents beaten and verdicts by means."""
    assert told(Group(names="abc", better={("b", "a"), ("b", "c")}))[0] == (
        "b leads: it is stronger than each of the other 2; a and c tie with each other."
    )
    circle = Group(names="abc", better={("a", "b"), ("b", "c"), ("c", "a")})
    assert told(circle)[0] == "nobody leads: for each agent, another one is better."


def test_sets_that_no_match_links_are_kept_apart() -> None:
    said = told(group("ab"), group("cd", "cd"), missing="e")
    assert said[:4] == [
        "Among a and b: a leads: it is stronger than b.",
        "Among c and d: c and d cannot be told apart.",
        "No matches link these sets of agents, so agents of different sets do not compare.",
        "e: no rated match counts, so there is no rating.",
    ]


def test_in_a_suite_the_own_agents_come_first() -> None:
    said = told(group("abmcd", "mb"), bots="abcd")
    assert said[0] == "m is stronger than c and d, is weaker than a and cannot be told from b."


def test_games_without_ratings() -> None:
    poker = group("abc", "bc")
    assert told(kuhn=poker) == [
        "In kuhn, which is not rated: by mean differences on the same deals, a leads: it is "
        "stronger than each of the other 2; "
        "b and c tie with each other."
    ]
    assert told(chess=group("ab", "ab"), kuhn=group("ba", "ab")) == [
        "In chess and kuhn, which are not rated, no two agents can be told apart."
    ]
    half_open = group("bac", "ab")
    games = {"i": poker, "j": poker, "k": poker, "m": half_open, "n": group("ba")}
    assert told(group("ab"), **games)[-1] == (
        "In the 5 other games that are not rated: a leads alone in i, j and k; "
        "no agent leads alone in m; b leads alone in n."
    )


@pytest.mark.parametrize(("agents", "said"), [("a", "only agent"), ("ab", "Nothing is ranked")])
def test_nothing_to_say_is_said(agents: str, said: str) -> None:
    [only] = statements(Findings(agents=list(agents)))
    assert said in only.sentence
    assert only.severity is Severity.WARN


def random_group(luck: Random) -> Group:
    """Return verdicts that need agree neither with the ranks nor with each other."""
    names = [f"agent_{name}" for name in "abcdefghijklmnop"[: luck.randint(2, 16)]]
    share, against = luck.choice([0.0, 0.1, 0.5, 0.9, 1.0]), luck.choice([0.0, 0.0, 0.2, 0.5])
    better = set()
    for met in combinations(names, 2):
        if luck.random() >= share:
            better.add(met[::-1] if luck.random() < against else met)
    return Group(names=names, better=better)


def claims(sentence: str, names: Sequence[str]) -> list[str]:
    """Return the agents that a part of a sentence names, in order."""
    return [word for word in sentence.replace(",", " ").replace(":", " ").split() if word in names]


@pytest.mark.parametrize("seed", range(300))
def test_every_claim_is_a_verdict(seed: int) -> None:
    """Whatever the verdicts are: a named tie is one, and a sole leader beats everyone."""
    found = random_group(Random(seed))
    names, better = found.names, found.better
    leader = ""
    for part in told(found)[0].removesuffix(".").split("; "):
        named = claims(part, names)
        if "cannot be told apart" in part:
            assert not better
        elif "nobody leads" in part:
            assert {worse for _, worse in better} == set(names)
        elif "is stronger than" in part:
            assert {(named[0], other) for other in names if other != named[0]} <= set(better)
        elif part.endswith(" leads"):
            [leader] = named
            assert leader not in {worse for _, worse in better}
        elif "cannot be told from it" in part:
            ties = [other for other in names if other != leader and found.tie(leader, other)]
            assert named == ties[: len(named)]
            others = [int(word) for word in part.split() if word.isdigit()]
            assert len(named) + sum(others) == len(ties)
        elif "comes last" in part:
            assert {(other, named[0]) for other in names if other != named[0]} <= set(better)
        elif "tie" in part and "possible ranks" not in part:
            assert len(named) > 1
            assert all(found.tie(a, b) for a, b in combinations(named, 2))
        else:
            assert part == "the possible ranks show further ties"


# From databases


def deals(game: str, one: str, other: str, number: int, make: Callable[..., list]) -> list:
    return [each for deal in range(number) for each in make(game, one, other, deal, 1, deal % 2)]


def headline(path: Path) -> list[tuple[str, str]]:
    return query(path, "SELECT severity, sentence FROM headline WHERE game IS NULL ORDER BY place")


def test_the_database_holds_the_headline(tmp_path: Path) -> None:
    episodes = [
        *deals("tic_tac_toe", "a", "b", 30, pair),
        *deals("tic_tac_toe", "a", "c", 30, pair),
        *deals("kuhn_poker", "a", "b", 30, money),
    ]
    said = headline(database(tmp_path, episodes))
    assert [severity for severity, _ in said] == ["plain"] * len(said)
    first, *_, last = [sentence for _, sentence in said]
    assert first == "a leads: it is stronger than each of the other 2; b and c tie with each other."
    assert last == (
        "In kuhn_poker, which is not rated: by mean differences on the same deals, a leads: it is "
        "stronger than b."
    )
    assert any("d: no rated match counts" in sentence for _, sentence in said)


def test_ratings_are_told_where_dropped_deals_withhold_every_rank(tmp_path: Path) -> None:
    episodes = deals("tic_tac_toe", "a", "b", 3, pair)
    episodes += [episode("tic_tac_toe", "ab", 3, 0, status="error")]
    path = database(tmp_path, episodes)
    assert query(path, "SELECT count(rank) FROM per_game") == [(0,)]
    said = [sentence for _, sentence in headline(path)]
    assert said[0] == "a and b cannot be told apart."
    assert said[-1].startswith("This rests on ratings over tic_tac_toe.")


def test_every_ranked_game_has_a_sentence(tmp_path: Path) -> None:
    episodes = [
        *deals("tic_tac_toe", "a", "b", 30, pair),
        *deals("hex_4", "a", "b", 1, pair),
        *deals("hex_5", "a", "b", 30, pair),
        *deals("hex_5", "a", "c", 30, pair),
        *deals("hex_5", "b", "d", 30, pair),
    ]
    path = database(tmp_path, episodes)
    assert query(path, "SELECT game, sentence FROM headline WHERE game IS NOT NULL") == [
        ("hex_4", "a and b cannot be told apart."),
        (
            "hex_5",
            "The agents met different opponents: only those with the same opponents compare.",
        ),
        ("tic_tac_toe", "a leads: it is stronger than b."),
    ]


def test_a_suite_s_own_agent_is_placed_among_its_bots(tmp_path: Path) -> None:
    episodes = [
        *deals("tic_tac_toe", "a", "b", 30, pair),
        *deals("tic_tac_toe", "a", "c", 30, pair),
    ]
    ladder = [LadderRow(suite="s", agent=name) for name in "bc"]
    said = headline(database(tmp_path, episodes, ladder=ladder))
    assert said[0] == ("plain", "a is stronger than b and c.")


def test_an_empty_grid_says_that_nothing_is_ranked(tmp_path: Path) -> None:
    [(severity, sentence)] = headline(database(tmp_path, [], agents=[agent("a"), agent("b")]))
    assert (severity, sentence[:17]) == ("warn", "Nothing is ranked")
