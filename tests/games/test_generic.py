"""Games in OpenSpiel's own words: all playable ones load, others are refused with a reason."""

import json
from collections.abc import Iterable

import pyspiel
import pytest

from arena import Point, bot, every_decision, movers, play_one, random_decisions, setup
from gamegrid import games
from gamegrid.agents.agent import kinds
from gamegrid.backends.backend import FinishReason
from gamegrid.errors import UserError
from gamegrid.games import generic, registry
from gamegrid.games.game import Game, Scoring
from gamegrid.games.labels import normalise
from gamegrid.prompts.parser import parse
from gamegrid.records.record_types import EpisodeStatus

KINDS = {kind.short_name: kind for kind in pyspiel.registered_games()}
PLIES = 30
AROUND = (
    "misere(game=chess())",
    "misere(game=kuhn_poker())",
    "start_at(game=tic_tac_toe(),history=4;0)",
    "turn_based_simultaneous_game(game=oshi_zumo(coins=4))",
    "zerosum(game=matrix_pd())",
    "hex(board_size=5,swap=true)",
    "universal_poker(blind=100 50)",
)
SMALL = (
    "coordinated_mp",
    "tiny_hanabi",
    "lewis_signaling",
    "trade_comm(num_items=2)",
    "misere(game=kuhn_poker())",
    "liars_dice(bidding_rule=reset-quantity,dice_sides=3)",
    "sheriff(max_bribe=1,max_items=1,num_rounds=2)",
    "turn_based_simultaneous_game(game=goofspiel(num_cards=3,imp_info=true))",
)


def offered(name: str) -> Game | None:
    try:
        return games.load(name)
    except UserError:
        return None


def loads(name: str) -> bool:
    try:
        with registry.quiet_stderr():
            pyspiel.load_game(name)
    except (pyspiel.SpielError, IndexError):
        return False
    return True


def playable() -> list[str]:
    """Return the games expected to be playable, judging by OpenSpiel's properties."""
    kind = pyspiel.GameType
    return [
        name
        for name, one in KINDS.items()
        if loads(name)
        and one.dynamics != kind.Dynamics.MEAN_FIELD
        and one.chance_mode != kind.ChanceMode.SAMPLED_STOCHASTIC
        and name != "crossword"  # has positions without legal actions, which no property reveals
    ]


def test_exactly_the_games_that_can_be_told_and_replayed_are_offered() -> None:
    assert [name for name in KINDS if offered(name)] == playable()


@pytest.mark.parametrize("name", sorted(set(KINDS) - set(playable())))
def test_a_game_that_cannot_be_played_in_words_is_refused_with_the_reason(
    name: str, capfd: pytest.CaptureFixture[str]
) -> None:
    with pytest.raises(UserError) as refusal:
        games.load(name)
    text = str(refusal.value)
    assert text.startswith(f"games: {name!r}") and text.endswith(".") and "\n" not in text
    assert capfd.readouterr() == ("", "")


@pytest.mark.parametrize("name", [*playable(), *AROUND])
def test_random_agents_play_every_game_and_the_searches_what_they_accept(name: str) -> None:
    game = games.load(name)
    for kind, plies in (("random", PLIES), ("mcts", 1), ("ismcts", 1)):
        settings = {} if kind == "random" else {"simulations": 2}
        declared = kinds()[kind]
        if declared.unsupported_reason(declared.settings(type=kind, **settings), game):
            continue
        crew = {kind: bot(kind, **settings)}
        played = play_one(setup(game, [kind] * game.players, max_plies=plies), crew)
        assert played.status in (EpisodeStatus.COMPLETE, EpisodeStatus.TRUNCATED), played.error
        assert played.decisions
        again = game.replay(json.loads(played.trajectory))
        if played.status is EpisodeStatus.COMPLETE:
            returns = [seat.return_ for seat in played.seats]
            assert list(again.returns()) == returns
            if game.scoring is Scoring.WIN_LOSS:
                assert set(returns) <= {-1, 0, 1}


