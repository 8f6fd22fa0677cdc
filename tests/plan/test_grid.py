"""The grid: who meets whom, in which seats and jobs, under names that never change."""

import re
from collections.abc import Mapping
from itertools import combinations, permutations
from math import factorial
from typing import Any

import pytest

from gamegrid.config import load
from gamegrid.errors import UserError
from gamegrid.plan import grid
from gamegrid.plan.grid import Grid, Matchup
from gamegrid.records.blocks import parse_block

BOTS = ("ada", "bob", "cy", "dee")


def random_agents(*names: str) -> dict[str, Any]:
    return {name: {"type": "random"} for name in names}


def build(**config: Any) -> Grid:
    usual: dict[str, Any] = {"games": ["tic_tac_toe"], "agents": random_agents(*BOTS)}
    return grid.build(load.read(usual | config))


def names(found: Grid, game: str) -> list[str]:
    return [cell.matchup.name for cell in found.cells if cell.game.name == game]


def refusal(**config: Any) -> str:
    """Return the error for a configuration: one or two sentences in one line."""
    with pytest.raises(UserError) as refused:
        build(**config)
    text = str(refused.value)
    assert "\n" not in text
    assert text.endswith(".")
    told = re.sub(r" Did you mean '[^']*'\?", "", text)
    assert len(re.findall(r"\. [A-Z]", told)) <= 2
    return text


# Matchups


def test_round_robin_is_every_pair_once() -> None:
    expected = ["--".join(pair) for pair in combinations(BOTS, 2)]
    assert names(build(), "tic_tac_toe") == expected


def test_round_robin_of_three_seats_is_every_three() -> None:
    found = build(games=["kuhn_poker_3p"])
    assert names(found, "kuhn_poker_3p") == ["--".join(three) for three in combinations(BOTS, 3)]


def test_mirrors_add_self_play() -> None:
    found = names(build(self_play=True), "tic_tac_toe")
    assert len(found) == len(set(found)) == 6 + 4
    assert {f"{name}--{name}" for name in BOTS} <= set(found)
    found = names(build(self_play=True, games=["kuhn_poker_3p"]), "kuhn_poker_3p")
    assert len(found) == 4 + 4 and "ada--ada--ada" in found


def test_each_meets_every_opponent_and_copies_fill_further_seats() -> None:
    schedule = {"each": ["ada", "bob"], "against": ["cy", "dee"]}
    found = build(schedule=schedule, games=["tic_tac_toe", "kuhn_poker_3p"])
    assert names(found, "tic_tac_toe") == ["ada--cy", "ada--dee", "bob--cy", "bob--dee"]
    assert names(found, "kuhn_poker_3p") == [
        "ada--cy--cy", "ada--dee--dee", "bob--cy--cy", "bob--dee--dee",
    ]  # fmt: skip


def test_each_against_itself_is_a_mirror() -> None:
    schedule = {"each": ["ada", "bob"], "against": ["ada", "bob"]}
    assert names(build(schedule=schedule), "tic_tac_toe") == ["ada--bob"]
    mirrored = names(build(schedule=schedule, self_play=True), "tic_tac_toe")
    assert mirrored == ["ada--ada", "ada--bob", "bob--bob"]


def test_explicit_matchups_go_to_the_games_of_their_number_of_seats() -> None:
    matchups = [["bob", "ada"], ["cy", "cy"], ["dee", "ada", "dee"], ["ada", "bob"]]
    found = build(
        schedule={"matchups": matchups}, games=["tic_tac_toe", "kuhn_poker_3p", "kuhn_poker"]
    )
    for game in ("tic_tac_toe", "kuhn_poker"):
        assert names(found, game) == ["ada--bob", "cy--cy"]
    assert names(found, "kuhn_poker_3p") == ["ada--dee--dee"]


# Seatings


@pytest.mark.parametrize("seats", [1, 2, 3])
def test_all_orders_are_played_of_up_to_three_seats(seats: int) -> None:
    agents = BOTS[:seats]
    seatings = Matchup.of(agents).seatings("all")
    assert seatings == list(permutations(agents))
    assert len(seatings) == factorial(seats)


