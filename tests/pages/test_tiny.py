"""The bundled model: what it is said to be, shown through the real engine."""

import asyncio
import math
from collections.abc import Callable, Iterable, Iterator
from functools import cache
from pathlib import Path

import pyspiel
import pytest

from gamegrid import games
from gamegrid.backends import huggingface
from gamegrid.backends.backend import (
    Completion,
    Decode,
    FinishReason,
    Message,
    ModelEntry,
    Request,
    Sampling,
)
from gamegrid.games.game import Oracle
from gamegrid.oracles import equilibrium
from gamegrid.oracles.minimax import Minimax
from gamegrid.pages import tiny_recipe
from gamegrid.paths import WORKFLOW
from gamegrid.plan.positions import SIZE
from gamegrid.plan.positions import positions as suite_positions
from gamegrid.prompts import templates
from gamegrid.prompts.parser import parse
from gamegrid.prompts.templates import TurnContext

FOLDER = WORKFLOW / "config/tiny"
GAMES = ("tic_tac_toe", "kuhn_poker")
ENTRY = ModelEntry(name="hf_tiny", model_path=str(FOLDER))

Position = tuple[int, str]


def ask(prompts: list[str], choices: list[tuple[str, ...]] | None = None) -> list[Completion]:
    """Put prompts to the real engine, all at once: greedily, or with choices to be scored."""
    way = Decode.GENERATE if choices is None else Decode.SCORE

    async def run() -> list[Completion]:
        backend = huggingface.BACKEND.create(ENTRY, Path.cwd())
        await backend.open()
        try:
            return await asyncio.gather(
                *(
                    backend.complete(
                        Request(
                            model="hf_tiny",
                            messages=(Message("user", prompt),),
                            sampling=Sampling(temperature=0.0, max_tokens=16, seed=seed),
                            decode=way,
                            choices=None if choices is None else choices[seed],
                        )
                    )
                    for seed, prompt in enumerate(prompts)
                )
            )
        finally:
            await backend.close()

    return asyncio.run(run())


ANSWERED: dict[str, Completion] = {}
"""Greedy answers by prompt, so that no test asks the model what another one has asked."""


def answers(prompts: Iterable[str]) -> list[Completion]:
    """The model's greedy answer to each prompt."""
    wanted = list(prompts)
    missing = list(dict.fromkeys(prompt for prompt in wanted if prompt not in ANSWERED))
    if missing:
        ANSWERED.update(zip(missing, ask(missing), strict=True))
    return [ANSWERED[prompt] for prompt in wanted]


def test_every_position_and_information_state_is_there() -> None:
    """4,520 decision states of tic-tac-toe, 12 of Kuhn poker (OpenSpiel, by enumeration)."""
    counted = {
        game: sum(e.game == game for e in tiny_recipe.examples()) for game in tiny_recipe.GAMES
    }
    assert counted == {"tic_tac_toe": 4520, "kuhn_poker": 12}


@pytest.mark.parametrize("one_in", [12, pytest.param(1, marks=pytest.mark.nightly)])
def test_every_answer_is_its_own_and_a_best_move(one_in: int) -> None:
    """In Kuhn poker every answer, in tic-tac-toe one of so many positions, at every depth."""
    every = {game: [e for e in tiny_recipe.examples() if e.game == game] for game in GAMES}
    some = [*every["kuhn_poker"], *every["tic_tac_toe"][::one_in]]
    for example, reply in zip(some, answers(e.prompt for e in some), strict=True):
        assert reply.finish_reason is FinishReason.STOP
        parsed = parse(reply.text, reply.finish_reason, [*example.target, "another"])
        assert parsed.label is not None, reply.text
        assert example.target[parsed.label] > tiny_recipe.LEAST


def test_it_does_not_lose_from_the_start() -> None:
    """In either seat, whatever the other seat does."""
    start, minimax = games.load("tic_tac_toe").spiel.new_initial_state(), Minimax()
    for seat in (0, 1):
        episodes = list(ends([start], seat, lambda state: state.legal_actions()))
        assert len(episodes) > 50
        assert all(end.returns()[seat] >= 0 for end in episodes)
    assert minimax.value(start) == 0


@pytest.mark.nightly
def test_it_never_loses_a_position_that_is_not_lost() -> None:
    """From every reachable position it need not lose, in either seat, against every best reply."""
    game, minimax = games.load("tic_tac_toe"), Minimax()
    starts, episodes = 0, set[tuple[int, ...]]()
    for seat in (0, 1):
        safe = [
            state
            for state in positions(game.spiel.new_initial_state(), set())
            if state.current_player() == seat
            and minimax.value(state) * (1 if seat == 0 else -1) >= 0
        ]
        starts += len(safe)
        for end in ends(safe, seat, minimax.best_actions):
            episodes.add(tuple(end.history()))
            assert end.returns()[seat] >= 0, str(end)
    # Printed with -rP: the number of distinct episodes behind the claim.
    print(f"{starts} starting positions, {len(episodes)} distinct episodes, none lost")
    assert starts > 2000
    assert len(episodes) > 1000


def positions(state: pyspiel.State, seen: set[Position]) -> Iterator[pyspiel.State]:
    """Every decision position once."""
    if state.is_terminal() or (state.current_player(), str(state)) in seen:
        return
    seen.add((state.current_player(), str(state)))
    yield state
    for action in state.legal_actions():
        yield from positions(state.child(action), seen)