@pytest.mark.parametrize("name", [*playable(), *AROUND])
def test_labels_are_printable_and_told_apart_by_the_parser(name: str) -> None:
    game = games.load(name)
    points = (point for _, point in zip(range(20), random_decisions(game, 1), strict=False))
    for _, state in points:
        for seat in movers(state):
            shown = game.labels(state, seat)
            forms = [normalise(label) for label in shown]
            assert len(set(forms)) == len(shown) == len(state.legal_actions(seat))
            assert all(form and not form.isnumeric() for form in forms)
            for label in shown[:3]:
                assert label.isprintable()
                assert parse(json.dumps({"action": label}), FinishReason.STOP, shown).label == label


def test_moves_that_read_alike_are_numbered() -> None:
    game = games.load("antichess")
    state = game.spiel.new_initial_state("4k3/8/8/8/8/2n5/1P1B4/4K3 w - - 0 1")
    shown = game.labels(state, state.current_player())
    assert sorted(label[:4] for label in shown if label.endswith(")")) == ["Bxc3", "bxc3"]
    assert len({normalise(label) for label in shown}) == len(shown)
    for action, label in zip(state.legal_actions(), shown, strict=True):
        assert game.label(state, state.current_player(), action) == label


def same_for_what_is_known(game: Game, points: Iterable[Point]) -> int:
    """Assert that equal information states get equal texts; return how often one recurred."""
    told: dict[tuple[int, str, str], tuple[str, ...]] = {}
    met = 0
    for number, (history, state) in enumerate(points):
        for seat in range(game.players):
            if number % 10 == 0:
                assert all(line.startswith("You: ") for line in game.history(history, seat))
            known = (seat, str(movers(state)), state.information_state_string(seat))
            words: tuple[str, ...] = (game.observation(state, seat),)
            if seat in movers(state):
                words += game.labels(state, seat)
            met += known in told
            assert told.setdefault(known, words) == words
    return met


@pytest.mark.parametrize("name", SMALL)
def test_a_seat_is_told_the_same_whatever_it_cannot_know(name: str) -> None:
    game = games.load(name)
    assert game.generic and game.hidden_information
    assert same_for_what_is_known(game, every_decision(game)) > 0


HIDDEN = [
    name
    for name in playable()
    if KINDS[name].information == pyspiel.GameType.Information.IMPERFECT_INFORMATION
    and KINDS[name].provides_information_state_string
    and name not in registry.suite()
    and name != "bridge"  # OpenSpiel takes seconds to analyse each of its deals
]


@pytest.mark.parametrize("name", HIDDEN)
def test_so_it_is_in_random_play_of_the_larger_games(name: str) -> None:
    game = games.load(name)
    points = (point for _, point in zip(range(100), random_decisions(game, 60), strict=False))
    same_for_what_is_known(game, points)


def test_a_variant_without_words_of_the_suite_is_generic_and_of_its_family() -> None:
    for name, family in (("hex(swap=true)", "hex"), ("misere(game=chess())", "chess")):
        game = games.load(name)
        assert game.generic and game.family == family
        assert not games.load(family).generic


def test_a_small_table_is_told_whole_and_its_equilibrium_known() -> None:
    game = games.load("matrix_brps")
    assert game.generic and game.oracle.value == "equilibrium"
    assert game.rules().count("If ") == 9
    assert "Player 0 gets 25 points" in game.rules()


def test_the_rules_say_what_is_known_and_what_is_not() -> None:
    chess, tiny = games.load("antichess"), games.load("tiny_hanabi")
    assert "the rules that are commonly known of this game" in chess.rules()
    assert f"cut off as a draw after {generic.LONGEST} decisions" in chess.rules()
    assert "between 0 and 10 points" in tiny.rules()
    assert "does not see everything" in tiny.rules()
    assert "does not see everything" not in chess.rules()
