"""Names of games: canonical, safe in paths, and refused with a clear message if unknown."""

import re

import pytest

from arena import SUITE
from gamegrid import games
from gamegrid.errors import UserError
from gamegrid.games import registry
from gamegrid.games.game import Oracle, Scoring

REFUSED = [
    "",
    "chequers_royal",
    "crossword",
    "efg_game(filename=kuhn.efg)",
    "colored_trails(boards_file=boards.txt)",
    "nfg_game",
    "tarok",
    "tictactoe",
    "TIC_TAC_TOE",
    "kuhn_poker(",
    "kuhn_poker(players=)",
    "kuhn_poker(players=1)",
    "kuhn_poker(players=11)",
    "kuhn_poker(players=2.0)",
    "kuhn_poker(players=true)",
    "kuhn_poker(seats=2)",
    "tic_tac_toe(rows=4)",
    "connect_four(rows=0)",
    "connect_four(columns=27)",
    "hex(board_size=1)",
    "hex(board_size=20)",
    "dark_hex(board_size=1)",
    "breakthrough(rows=2)",
    "breakthrough(columns=1)",
    "breakthrough(rows=27)",
    "dots_and_boxes(num_rows=0)",
    "dots_and_boxes(num_cols=9)",
    "dots_and_boxes(num_rows=1,num_cols=1)",
    "clobber(rows=1)",
    "clobber(columns=27)",
    "othello(board_size=6)",
    "nim(pile_sizes=5)",
    "nim(pile_sizes=5;6)",
    "nim(pile_sizes=0;3;4)",
    "nim(pile_sizes=-1;3;4)",
    "nim(pile_sizes=03;4;5)",
    "nim(pile_sizes=3;;4)",
    "nim(pile_sizes=33;33;34)",
    "nim(pile_sizes=a;b)",
    "liars_dice(dice_sides=1)",
    "liars_dice(dice_sides=21)",
    "pig(winscore=1)",
    "pig(winscore=1001)",
    "pig(horizon=1)",
    "pig(players=1)",
    "pig(players=11)",
    "goofspiel(num_cards=1)",
    "goofspiel(num_cards=14)",
    "goofspiel(players=4)",
    "goofspiel(points_order=sideways)",
    "misere",
    "misere(game=tic_tac_toe)",
    "misere(game=nosuch())",
    "misere(game=tic_tac_toe(rows=4))",
    "repeated_game",
    "repeated_game(num_repetitions=5)",
    "repeated_game(stage_game=matrix_pd())",
    "repeated_game(num_repetitions=5,stage_game=matrix_pd)",
    "repeated_game(num_repetitions=5,stage_game=nosuch())",
    "repeated_game(num_repetitions=5,stage_game=tic_tac_toe())",
    "repeated_game(num_repetitions=5,stage_game=blotto())",
    "repeated_game(num_repetitions=5,stage_game=prisoners_dilemma(reward=4))",
    "repeated_game(stage_game=prisoners_dilemma())",
    "repeated_game(num_repetitions=five,stage_game=prisoners_dilemma())",
    "repeated_game(num_repetitions=5,rounds=2,stage_game=prisoners_dilemma())",
    "prisoners_dilemma(reward=4)",
    "repeated_game(num_repetitions=1,stage_game=matrix_pd())",
    "repeated_game(num_repetitions=-1,stage_game=matrix_pd())",
    "repeated_game(num_repetitions=101,stage_game=matrix_pd())",
    "first_sealed_auction(players=1)",
    "first_sealed_auction(players=11)",
    "first_sealed_auction(max_value=1)",
    "first_sealed_auction(max_value=101)",
    "blackjack(decks=2)",
    "bargaining(max_turns=1)",
    "bargaining(max_turns=21)",
    "bargaining(instances_file=cases.txt)",
    "\0",
    "\ud800",
]


