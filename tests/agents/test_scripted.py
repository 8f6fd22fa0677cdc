"""Scripted strategies follow their definitions and earn what the literature says."""

from collections.abc import Sequence
from itertools import product

import pytest

from arena import SUITE, bot, play, play_one, setup
from gamegrid import games
from gamegrid.agents.agent import Decision, Turn, kinds
from gamegrid.agents.scripted import cooperates
from gamegrid.games.game import Game
from gamegrid.luck import Place
from gamegrid.plan.grid import unsupported_reason
from gamegrid.records.record_types import EpisodeRecord

STRATEGIES = (
    "tit_for_tat",
    "grim_trigger",
    "win_stay_lose_shift",
    "always_cooperate",
    "always_defect",
)
DILEMMAS = (
    "prisoners_dilemma",
    "matrix_pd",
    "matrix_sh",
    "matrix_cd",
    "repeated_prisoners_dilemma",
    "repeated_stag_hunt",
    "repeated_chicken",
    "repeated_game(num_repetitions=3,stage_game=matrix_pd())",
)


class Recital:
    """Plays a fixed sequence of moves, C or D (a test double)."""

    def __init__(self, moves: str) -> None:
        self.moves = moves

    def sit(self, place: Place) -> "Recital":
        return self

    async def decide(self, turn: Turn) -> Decision:
        dilemma = turn.game.dilemma
        assert dilemma is not None
        cooperates = self.moves[turn.ply] == "C"
        return Decision(action=dilemma.cooperate if cooperates else dilemma.defect)


def repeated(rounds: int, stage: str = "prisoners_dilemma") -> Game:
    return games.load(f"repeated_game(num_repetitions={rounds},stage_game={stage}())")


def letters(game: Game, episode: EpisodeRecord, seat: int) -> str:
    """Return a seat's moves as C and D."""
    dilemma = game.dilemma
    assert dilemma is not None
    return "".join(
        {dilemma.cooperate: "C", dilemma.defect: "D"}[d.action or 0]
        for d in episode.decisions
        if d.seat == seat
    )


def answers(strategy: str, opponent: str, stage: str = "prisoners_dilemma", seat: int = 0) -> str:
    """Return a strategy's moves against a fixed sequence of moves."""
    game = repeated(len(opponent), stage)
    names = ("bot", "recital") if seat == 0 else ("recital", "bot")
    agents = {"bot": bot("scripted", strategy=strategy), "recital": Recital(opponent)}
    episode = play_one(setup(game, names), agents)
    assert letters(game, episode, 1 - seat) == opponent
    return letters(game, episode, seat)


# The definitions, worked out by hand.
# Tit for tat cooperates first and then does what the other player did in the round before (Axelrod,
# The Evolution of Cooperation, 1984).
# The grim trigger cooperates until the first defection and never again (Friedman, Review of
# Economic Studies 38, 1971, 1).
# Pavlov, win-stay lose-shift, repeats its move after R or T, when the opponent cooperated, and
# changes it after S or P, when the opponent defected (Nowak and Sigmund, Nature 364, 1993, 56).
#   against CCDDDCC: C C C, sucker: D, punished: C, sucker: D, temptation: D.
@pytest.mark.parametrize("stage", ["prisoners_dilemma", "matrix_pd", "matrix_sh", "matrix_cd"])
@pytest.mark.parametrize("seat", [0, 1])
@pytest.mark.parametrize(
    ("strategy", "answer"),
    [
        ("tit_for_tat", "CCCDDDC"),
        ("grim_trigger", "CCCDDDD"),
        ("win_stay_lose_shift", "CCCDCDD"),
        ("always_cooperate", "CCCCCCC"),
        ("always_defect", "DDDDDDD"),
    ],
)
def test_a_strategy_answers_by_its_definition(
    strategy: str, answer: str, seat: int, stage: str
) -> None:
    assert answers(strategy, "CCDDDCC", stage, seat) == answer


