"""Disguises: a different story around the same tree, with the same luck and best moves."""

import re
from itertools import combinations, islice

import pytest

from arena import bot, decisions, every_decision, every_end, movers, play_one, random_decisions
from arena import setup as episode
from gamegrid import games
from gamegrid.games import registry
from gamegrid.games.disguise import Disguise
from gamegrid.games.game import Game, Joint, Oracle, Tag
from gamegrid.games.number_scrabble import SQUARE, TOTAL
from gamegrid.jobs import workflow
from gamegrid.oracles.minimax import Minimax
from gamegrid.paths import WORKFLOW
from gamegrid.plan import plan
from gamegrid.plan.deals import opening

DISGUISES = sorted(name for name, kind in registry.suite().items() if issubclass(kind, Disguise))
TELLTALE = {
    "tic_tac_toe": "row column board diagonal cell mark line empty",
    "connect_four": "row column board diagonal cell disc drop four line",
    "kuhn_poker": "card deck chip pot bet check fold call raise player jack queen king",
    "nim": "pile object heap stone",
    "prisoners_dilemma": "prisoner dilemma cooperate defect confess",
}
"""By family, words that would give the plain game away, besides its labels and title."""
HARMLESS = {
    "by",
    "one",
    "round",
    "the",
    "last",
    "loses",
    "of",
    "player",
    "from",
    "take",
    "and",
    "for",
    "points",
}


def pair(name: str) -> tuple[Game, Game]:
    game = games.load(name)
    assert game.disguise_of is not None
    return game, games.load(game.disguise_of)


def words(text: str) -> set[str]:
    return set(re.findall(r"[a-z]{2,}\d*|[a-z]\d+", text.lower()))


@pytest.mark.parametrize("name", DISGUISES)
def test_a_disguise_is_its_plain_game_in_all_but_words(name: str) -> None:
    game, plain = pair(name)
    assert game.load_string == game.name == name
    assert game.tags == (*plain.tags, Tag.DISGUISE)
    for trait in (
        "family",
        "scoring",
        "oracle",
        "opening_plies",
        "max_plies",
        "players",
        "dice",
        "dilemma",
    ):
        assert getattr(game, trait) == getattr(plain, trait), trait
    assert plain.disguise_of is None


@pytest.mark.parametrize("name", DISGUISES)
def test_labels_are_a_bijection_onto_those_of_the_plain_game(name: str) -> None:
    game, plain = pair(name)
    for _, state in decisions(plain):
        for seat in movers(state):
            shown, meant = game.labels(state, seat), plain.labels(state, seat)
            assert len(shown) == len(meant) == len(set(shown)) == len(set(meant))
            assert not set(shown) & set(meant)


@pytest.mark.parametrize("name", DISGUISES)
def test_views_tell_apart_exactly_what_the_plain_views_do(name: str) -> None:
    game, plain = pair(name)
    there: dict[str, str] = {}
    back: dict[str, str] = {}
    for _, state in decisions(plain):
        for seat in movers(state):
            said, meant = game.observation(state, seat), plain.observation(state, seat)
            assert there.setdefault(said, meant) == meant
            assert back.setdefault(meant, said) == said


@pytest.mark.parametrize("name", DISGUISES)
def test_no_word_of_the_plain_game_is_in_a_disguise(name: str) -> None:
    game, plain = pair(name)
    telltale = words(TELLTALE[plain.family]) | words(plain.title) | words(plain.short_name)
    told = [game.title, game.rules()]
    for number, (history, state) in enumerate(random_decisions(plain, 8)):
        for seat in movers(state):
            told += [game.observation(state, seat), *game.labels(state, seat)]
            telltale |= {word for label in plain.labels(state, seat) for word in words(label)}
            if number % 4 == 0:
                told += game.history(history, seat)
    said = set().union(*map(words, told))
    plural = {f"{word}s" for word in telltale}
    assert not said & (telltale | plural) - HARMLESS


def test_three_numbers_add_up_where_three_cells_are_a_line() -> None:
    """Checked by OpenSpiel's returns: a player wins with three numbers that sum to the total."""
    plain = games.load("tic_tac_toe")
    for history, state in islice(every_end(plain), 5000):
        held = [[SQUARE[action] for action in history[seat::2]] for seat in (0, 1)]
        made = [any(sum(three) == TOTAL for three in combinations(own, 3)) for own in held]
        assert [r > 0 for r in state.returns()] == made


@pytest.mark.parametrize("name", DISGUISES)
def test_both_are_played_with_the_same_luck(name: str) -> None:
    game, plain = pair(name)
    crew, minimax = {"random": bot("random"), "other": bot("random")}, Minimax()
    for deal in range(6):
        played = []
        for one in (game, plain):
            first = opening(one, 3, deal, one.opening_plies, minimax)
            setup = episode(one, ("random", "other"), seed=3, deal=deal, opening=tuple(first))
            played.append(play_one(setup, crew))
        assert played[0].trajectory == played[1].trajectory
        assert [s.return_ for s in played[0].seats] == [s.return_ for s in played[1].seats]
        assert played[0].episode_id != played[1].episode_id


@pytest.mark.parametrize("name", [n for n in DISGUISES if games.load(n).oracle is not Oracle.NONE])
def test_the_oracle_plays_a_disguise_as_it_plays_the_plain_game(name: str) -> None:
    game, plain = pair(name)
    crew = {"optimal": bot("optimal"), "random": bot("random")}
    played = [
        play_one(episode(one, ("optimal", "random")), crew).trajectory for one in (game, plain)
    ]
    assert played[0] == played[1]


def test_the_database_says_of_which_game_one_is_a_disguise() -> None:
    agents = {"a": {"type": "random"}, "b": {"type": "random"}}
    names = ["kuhn_poker", "sliding_crates", "coordinated_mp"]
    rows = workflow.rows(plan.make({"games": names, "agents": agents}, WORKFLOW)).games
    assert [(row.disguise_of, row.generic) for row in rows] == [
        (None, False),
        ("connect_four(columns=4,rows=4)", False),
        (None, True),
    ]


def test_a_parcel_is_shown_to_its_owner_only() -> None:
    game = games.load("sealed_parcels")
    for history, state in every_decision(game):
        for seat in (0, 1):
            metals = re.findall("copper|silver|gold", game.observation(state, seat))
            assert metals == [("copper", "silver", "gold")[state.history()[seat]]]
            assert not re.search("copper|silver|gold", " ".join(game.history(history, seat)))


def test_a_disguise_reads_as_it_should() -> None:
    crates, numbers = games.load("sliding_crates"), games.load("number_scrabble")
    played: list[Joint] = [3, 3, 0]
    assert crates.observation(crates.replay(played), 1).split("\n")[1:] == [
        "Oak: A T - -",
        "Elm: - - - -",
        "Ash: - - - -",
        "Fir: A - - -",
    ]
    assert numbers.observation(numbers.replay([4, 0]), 0) == (
        "You are First.\nNumbers of First: 5.\nNumbers of Second: 2.\n"
        "Numbers left: 1, 3, 4, 6, 7, 8, 9."
    )
    lanterns = games.load("lanterns")
    assert "1 in Mill Street" in lanterns.rules() and "7 in Market Street" in lanterns.rules()
    assert "If East baker chooses Lower and West baker chooses Keep, then East baker gets 10" in (
        games.load("two_bakers").rules()
    )