@pytest.mark.parametrize("name", REFUSED)
def test_an_unfit_name_is_refused_in_a_sentence_and_silently(
    name: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(UserError) as refusal:
        games.load(name)
    text = str(refusal.value)
    assert text.startswith(f"games: {name!r}")
    assert text.endswith(".")
    assert "\n" not in text
    assert capfd.readouterr() == ("", "")


def test_the_nearest_name_is_offered() -> None:
    with pytest.raises(UserError, match="Did you mean 'tic_tac_toe'"):
        games.load("tictactoe")
    with pytest.raises(UserError, match="Did you mean 'backgammon'"):
        games.load("bakgammon")
    with pytest.raises(UserError, match=r"cannot be loaded: Unknown game 'nosuch'\.$"):
        games.load("misere(game=nosuch())")


@pytest.mark.parametrize(
    ("written", "load_string", "name"),
    [
        ("kuhn_poker(players=2)", "kuhn_poker", "kuhn_poker"),
        ("kuhn_poker()", "kuhn_poker", "kuhn_poker"),
        ("kuhn_poker(players=3)", "kuhn_poker(players=3)", "kuhn_poker_3p"),
        ("kuhn_poker_3p", "kuhn_poker(players=3)", "kuhn_poker_3p"),
        (" connect_four ", "connect_four", "connect_four"),
        (
            "connect_four(rows=4, columns=4)",
            "connect_four(columns=4,rows=4)",
            "connect_four_4x4",
        ),
        ("connect_four(rows=6,columns=7,x_in_row=4)", "connect_four", "connect_four"),
        ("leduc_poker(suit_isomorphism=false)", "leduc_poker", "leduc_poker"),
        ("misere_tic_tac_toe", "misere(game=tic_tac_toe())", "misere_tic_tac_toe"),
        ("misere( game=tic_tac_toe() )", "misere(game=tic_tac_toe())", "misere_tic_tac_toe"),
        ("hex(board_size=4)", "hex(board_size=4)", "hex_4"),
        ("hex(board_size=11)", "hex", "hex"),
        ("nim(pile_sizes=1;3;5;7)", "nim", "nim"),
        ("prisoners_dilemma()", "prisoners_dilemma", "prisoners_dilemma"),
        ("rock_paper_scissors", "matrix_rps", "matrix_rps"),
        (
            "repeated_game(stage_game=prisoners_dilemma(),num_repetitions=10)",
            "repeated_game(num_repetitions=10,stage_game=prisoners_dilemma())",
            "repeated_prisoners_dilemma",
        ),
        ("liars_dice(dice_sides=6)", "liars_dice", "liars_dice"),
        (
            "repeated_game(stage_game=matrix_rps(),num_repetitions=10,recall=1)",
            "repeated_game(num_repetitions=10,stage_game=matrix_rps())",
            "repeated_rps",
        ),
    ],
)
def test_every_spelling_of_a_game_is_one_game(written: str, load_string: str, name: str) -> None:
    game = games.load(written)
    assert (game.load_string, game.name) == (load_string, name)


@pytest.mark.parametrize("name", [*SUITE, "connect_four(rows=5)", "kuhn_poker(players=10)"])
def test_the_canonical_load_string_and_the_name_lead_back_to_the_game(name: str) -> None:
    game = games.load(name)
    assert games.load(game.load_string).name == game.name
    assert re.fullmatch(r"[A-Za-z0-9_.-]+", game.name)
    assert "--" not in game.name
    if game.name in registry.aliases():
        assert games.load(game.name).load_string == game.load_string


def test_variants_share_a_family_and_a_game_around_another_has_its_family() -> None:
    assert games.load("hex_4").family == games.load("hex").family == "hex"
    assert games.load("misere_tic_tac_toe").family == games.load("tic_tac_toe").family


def test_a_game_that_cannot_be_loaded_bare_is_not_offered_bare() -> None:
    assert "misere" not in registry.aliases()


def test_an_alias_is_the_name_of_its_game_or_leads_to_it() -> None:
    second = {
        "stag_hunt": "matrix_sh",
        "chicken": "matrix_cd",
        "matching_pennies": "matrix_mp",
        "rock_paper_scissors": "matrix_rps",
    }
    for name in registry.aliases():
        assert games.load(name).name == second.get(name, name)


def test_names_of_variants_differ() -> None:
    names = [f"connect_four(rows={rows},columns=5)" for rows in range(4, 9)]
    assert len({games.load(name).name for name in names}) == len(names)


@pytest.mark.parametrize("name", SUITE)
def test_what_a_game_says_of_itself_agrees_with_openspiel(name: str) -> None:
    game = games.load(name)
    kind = game.spiel.get_type()
    assert game.players == game.spiel.num_players()
    assert game.chance == (kind.chance_mode.name != "DETERMINISTIC")
    assert game.hidden_information == (kind.information.name == "IMPERFECT_INFORMATION")
    assert game.sequential == (kind.dynamics.name == "SEQUENTIAL")
    perfect = kind.information.name == "PERFECT_INFORMATION"
    assert game.perfect_information == (perfect and game.sequential)
    assert game.family in registry.suite()
    assert game.rules() and game.title
    assert (game.scoring is Scoring.SOLO) == (game.players == 1)
    general = kind.utility.name == "GENERAL_SUM" and game.players > 1
    assert (game.scoring is Scoring.PAYOFF) == general
    # Amounts decide where amounts differ; returns of -1, 0 and 1 are losses, draws and wins.
    amounts = max(abs(game.spiel.min_utility()), abs(game.spiel.max_utility())) > 1
    assert (game.scoring is Scoring.MARGIN) == (amounts and game.scoring is not Scoring.PAYOFF)
    assert (game.oracle is Oracle.EQUILIBRIUM) <= (game.players == 2)