@pytest.mark.parametrize("opponent", ["".join(row) for row in product("CD", repeat=5)])
def test_against_every_row_of_moves_a_strategy_keeps_to_its_definition(opponent: str) -> None:
    assert answers("tit_for_tat", opponent) == "C" + opponent[:-1]
    defected = opponent.find("D")
    grim = "CCCCC" if defected in (-1, 4) else "C" * (defected + 1) + "D" * (4 - defected)
    assert answers("grim_trigger", opponent) == grim
    pavlov = answers("win_stay_lose_shift", opponent)
    for own, other, following in zip(pavlov, opponent, pavlov[1:], strict=False):
        assert (following == own) == (other == "C")
    assert pavlov[0] == "C"


def meet(game: Game, first: str, second: str) -> tuple[list[float], str, str]:
    """Play two strategies; return their returns and moves."""
    agents = {name: bot("scripted", strategy=name) for name in {first, second}}
    episode = play_one(setup(game, (first, second)), agents)
    returns = [seat.return_ for seat in episode.seats]
    assert None not in returns
    return [r or 0.0 for r in returns], letters(game, episode, 0), letters(game, episode, 1)


def payoffs(stage: str) -> tuple[float, float, float, float]:
    """Reward, sucker's payoff, temptation, punishment."""
    game = games.load(stage)
    assert game.dilemma is not None
    c, d = game.dilemma.cooperate, game.dilemma.defect
    paid = [game.replay([list(joint)]).returns()[0] for joint in ((c, c), (c, d), (d, c), (d, d))]
    return paid[0], paid[1], paid[2], paid[3]


@pytest.mark.parametrize("stage", ["prisoners_dilemma", "matrix_pd", "matrix_cd"])
@pytest.mark.parametrize("rounds", [2, 10, 25])
def test_known_totals(stage: str, rounds: int) -> None:
    """Tit for tat loses only the first round to always-defect; it never gets more than
    its opponent (Axelrod, The Evolution of Cooperation, 1984, chapter 6). Nice strategies, which
    never defect first, cooperate throughout."""
    r, s, t, p = payoffs(stage)
    game = repeated(rounds, stage)
    defector = [s + (rounds - 1) * p, t + (rounds - 1) * p]
    assert meet(game, "tit_for_tat", "always_defect")[0] == defector
    assert meet(game, "grim_trigger", "always_defect")[0] == defector
    assert meet(game, "always_defect", "always_cooperate")[0] == [rounds * t, rounds * s]
    assert meet(game, "always_defect", "always_defect")[0] == [rounds * p] * 2
    # Pavlov is exploited every other round: C D, D D, C D, ...
    sucker, punished = (rounds + 1) // 2, rounds // 2
    assert meet(game, "win_stay_lose_shift", "always_defect")[0] == [
        sucker * s + punished * p,
        sucker * t + punished * p,
    ]
    nice = [name for name in STRATEGIES if name != "always_defect"]
    for one in nice:
        for other in nice:
            assert meet(game, one, other)[0] == [rounds * r] * 2


def test_ten_rounds_of_the_usual_dilemma() -> None:
    """With 3, 0, 5, 1: tit for tat gets 0 + 9 * 1, the defector 5 + 9 * 1; cooperators 10 * 3."""
    game = games.load("repeated_prisoners_dilemma")
    paid, tit_for_tat, defector = meet(game, "tit_for_tat", "always_defect")
    assert (paid, tit_for_tat, defector) == ([9, 14], "CDDDDDDDDD", "DDDDDDDDDD")
    assert meet(game, "tit_for_tat", "grim_trigger")[0] == [30, 30]


def test_tit_for_tat_never_gets_more_than_its_opponent() -> None:
    game = games.load("repeated_prisoners_dilemma")
    agents = {"tft": bot("scripted", strategy="tit_for_tat"), "random": bot("random")}
    setups = [setup(game, ("tft", "random"), deal=deal) for deal in range(50)]
    for episode in play(setups, agents):
        own, other = (seat.return_ or 0 for seat in episode.seats)
        assert own <= other <= own + 5


