"""Deals: each has its luck, the same for all seatings and matchups; no two are alike."""

import json
from collections import Counter
from collections.abc import Sequence

import pytest

from arena import bot, pig, play, play_one, setup
from gamegrid import games
from gamegrid.agents.agent import Agent, Decision, Turn
from gamegrid.games.game import Game, Joint
from gamegrid.luck import Place
from gamegrid.oracles.minimax import Minimax
from gamegrid.paths import WORKFLOW
from gamegrid.plan import plan, suites
from gamegrid.plan.deals import Tape, check_opening, opening
from gamegrid.records.record_types import EpisodeRecord

DEALS = 40
ORDERS = [
    (("random", "other"), 0),
    (("other", "random"), 1),
    (("random", "preference"), 0),
    (("preference", "random"), 1),
    (("preference", "preference"), 0),
]


def crew() -> dict[str, Agent]:
    """Return agents that play differently, so equal cards cannot result from equal play."""
    eager = bot("preference", prefer=["Bet", "Raise", "Call"])
    return {"random": bot("random"), "other": bot("random"), "preference": eager}


def cards(game: Game, episode: EpisodeRecord) -> list[int]:
    """Return the chance events of an episode, in order."""
    state, events = game.spiel.new_initial_state(), []
    for step in json.loads(episode.trajectory):
        if state.is_chance_node():
            events.append(step)
        state.apply_action(step)
    return events


@pytest.mark.parametrize("name", ["kuhn_poker", "leduc_poker"])
def test_a_deal_has_the_same_cards_in_every_seating_and_matchup(name: str) -> None:
    game = games.load(name)
    hands = []
    for deal in range(DEALS):
        setups = [setup(game, seats, deal=deal, seating=r) for seats, r in ORDERS]
        dealt = [cards(game, episode) for episode in play(setups, crew())]
        longest = max(dealt, key=len)
        # A hand that ends early has seen fewer of the deal's cards, but no others.
        assert all(events == longest[: len(events)] for events in dealt)
        hands.append(tuple(longest))
    assert len(set(hands)) > DEALS / 8


def test_cards_are_dealt_as_often_as_chance_has_it(kuhn_poker: Game) -> None:
    deals = 3000
    setups = [setup(kuhn_poker, ("random", "other"), deal=deal) for deal in range(deals)]
    dealt = Counter(tuple(cards(kuhn_poker, episode)) for episode in play(setups, crew()))
    # Six equally likely hands; four standard errors of a share of 1/6.
    allowed = 4 * (deals * (1 / 6) * (5 / 6)) ** 0.5
    assert len(dealt) == 6
    assert all(abs(count - deals / 6) < allowed for count in dealt.values())


def test_another_seed_deals_other_cards(kuhn_poker: Game) -> None:
    def hands(seed: int) -> list[list[int]]:
        setups = [
            setup(kuhn_poker, ("random", "other"), deal=deal, seed=seed) for deal in range(DEALS)
        ]
        return [cards(kuhn_poker, episode) for episode in play(setups, crew())]

    assert hands(1) == hands(1) != hands(2)


@pytest.mark.parametrize("name", ["tic_tac_toe", "connect_four", "connect_four_4x4"])
@pytest.mark.parametrize("plies", [0, 1, 2, 5])
def test_an_opening_is_undecided_and_of_the_wanted_length(name: str, plies: int) -> None:
    game, minimax = games.load(name), Minimax()
    openings = [opening(game, 1, deal, plies, minimax) for deal in range(DEALS)]
    for moves in openings:
        assert len(moves) == plies
        assert not game.replay(moves).is_terminal()
    afresh = Minimax()
    assert openings == [opening(game, 1, deal, plies, afresh) for deal in range(DEALS)]
    if plies:
        assert len({tuple(map(str, moves)) for moves in openings}) > 2


@pytest.mark.parametrize("plies", [1, 2, 3, 4, 5, 6, 7, 8])
def test_an_opening_of_tic_tac_toe_keeps_the_value_of_the_game(
    tic_tac_toe: Game, plies: int
) -> None:
    minimax = Minimax()
    for deal in range(DEALS):
        moves = opening(tic_tac_toe, 1, deal, plies, minimax)
        # Tic-tac-toe is a draw under best play, and so is every opening of it.
        assert minimax.value(tic_tac_toe.replay(moves)) == 0.0


def test_an_opening_longer_than_the_game_is_refused(tic_tac_toe: Game) -> None:
    with pytest.raises(ValueError, match="no undecided opening of 9 plies"):
        opening(tic_tac_toe, 1, 0, 9, Minimax())