@pytest.mark.parametrize("which", ["all", "rotations"])
@pytest.mark.parametrize("seats", [1, 2, 3, 4, 5, 7])
def test_every_seating_seats_every_agent_once(seats: int, which: str) -> None:
    agents = [f"a{n}" for n in range(seats)]
    seatings = Matchup.of(agents).seatings(which)
    assert seatings[0] == tuple(agents)
    assert len(set(seatings)) == len(seatings)
    for seated in seatings:
        assert sorted(seated) == agents
    # Every agent sits in every seat equally often.
    for seat in range(seats):
        in_seat = [seated[seat] for seated in seatings]
        assert {in_seat.count(agent) for agent in agents} == {len(seatings) // seats}


@pytest.mark.parametrize("seats", [2, 3, 4, 6])
def test_rotations_keep_the_order_around_the_table(seats: int) -> None:
    agents = [f"a{n}" for n in range(seats)]
    seatings = Matchup.of(agents).seatings("rotations")
    assert len(seatings) == seats
    assert {seated * 2 for seated in seatings} == {
        tuple(agents[r:] + agents[:r]) * 2 for r in range(seats)
    }
    if seats > 3:
        assert Matchup.of(agents).seatings("all") == seatings


@pytest.mark.parametrize(
    ("agents", "count"), [("aa", 1), ("aab", 3), ("aaa", 1), ("aaab", 4), ("abab", 4), ("aabb", 4)]
)
def test_equal_assignments_are_played_once(agents: str, count: int) -> None:
    seatings = Matchup.of(agents).seatings("all")
    assert len(seatings) == len(set(seatings)) == count


# Names and blocks


def test_names_do_not_depend_on_the_order_of_agents_or_games() -> None:
    def paths(agents: Mapping[str, Any], games: list[str]) -> set[str]:
        return {
            chunk.path
            for chunk in build(agents=agents, games=games).chunks(lambda _: range(10), lambda _: 4)
        }

    forwards = paths(random_agents(*BOTS), ["tic_tac_toe", "kuhn_poker_3p"])
    backwards = paths(random_agents(*BOTS[::-1]), ["kuhn_poker(players=3)", "tic_tac_toe"])
    assert forwards == backwards
    assert all(re.fullmatch(r"[A-Za-z0-9_./-]+", path) for path in forwards)


def test_a_matchup_is_one_whatever_the_order() -> None:
    assert Matchup.of(["b", "a"]) == Matchup.of(["a", "b"])
    assert Matchup.of(["b", "a", "b"]).name == "a--b--b"


def test_a_further_agent_renames_nothing() -> None:
    few = set(names(build(agents=random_agents(*BOTS[:3])), "tic_tac_toe"))
    assert few < set(names(build(), "tic_tac_toe"))


@pytest.mark.parametrize("deals", [1, 4, 5, 10, 11, 100])
@pytest.mark.parametrize("size", [1, 3, 5, 1000])
def test_blocks_cover_every_deal_once_and_are_aligned(deals: int, size: int) -> None:
    found = build(agents=random_agents("ada", "bob"))
    chunks = found.chunks(lambda _: range(deals), lambda _: size)
    covered = [deal for chunk in chunks for deal in range(chunk.start, chunk.stop)]
    assert covered == list(range(deals))
    assert all(chunk.start % size == 0 for chunk in chunks)
    assert all(chunk.stop - chunk.start == size for chunk in chunks[:-1])
    assert all(parse_block(chunk.block) == (chunk.start, chunk.stop) for chunk in chunks)
    assert len({chunk.path for chunk in chunks}) == len(chunks)


def test_a_grown_grid_keeps_its_full_blocks() -> None:
    found = build(agents=random_agents("ada", "bob"))

    def blocks(deals: int) -> list[str]:
        return [chunk.block for chunk in found.chunks(lambda _: range(deals), lambda _: 4)]

    assert blocks(10) == ["00000-00003", "00004-00007", "00008-00009"]
    assert blocks(15) == ["00000-00003", "00004-00007", "00008-00011", "00012-00014"]
    [chunk, *_] = found.chunks(lambda _: range(10), lambda _: 4)
    assert chunk.path == "tic_tac_toe/ada--bob/00000-00003"


def test_the_size_of_a_block_is_the_cells_own() -> None:
    found = build(games=["tic_tac_toe", "kuhn_poker"], agents=random_agents("ada", "bob"))
    chunks = found.chunks(
        lambda _: range(10), lambda cell: 2 if cell.game.name == "kuhn_poker" else 10
    )
    assert [chunk.cell.game.name for chunk in chunks] == ["tic_tac_toe"] + ["kuhn_poker"] * 5


# Who sits out


def test_an_agent_that_cannot_play_sits_out_with_the_reason() -> None:
    agents = random_agents("ada", "bob") | {
        "mcts": {"type": "mcts", "simulations": 10},
        "ismcts": {"type": "ismcts", "simulations": 10},
        "best": {"type": "optimal"},
        "shy": {"type": "random", "games": ["kuhn_poker"]},
    }
    found = build(games=["connect_four", "kuhn_poker"], agents=agents)
    absent = {(a.agent, a.game.name): a.reason for a in found.absences}
    assert absent == {
        ("mcts", "kuhn_poker"): "mcts needs perfect information",
        ("ismcts", "connect_four"): "ismcts needs hidden information and moves in turn",
        ("best", "connect_four"): "no exact oracle or equilibrium",
        ("shy", "connect_four"): "games: leaves it out",
    }
    assert names(found, "connect_four") == ["ada--bob", "ada--mcts", "bob--mcts"]
    assert len(names(found, "kuhn_poker")) == len(list(combinations(range(5), 2)))


def test_an_agents_games_may_be_spelled_as_load_strings() -> None:
    agents = random_agents("ada", "bob") | {
        "cy": {"type": "random", "games": ["kuhn_poker(players=3)"]}
    }
    found = build(games=["tic_tac_toe", "kuhn_poker_3p"], agents=agents)
    assert names(found, "kuhn_poker_3p") == ["ada--bob--cy"]
    assert names(found, "tic_tac_toe") == ["ada--bob"]


def test_an_explicit_matchup_leaves_out_games_its_agents_leave_out() -> None:
    agents = random_agents("ada") | {"shy": {"type": "random", "games": ["kuhn_poker"]}}
    schedule = {"matchups": [["ada", "shy"], ["ada", "ada"]]}
    found = build(games=["tic_tac_toe", "kuhn_poker"], agents=agents, schedule=schedule)
    assert names(found, "tic_tac_toe") == ["ada--ada"]
    assert names(found, "kuhn_poker") == ["ada--shy", "ada--ada"]


def test_absent_agents_sit_out_of_each_and_against() -> None:
    agents = random_agents("ada") | {"best": {"type": "optimal"}}
    schedule = {"each": ["ada", "best"], "against": ["ada", "best"]}
    found = build(
        games=["tic_tac_toe", "connect_four"], agents=agents, schedule=schedule, self_play=True
    )
    assert names(found, "connect_four") == ["ada--ada"]
    assert names(found, "tic_tac_toe") == ["ada--ada", "ada--best", "best--best"]


# Refusals


@pytest.mark.parametrize(
    "schedule",
    [
        {"each": ["ada"], "against": ["bpb"]},
        {"each": ["bpb"], "against": ["ada"]},
        {"matchups": [["ada", "bob"], ["ada", "bpb"]]},
    ],
)
def test_an_unknown_agent_is_refused_with_the_nearest_one(schedule: object) -> None:
    text = refusal(schedule=schedule)
    assert text.startswith("config: schedule: the agent 'bpb' is unknown. Did you mean 'bob'?")
    assert "ada, bob, cy, dee" in text


@pytest.mark.parametrize("matchup", [["ada"], ["ada", "bob", "cy"], []])
def test_a_matchup_that_fits_no_game_is_refused(matchup: list[str]) -> None:
    text = refusal(schedule={"matchups": [["ada", "bob"], matchup]})
    assert f"the matchup [{', '.join(matchup)}] fits no game" in text
    assert "tic_tac_toe: 2" in text


def test_an_agent_that_cannot_play_its_matchup_is_refused() -> None:
    agents = random_agents("ada") | {"mcts": {"type": "mcts", "simulations": 10}}
    schedule = {"matchups": [["ada", "mcts"]]}
    text = refusal(games=["tic_tac_toe", "kuhn_poker"], agents=agents, schedule=schedule)
    assert "[ada, mcts]" in text and "kuhn_poker" in text and "perfect information" in text
    agents["mcts"]["games"] = ["tic_tac_toe"]
    schedule["matchups"].append(["ada", "ada"])
    found = build(games=["tic_tac_toe", "kuhn_poker"], agents=agents, schedule=schedule)
    assert names(found, "kuhn_poker") == ["ada--ada"]


def test_names_too_long_for_a_folder_are_refused() -> None:
    agents = random_agents(*(f"a{n}{'x' * 30}" for n in range(10)))
    text = refusal(games=["kuhn_poker(players=10)"], agents=agents)
    assert text.startswith("config: agents: the 10 agents of a matchup of kuhn_poker(players=10)")
    assert "338 characters together" in text


def test_fewer_agents_than_seats_are_refused() -> None:
    text = refusal(games=["kuhn_poker_3p"], agents=random_agents("ada", "bob"))
    assert "kuhn_poker(players=3) has 3 seats and no matchup" in text
    assert "ada, bob can play it" in text
    agents = {"best": {"type": "optimal"}, "ada": {"type": "random"}}
    text = refusal(games=["tic_tac_toe", "connect_four"], agents=agents)
    assert "connect_four has 2 seats" in text and "ada can play" in text


@pytest.mark.parametrize("again", ["kuhn_poker", "kuhn_poker(players=2)", " kuhn_poker"])
def test_a_game_named_twice_is_refused_however_it_is_spelled(again: str) -> None:
    text = refusal(games=["kuhn_poker", again])
    assert text == f"config: games: {again!r} names kuhn_poker a second time."


@pytest.mark.parametrize(
    "game", ["crossword", "tic_tac_to", "kuhn_poker(players=1)", "kuhn_poker(x=1)"]
)
def test_an_unknown_game_is_refused(game: str) -> None:
    assert repr(game) in refusal(games=[game])
    agents = {"ada": {"type": "random", "games": [game]}, "bob": {"type": "random"}}
    assert repr(game) in refusal(agents=agents)


def test_an_agents_game_that_is_not_in_the_grid_is_refused() -> None:
    agents = random_agents("ada", "bob") | {"cy": {"type": "random", "games": ["leduc_poker"]}}
    text = refusal(agents=agents)
    assert text.startswith("config: agents.cy.games: 'leduc_poker' is not among the grid's games")