def ends(
    starts: list[pyspiel.State], seat: int, others: Callable[[pyspiel.State], Iterable[int]]
) -> Iterator[pyspiel.State]:
    """Play on: the model's move in its seat, each move of ``others`` in the other seat."""
    waiting = starts
    while waiting:
        yield from (state for state in waiting if state.is_terminal())
        going = [state for state in waiting if not state.is_terminal()]
        own = [state for state in going if state.current_player() == seat]
        waiting = [state.child(move) for state, move in zip(own, own_moves(own), strict=True)]
        waiting += [
            state.child(action)
            for state in going
            if state.current_player() != seat
            for action in others(state)
        ]


def own_moves(states: list[pyspiel.State]) -> list[int]:
    """The move that the model's reply names in each state."""
    game, moves = games.load("tic_tac_toe"), []
    prompts = [by_view()[game.observation(state, state.current_player())] for state in states]
    replies = answers(prompt for [prompt] in prompts)
    for state, reply in zip(states, replies, strict=True):
        seat = state.current_player()
        labels = {game.label(state, seat, action): action for action in state.legal_actions()}
        parsed = parse(reply.text, reply.finish_reason, list(labels))
        assert parsed.label is not None
        moves.append(labels[parsed.label])
    return moves


@cache
def by_view() -> dict[str, list[str]]:
    """Prompts by the view they contain."""
    found: dict[str, list[str]] = {}
    for example in tiny_recipe.examples():
        if example.game == "tic_tac_toe":
            view = example.prompt.split("\n\n", 1)[1].rsplit("\n", 1)[0]
            found.setdefault(view, []).append(example.prompt)
    return found


def test_every_label_is_one_token() -> None:
    from transformers import AutoTokenizer

    tokenizer = AutoTokenizer.from_pretrained(FOLDER)
    labels = {label for example in tiny_recipe.examples() for label in example.target}
    assert labels == {*(c + r for c in "abc" for r in "123"), "Check", "Bet", "Fold", "Call"}
    for label in labels:
        assert len(tokenizer.encode(label)) == 1
        assert len(tokenizer.encode(f"{tiny_recipe.ANSWER}{label}")) == 2


def test_its_likelihoods_are_an_equilibrium_of_kuhn_poker() -> None:
    """Exploitability at most 0.01 by decode: score; that of uniform play is 0.458."""
    game = games.load("kuhn_poker")
    policy: dict[str, list[tuple[int, float]]] = {}
    solved = equilibrium.solved("kuhn_poker").policy
    wanted = [e for e in tiny_recipe.examples() if e.game == "kuhn_poker"]
    found = {name: next(e for e in wanted if shows(game, name, e.prompt)) for name in solved}
    scored = ask([e.prompt for e in found.values()], [tuple(e.target) for e in found.values()])
    for (name, moves), reply in zip(solved.items(), scored, strict=True):
        assert reply.likelihoods is not None
        shares = [math.exp(reply.likelihoods[label]) for label in found[name].target]
        assert sum(shares) > 0.9  # what it would say by itself, rarely anything else
        policy[name] = [(a, p / sum(shares)) for (a, _), p in zip(moves, shares, strict=True)]
    conv = pyspiel.nash_conv(game.spiel, policy)
    assert math.isfinite(conv)
    print(f"exploitability {conv / 2:.6f}")
    assert conv / 2 <= 0.01


def shows(game: games.Game, name: str, prompt: str) -> bool:
    """True if the prompt is that of the information state ``name`` (card, then p and b)."""
    card, betting = int(name[0]), name[1:]
    state = game.spiel.new_initial_state()
    seat = len(betting) % 2
    deal = [card, (card + 1) % 3] if seat == 0 else [(card + 1) % 3, card]
    for action in [*deal, *("pb".index(move) for move in betting)]:
        state.apply_action(action)
    return game.observation(state, seat) in prompt


@pytest.mark.parametrize("name", ["config.json", "tokenizer.json", "model.safetensors"])
def test_it_is_small_enough_to_be_part_of_the_repository(name: str) -> None:
    assert 0 < (FOLDER / name).stat().st_size < 2_500_000


def test_what_it_has_by_heart_is_gone_in_another_story() -> None:
    """The position suite plain and disguised: optimal play is the same, the model's is not."""
    plain, disguise = games.load("tic_tac_toe"), games.load("number_scrabble")
    minimax = Minimax()
    sample = [plain.replay(history) for history in suite_positions(plain)]
    assert len(sample) == SIZE
    rates = {game.name: optimal_rate(game, sample, minimax) for game in (plain, disguise)}
    print(f"optimal moves of hf_tiny on {len(sample)} positions: {rates}")
    assert rates["tic_tac_toe"] >= 0.99
    assert rates["number_scrabble"] < 0.75
    assert disguise.oracle is plain.oracle is Oracle.EXACT


def optimal_rate(game: games.Game, sample: list[pyspiel.State], minimax: Minimax) -> float:
    """The share of positions in which the model's own reply names a best move."""
    template = templates.load("terse")
    seats = [state.current_player() for state in sample]
    labels = [
        {game.label(state, seat, action): action for action in state.legal_actions()}
        for state, seat in zip(sample, seats, strict=True)
    ]
    seen = [
        TurnContext(
            game=game,
            seat=seat,
            observation=game.observation(state, seat),
            history=(),
            labels=tuple(words),
        )
        for state, seat, words in zip(sample, seats, labels, strict=True)
    ]
    replies = ask([template.first(observation) for observation in seen])
    best = 0
    for state, words, reply in zip(sample, labels, replies, strict=True):
        parsed = parse(reply.text, reply.finish_reason, list(words))
        if parsed.label is not None:
            best += words[parsed.label] in minimax.best_actions(state)
    return best / len(sample)
