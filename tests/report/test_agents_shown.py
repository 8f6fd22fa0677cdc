"""How agents are shown: by rating, each with a label, a colour and a shape of its own."""

import json
from contextlib import closing
from pathlib import Path
from random import Random

from gamegrid.report import agents_shown
from gamegrid.report.agents_shown import LONGEST, AgentShown, shown
from gamegrid.store.tables import connect
from store_samples import database, money, pair


def plain(*names: str) -> tuple[AgentShown, ...]:
    return shown([(name, None, "{}", False) for name in names]).agents


def test_the_order_is_that_of_the_ratings(tmp_path: Path) -> None:
    """c beats a, a beats b; d meets nobody."""
    episodes = [
        each
        for deal in range(6)
        for each in (
            *pair("tic_tac_toe", "c", "a", deal, 1, deal % 2),
            *pair("tic_tac_toe", "a", "b", deal, 1, deal % 2),
        )
    ]
    with closing(connect(database(tmp_path, episodes))) as connection:
        found = agents_shown.read(connection)
    assert [each.agent for each in found.agents] == ["c", "a", "b", "d"]
    rows = [{"agent": name, "rival": rival} for name in "abcde" for rival in "ab"]
    assert [(row["agent"], row["rival"]) for row in found.in_order(rows, "rival", "agent")] == [
        (agent, rival) for rival in "ab" for agent in "cabde"
    ]


def test_without_ratings_the_games_order_the_agents(tmp_path: Path) -> None:
    episodes = [each for deal in range(6) for each in money("kuhn_poker", "b", "a", deal, 1, 1)]
    with closing(connect(database(tmp_path, episodes))) as connection:
        assert [each.agent for each in agents_shown.read(connection).agents][:2] == ["b", "a"]


def test_many_agents_can_be_told_apart() -> None:
    """By colour and shape, and in grey by shape and dash."""
    agents = plain(*(f"agent{n}" for n in range(30)))
    assert len({(each.colour, each.shape) for each in agents}) == 30
    assert len({(each.shape, each.dash) for each in agents}) == 30


def test_labels_are_unique_and_short() -> None:
    for seed in range(100):
        luck = Random(seed)
        names = {"model_" * 5 + "".join(luck.choices("ab.", k=8)) for _ in range(30)}
        labels = [each.label for each in plain(*sorted(names))]
        assert len(set(labels)) == len(labels)
        assert max(map(len, labels)) <= LONGEST


def test_variants_of_a_sweep_are_called_by_what_differs() -> None:
    keys = json.dumps({"prompt": 1, "temperature": 1, "rethink": 1, "type": 1})
    names = [
        f"small.prompt_{prompt}.temperature_{temperature}.rethink_1"
        for prompt in ("default", "terse")
        for temperature in (0, 0.5)
    ]
    found = shown([*((name, "small", keys, False) for name in names), ("random", None, "{}", True)])
    assert [each.label for each in found.agents] == [
        "small: default, 0", "small: default, 0.5", "small: terse, 0", "small: terse, 0.5",
        "random",
    ]  # fmt: skip
    [one, two] = shown([(f"m.temperature_{n}", "m", keys, False) for n in (0, 1)]).agents
    assert (one.label, two.label) == ("m: temperature 0", "m: temperature 1")


def test_unknown_names_stay_as_they_are() -> None:
    found = shown([("a", None, "{}", True)])
    assert (found.label("b"), found.place("b")) == ("b", 1)
