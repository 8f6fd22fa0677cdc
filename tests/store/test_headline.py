"""The headline: true to the tests' verdicts, whoever leads, ties or was never met."""

from collections.abc import Callable, Sequence
from itertools import combinations
from pathlib import Path
from random import Random

import numpy as np
import pytest

from gamegrid.stats.ranks import possible_ranks
from gamegrid.store.grid_rows import LadderRow
from gamegrid.store.headline import Findings, Group, Severity, Standing, statements
from store_samples import agent, database, money, pair, query


def group(names: str, *ties: str) -> Group:
    """Return agents in order of rank, one letter each, and the pairs that tie."""
    tied = {frozenset(each) for each in ties}
    above = np.array(
        [
            [at < to and frozenset((one, other)) not in tied for to, other in enumerate(names)]
            for at, one in enumerate(names)
        ]
    )
    ranks = possible_ranks(above, ~np.eye(len(names), dtype=bool))
    return Group(
        standings=[
            Standing(name, at, each.high)
            for at, (name, each) in enumerate(zip(names, ranks, strict=True), 1)
        ],
        ties=tied,
    )


def told(*groups: Group, bots: str = "", missing: str = "", **others: Group) -> list[str]:
    """Return what is said of the results as a whole, with ``others`` in games without ratings."""
    agents = [name for each in (*groups, *others.values()) for name in each.names]
    found = Findings(
        agents=[*agents, *missing],
        rated=groups,
        rated_games={"go": None, "hex": None} if groups else {},
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
        "a leads; b cannot be told from it; c ties with d."
    )
    assert told(group("abcde", "ab", "ac"))[0] == (
        "a leads; b and c cannot be told from it; e comes last."
    )
    many = group("abcdefgh", *(f"a{other}" for other in "bcdefg"))
    assert told(many)[0] == "a leads; b, c, d and 3 others cannot be told from it; h comes last."
    assert told(group("abc", "ab", "ac", "bc"))[0] == "a, b and c cannot be told apart."
    assert told(group("ab", "ab"))[0] == "a and b cannot be told apart."


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
        "In kuhn, which is not rated: a leads: it is stronger than each of the other 2; "
        "b ties with c."
    ]
    open_game = group("ba", "ab")
    assert told(group("ab"), j=poker, k=poker, l=poker, m=open_game, n=group("ba"))[-1] == (
        "In the 5 games that are not rated: a leads alone in j, k and l; b leads alone in n; "
        "no agent leads alone in m."
    )


@pytest.mark.parametrize(("agents", "said"), [("a", "only agent"), ("ab", "Nothing is ranked")])
def test_nothing_to_say_is_said(agents: str, said: str) -> None:
    [only] = statements(Findings(agents=list(agents)))
    assert said in only.sentence
    assert only.severity is Severity.WARN


def random_group(luck: Random) -> Group:
    names = "abcdefghijklmnop"[: luck.randint(2, 16)]
    share = luck.choice([0.0, 0.1, 0.5, 0.9, 1.0])
    return group(names, *(a + b for a, b in combinations(names, 2) if luck.random() < share))


def claims(sentence: str, names: Sequence[str]) -> list[str]:
    """Return the agents that a part of a sentence names, in order."""
    return [word for word in sentence.replace(",", " ").split() if word in names]


@pytest.mark.parametrize("seed", range(200))
def test_every_claim_is_a_verdict(seed: int) -> None:
    """Whatever the verdicts are: a named tie is one, and a sole leader beats everyone."""
    found = random_group(Random(seed))
    names = [f"agent_{name}" for name in found.names]
    renamed = Group(
        standings=[
            Standing(f"agent_{one.agent}", one.rank, one.rank_high) for one in found.standings
        ],
        ties={frozenset(f"agent_{name}" for name in tie) for tie in found.ties},
    )
    sentence = told(renamed)[0].removesuffix(".")
    leader = names[0]
    for part in sentence.split("; "):
        named = claims(part, names)
        if "cannot be told apart" in part:
            everyone = all(renamed.tie(a, b) for a, b in combinations(names, 2))
            assert everyone
        elif "is stronger than" in part:
            assert not any(renamed.tie(leader, name) for name in names[1:])
        elif part == f"{leader} leads":
            assert any(renamed.tie(leader, name) for name in names[1:])
        elif "cannot be told from it" in part:
            count = sum(renamed.tie(leader, name) for name in names[1:])
            assert all(renamed.tie(leader, name) for name in named)
            others = [int(word) for word in part.split() if word.isdigit()]
            assert len(named) + sum(others) == count
        elif "tie" in part and "possible ranks" not in part:
            assert all(renamed.tie(a, b) for a, b in combinations(named, 2))
            assert len(named) > 1
        elif "comes last" in part:
            assert named == [names[-1]]
            assert not any(renamed.tie(names[-1], name) for name in names[:-1])
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
    assert first == "a leads: it is stronger than each of the other 2; b ties with c."
    assert last == "In kuhn_poker, which is not rated: a leads: it is stronger than b."
    assert any("d: no rated match counts" in sentence for _, sentence in said)


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
