"""Tags come from a fixed vocabulary and are true for the parameters at hand."""

import pytest

from arena import SUITE, random_decisions
from gamegrid import games
from gamegrid.agents.agent import kinds
from gamegrid.games import registry
from gamegrid.games.game import SHORT_PLIES, Tag
from gamegrid.plan.grid import unsupported_reason

FACTS = {
    Tag.PERFECT_INFORMATION,
    Tag.HIDDEN_INFORMATION,
    Tag.SIMULTANEOUS,
    Tag.CHANCE,
    Tag.MULTIPLAYER,
    Tag.SOLO,
    Tag.PAYOFF,
    Tag.DILEMMA,
    Tag.ONE_SHOT,
    Tag.SOLVED,
    Tag.SHORT,
}
BOARDS = (
    "tic_tac_toe",
    "misere_tic_tac_toe",
    "connect_four",
    "connect_four_4x4",
    "hex",
    "hex_4",
    "hex_5",
    "breakthrough_5x4",
    "breakthrough_6x6",
    "dots_and_boxes",
    "othello",
    "clobber",
)


@pytest.mark.parametrize("name", registry.aliases())
def test_every_alias_has_tags_of_the_vocabulary_each_once(name: str) -> None:
    tags = games.load(name).tags
    assert tags
    assert all(isinstance(tag, Tag) for tag in tags)
    assert len(set(tags)) == len(tags)
    assert not FACTS & set(games.load(name).themes)


@pytest.mark.parametrize("name", SUITE)
def test_tags_are_true_of_the_game(name: str) -> None:
    game = games.load(name)
    tags = set(game.tags)
    kind = game.spiel.get_type()
    assert (Tag.CHANCE in tags) == (kind.chance_mode.name != "DETERMINISTIC")
    assert (Tag.HIDDEN_INFORMATION in tags) == (kind.information.name == "IMPERFECT_INFORMATION")
    assert (Tag.MULTIPLAYER in tags) == (game.spiel.num_players() > 2)
    assert (Tag.SOLO in tags) == (game.spiel.num_players() == 1)
    general = kind.utility.name == "GENERAL_SUM" and Tag.SOLO not in tags
    assert (Tag.PAYOFF in tags) == general
    moved = [state.is_simultaneous_node() for _, state in random_decisions(game, 1)]
    assert set(moved) == {Tag.SIMULTANEOUS in tags}
    assert (Tag.ONE_SHOT in tags) == (moved == [True])
    assert not (len(moved) > SHORT_PLIES and Tag.SHORT in tags)
    # The optimal agent plays exactly the solved games.
    optimal = kinds()["optimal"]
    sits = unsupported_reason(optimal.settings(type="optimal"), game) is None
    assert sits == (Tag.SOLVED in tags)


@pytest.mark.parametrize("name", BOARDS)
def test_the_board_games_say_so_and_what_decides_them(name: str) -> None:
    themes = set(games.load(name).themes)
    assert Tag.BOARD in themes and len(themes) > 1


def test_tags_follow_the_parameters_of_a_variant() -> None:
    assert {Tag.SOLVED, Tag.SHORT} <= set(games.load("connect_four_4x4").tags)
    assert not {Tag.SOLVED, Tag.SHORT} & set(games.load("connect_four").tags)
    assert Tag.MULTIPLAYER in games.load("pig(players=3)").tags


@pytest.mark.parametrize(
    ("name", "words"),
    [
        ("prisoners_dilemma", "simultaneous payoff dilemma one_shot short payoff_table"),
        ("repeated_prisoners_dilemma", "simultaneous payoff dilemma short repeated"),
        ("matrix_rps", "simultaneous one_shot solved short payoff_table"),
        ("repeated_rps", "simultaneous short repeated"),
        ("bargaining_5", "hidden_information chance payoff short negotiation"),
        ("first_sealed_auction_3p", "hidden_information chance multiplayer payoff short betting"),
        ("blackjack", "hidden_information chance solo short cards"),
        ("kuhn_poker_3p", "hidden_information chance multiplayer short cards betting"),
        ("liars_dice_4", "hidden_information chance solved short dice betting"),
        ("goofspiel", "simultaneous chance short cards betting"),
    ],
)
def test_games_of_payoffs_and_of_hidden_things_say_what_they_are(name: str, words: str) -> None:
    assert [tag.value for tag in games.load(name).tags] == words.split()