# Against itself, Pavlov repairs a mistake after one round of punishment, tit for tat echoes it
# for ever, and the grim trigger never forgives (Nowak and Sigmund, Nature 364, 1993, 56).
@pytest.mark.parametrize(
    ("strategy", "after"),
    [
        ("win_stay_lose_shift", [("D", "D"), ("C", "C"), ("C", "C")]),
        ("tit_for_tat", [("C", "D"), ("D", "C"), ("C", "D")]),
        ("grim_trigger", [("C", "D"), ("D", "D"), ("D", "D")]),
    ],
)
def test_what_follows_a_mistake_between_two_of_a_kind(
    strategy: str, after: list[tuple[str, str]]
) -> None:
    game = repeated(5)
    agents = {"bot": bot("scripted", strategy=strategy)}
    mistake: list[list[int]] = [[0, 0], [1, 0]]
    episode = play_one(setup(game, ("bot", "bot"), opening=tuple(mistake)), agents)
    played = list(zip(letters(game, episode, 0), letters(game, episode, 1), strict=True))
    # By definition the grim trigger looks only at the opponent's moves.
    assert played == after


def test_one_rule_looks_at_the_rounds_only() -> None:
    assert cooperates("win_stay_lose_shift", [False], [False]) is True
    assert cooperates("win_stay_lose_shift", [False], [True]) is False
    assert cooperates("tit_for_tat", [False], [True]) is True


# Which games they play and what they observe


@pytest.mark.parametrize("strategy", STRATEGIES)
def test_scripted_play_is_for_dilemmas_only(strategy: str) -> None:
    settings = kinds()["scripted"].settings(type="scripted", strategy=strategy)
    refusals = {
        name: unsupported_reason(settings, games.load(name)) for name in {*SUITE, *DILEMMAS}
    }
    assert {name for name, why in refusals.items() if why is None} == set(DILEMMAS)
    why = "scripted plays dilemmas only, where an action cooperates and the other defects"
    assert refusals["repeated_rps"] == refusals["kuhn_poker"] == why


def test_an_unknown_strategy_is_refused() -> None:
    with pytest.raises(ValueError, match="tit_for_tat"):
        bot("scripted", strategy="tat_for_tit")


class Listener:
    """Record the joint moves it observes (a test double)."""

    def __init__(self) -> None:
        self.told: list[Sequence[Sequence[int]]] = []

    def sit(self, place: Place) -> "Listener":
        return self

    async def decide(self, turn: Turn) -> Decision:
        self.told.append(turn.joint_moves())
        return Decision(action=turn.legal[0])


def test_joint_moves_are_those_of_the_rounds_that_are_over() -> None:
    game, listener = repeated(3), Listener()
    agents = {"listener": listener, "random": bot("random")}
    episode = play_one(setup(game, ("listener", "random")), agents)
    actions = [d.action for d in episode.decisions if d.seat == 1]
    rounds = [(0, action) for action in actions]
    assert listener.told == [tuple(rounds[:n]) for n in range(3)]


@pytest.mark.parametrize("name", ["goofspiel_4", "goofspiel_4_3p", "kuhn_poker", "tic_tac_toe"])
def test_joint_moves_are_told_only_where_everybody_sees_them(name: str) -> None:
    game = games.load(name)
    seats = ("listener",) * game.players
    with pytest.raises(ValueError, match="has no joint moves that every seat sees"):
        play_one(setup(game, seats), {"listener": Listener()})


def test_open_bids_are_joint_moves_and_prizes_are_not() -> None:
    game, listener = games.load("goofspiel(num_cards=3)"), Listener()
    play_one(setup(game, ("listener", "listener")), {"listener": listener})
    assert listener.told == [(), (), ((0, 0),), ((0, 0),)]
