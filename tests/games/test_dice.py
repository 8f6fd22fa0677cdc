"""Open dice games: the stated rules, played by hand alongside OpenSpiel."""

import re
from collections.abc import Sequence
from random import Random

import pytest

from gamegrid import games
from gamegrid.games.game import Game, Joint, apply


class Table:
    """A game of pig that follows the stated rules only."""

    def __init__(self, players: int, target: int, most: int) -> None:
        self.scores = [0] * players
        self.target, self.most = target, most
        self.turn = self.total = self.choices = 0

    def legal(self) -> list[str]:
        must_stop = self.scores[self.turn] + self.total >= self.target
        return ["Stop"] if must_stop else ["Roll", "Stop"]

    def choose(self, word: str) -> None:
        self.choices += 1
        if word == "Stop":
            self.scores[self.turn] += self.total
            self.end_turn()

    def rolled(self, face: int) -> None:
        self.total += face
        if face == 1:
            self.end_turn()

    def end_turn(self) -> None:
        self.turn, self.total = (self.turn + 1) % len(self.scores), 0

    def winner(self) -> int | None:
        won = [seat for seat, score in enumerate(self.scores) if score >= self.target]
        return won[0] if won else None

    def over(self) -> bool:
        return self.winner() is not None or self.choices >= self.most


def told(game: Game) -> Table:
    """Set up the table from the text of the rules."""
    rules = game.rules()
    [target] = re.findall(r"first player with a score of (\d+) or more wins", rules)
    [most] = re.findall(r"If nobody has won after (\d+) choices", rules)
    return Table(rules.split(" take turns")[0].count("Player"), int(target), int(most))


def observation(table: Table, seat: int) -> str:
    scores = ", ".join(f"Player {n} has {score}" for n, score in enumerate(table.scores, 1))
    return (
        f"You are Player {seat + 1}.\nScores: {scores}.\nPlayer {table.turn + 1} is to choose. "
        f"Turn total: {table.total}.\nChoices made so far: {table.choices} of {table.most}."
    )


def ending(game: Game, luck: Random) -> tuple[Table, Sequence[float]]:
    """Play one random game beside the table, comparing at each choice; return table and returns."""
    table, state = told(game), game.spiel.new_initial_state()
    history: list[Joint] = []
    lines: list[str] = []
    boldness = luck.choice((0.3, 0.6, 0.9))
    while not state.is_terminal():
        seat = state.current_player()
        if state.is_chance_node():
            step = luck.choice(state.legal_actions())
            lines.append(f"Die: {step + 1}")
            table.rolled(step + 1)
        else:
            assert not table.over()
            assert seat == table.turn
            legal = {game.label(state, seat, a): a for a in state.legal_actions()}
            assert list(legal) == table.legal()
            assert [game.observation(state, s) for s in range(game.players)] == [
                observation(table, s) for s in range(game.players)
            ]
            word = "Roll" if "Roll" in legal and luck.random() < boldness else "Stop"
            step = legal[word]
            lines.append(f"Player {seat + 1}: {word}".replace("Player 1:", "You:"))
            table.choose(word)
        apply(state, step)
        history.append(step)
    assert game.history(history, 0) == lines
    assert table.over()
    return table, state.returns()


@pytest.mark.parametrize(
    ("name", "ends"),
    [
        ("pig(winscore=10)", {0, 1}),
        ("pig(horizon=25,winscore=20)", {0, 1, None}),
        ("pig(horizon=40,players=3,winscore=20)", {0, 1, 2, None}),
    ],
)
def test_pig_is_played_as_its_rules_say(name: str, ends: set[int | None]) -> None:
    game, luck = games.load(name), Random(5)
    winners = set()
    for _ in range(150):
        table, returns = ending(game, luck)
        winner = table.winner()
        winners.add(winner)
        if winner is None:
            assert list(returns) == [0.0] * game.players
        else:
            others = -1 / (game.players - 1)
            assert list(returns) == [1.0 if s == winner else others for s in range(game.players)]
    assert winners >= ends


def test_pig_is_cut_off_where_its_rules_say() -> None:
    for name, most in (("pig", 400), ("pig_20", 80), ("pig(horizon=30)", 30)):
        game = games.load(name)
        assert game.max_plies == told(game).most == most
    three = games.load("pig(players=3)")
    assert list(three.adjudicate(three.spiel.new_initial_state())) == [0.5] * 3