@pytest.mark.parametrize(
    ("name", "longest"),
    [("tic_tac_toe", 8), ("hex(board_size=2)", 2), ("nim(pile_sizes=1;1;1)", 2),
     ("nim(pile_sizes=1;1;2)", 3), ("connect_four(rows=2,columns=2,x_in_row=2)", 2)],
)  # fmt: skip
def test_an_opening_is_refused_before_a_run_exactly_if_there_is_none(
    name: str, longest: int
) -> None:
    game = games.load(name)
    for plies in range(longest + 1):
        check_opening(game, 1, plies)
        opening(game, 1, 0, plies, Minimax())
    for check in (
        lambda: check_opening(game, 1, longest + 1),
        lambda: opening(game, 1, 0, longest + 1, Minimax()),
    ):
        with pytest.raises(ValueError, match="no undecided opening"):
            check()


def test_the_openings_of_a_suite_are_checked_without_searching_its_games(
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    def search(self: Minimax, state: object) -> float:
        raise AssertionError("a game was searched")

    suite = suites.read("core-v1", WORKFLOW)
    monkeypatch.setattr(Minimax, "value", search)
    assert plan.make(suite.grid, WORKFLOW).grid.cells


@pytest.mark.parametrize("name", ["kuhn_poker", "leduc_poker", "matrix_rps"])
def test_chance_and_simultaneous_games_have_no_opening(name: str) -> None:
    assert opening(games.load(name), 1, 0, 4, Minimax()) == []


@pytest.mark.parametrize("name", ["tic_tac_toe", "connect_four"])
def test_an_episode_begins_with_its_opening_whoever_plays(name: str) -> None:
    game, minimax = games.load(name), Minimax()
    for deal in range(5):
        first = opening(game, 1, deal, game.opening_plies, minimax)
        setups = [
            setup(game, seats, deal=deal, seating=r, opening=tuple(first)) for seats, r in ORDERS
        ]
        for episode in play(setups, crew()):
            trajectory = json.loads(episode.trajectory)
            assert trajectory[: len(first)] == first
            assert episode.plies == len(trajectory) - len(first) == len(episode.decisions)


# Dice


class Roller:
    """Rolls a fixed number of times per turn (a test double)."""

    def __init__(self, rolls: int):
        self.rolls = rolls
        self.rolled = 0

    def sit(self, place: Place) -> "Roller":
        return Roller(self.rolls)

    async def decide(self, turn: Turn) -> Decision:
        roll = self.rolled < self.rolls and "Roll" in turn.labels
        self.rolled = self.rolled + 1 if roll else 0
        return Decision(action=turn.legal[turn.labels.index("Roll" if roll else "Stop")])


def rolls(game: Game, trajectory: Sequence[Joint]) -> tuple[list[int], list[int]]:
    """Return the dice of each seat, in order."""
    state, mover = game.spiel.new_initial_state(), -1
    met: tuple[list[int], list[int]] = ([], [])
    for step in trajectory:
        assert isinstance(step, int)
        if state.is_chance_node():
            met[mover].append(step)
        else:
            mover = state.current_player()
        state.apply_action(step)
    return met


def test_the_same_dice_reach_the_same_mover_however_the_other_plays() -> None:
    game = pig(2)
    crew = {f"{n} rolls": Roller(n) for n in (1, 2, 5)}
    for deal in range(20):
        setups = [setup(game, (a, b), deal=deal) for a in crew for b in crew]
        met = [rolls(game, json.loads(e.trajectory)) for e in play(setups, crew)]
        for seat in (0, 1):
            longest = max((dice[seat] for dice in met), key=len)
            assert all(dice[seat] == longest[: len(dice[seat])] for dice in met)
    assert len(set(longest)) > 1


def test_the_dice_of_two_seats_and_of_two_deals_differ() -> None:
    game = pig(2)
    sequences = []
    for deal in range(5):
        one = setup(game, ("a", "b"), deal=deal)
        episode = play_one(one, {"a": Roller(1), "b": Roller(1)})
        sequences += [tuple(dice[:5]) for dice in rolls(game, json.loads(episode.trajectory))]
    assert len(set(sequences)) == len(sequences)


def test_a_tape_names_no_matchup_and_no_seating(kuhn_poker: Game) -> None:
    state = kuhn_poker.spiel.new_initial_state()
    assert Tape(kuhn_poker, 1, 3).resolve(state, None) == Tape(kuhn_poker, 1, 3).resolve(state, 1)
