"""Train ``hf_tiny``, a test fixture that says nothing about what language models can do.

The recipe fits a Llama of 0.9 million parameters to every position of tic_tac_toe and every
information state of kuhn_poker. Prompts use the ``terse`` template, and the target is best play.
The result is a look-up table in the shape of a language model: every engine can load it, and it
plays by generating replies.
"""

import logging
import math
import random
import time
from collections.abc import Callable, Iterator
from dataclasses import dataclass
from pathlib import Path
from typing import Any

import pyspiel

from gamegrid import games
from gamegrid.games.game import Game
from gamegrid.oracles import equilibrium
from gamegrid.oracles.minimax import Minimax
from gamegrid.prompts import templates

log = logging.getLogger(__name__)

GAMES = ("tic_tac_toe", "kuhn_poker")
ANSWER = "Action: "
CHAT_TEMPLATE = (
    "{% for m in messages %}<|{{ m['role'] }}|>{{ m['content'] }}<|end|>{% endfor %}"
    "{% if add_generation_prompt %}<|assistant|>{% endif %}"
)
SPECIAL = ["<|pad|>", "<|end|>", "<|system|>", "<|user|>", "<|assistant|>"]
LEAST = 1e-9
"""A move counts as part of best play if its probability exceeds this."""
PIECES = r"Action: |Legal moves: |, |[a-c][1-3]| ?[A-Za-z]+|\n| ?."
"""Pieces the tokenizer must not merge across, so that a label is always one token."""


@dataclass(frozen=True, slots=True)
class Example:
    """One decision: the user message, and each label's probability under best play."""

    game: str
    prompt: str
    target: dict[str, float]
    repeat: int


@dataclass(frozen=True, slots=True)
class Recipe:
    """Training settings; the defaults produced config/tiny."""

    cycles: tuple[tuple[int, float], ...] = ((30, 1.0), (12, 0.4))
    """(epochs, factor on the learning rates) per cycle; each cycle warms up and anneals once."""
    batch: int = 64
    matrix_rate: float = 0.01
    other_rate: float = 1e-3
    weight_decay: float = 0.01
    warm_up: int = 100
    form_weight: float = 0.2
    """Weight of the two fixed tokens (``Action: `` and the end) relative to the label."""
    mend_rounds: int = 8
    """Maximum number of extra rounds on examples that are still answered wrongly."""
    mend_steps: int = 80
    mend_rate: float = 1e-4
    seed: int = 0


def examples() -> list[Example]:
    """Return every decision of both games, once per information state."""
    template = templates.load("terse")
    tic_tac_toe, kuhn = (games.load(name) for name in GAMES)
    return [
        *_perfect(tic_tac_toe, template),
        *_hidden(kuhn, template),
    ]


def _perfect(game: Game, template: templates.Template) -> Iterator[Example]:
    minimax = Minimax()
    seen: set[tuple[int, str]] = set()
    for state in _decisions(game.spiel.new_initial_state(), seen):
        best = minimax.best_actions(state)
        yield _example(game, template, state, {a: 1 / len(best) for a in best}, repeat=1)


def _hidden(game: Game, template: templates.Template) -> Iterator[Example]:
    policy = equilibrium.solved(game.load_string).policy
    seen = set()
    for state in _decisions(game.spiel.new_initial_state(), None):
        name = state.information_state_string()
        if name not in seen:
            seen.add(name)
            yield _example(game, template, state, dict(policy[name]), repeat=16)


def _decisions(state: pyspiel.State, seen: set[tuple[int, str]] | None) -> Iterator[pyspiel.State]:
    """Yield the decisions below ``state``; with ``seen``, each (mover, board) only once."""
    if state.is_terminal():
        return
    if not state.is_chance_node():
        if seen is not None:
            position = (state.current_player(), str(state))
            if position in seen:
                return
            seen.add(position)
        yield state
    for action in state.legal_actions():
        yield from _decisions(state.child(action), seen)


def _example(
    game: Game,
    template: templates.Template,
    state: pyspiel.State,
    target: dict[int, float],
    repeat: int,
) -> Example:
    seat = state.current_player()
    observation = templates.TurnContext(
        game=game,
        seat=seat,
        observation=game.observation(state, seat),
        history=(),
        labels=tuple(game.label(state, seat, a) for a in state.legal_actions()),
    )
    labels = {game.label(state, seat, a): p for a, p in target.items()}
    return Example(game.name, template.first(observation), labels, repeat)


def make_tokenizer(data: list[Example]) -> Any:
    """Train the byte-level tokenizer. Raises ValueError if a label is not a single token."""
    from tokenizers import Regex, Tokenizer, decoders, models, pre_tokenizers, trainers
    from transformers import PreTrainedTokenizerFast

    core = Tokenizer(models.BPE())
    core.decoder = decoders.ByteLevel()
    core.pre_tokenizer = pre_tokenizers.Sequence(
        [
            pre_tokenizers.Split(Regex(PIECES), "isolated"),
            pre_tokenizers.ByteLevel(add_prefix_space=False, use_regex=False),
        ]
    )
    trainer = trainers.BpeTrainer(
        vocab_size=640,
        min_frequency=2,
        initial_alphabet=pre_tokenizers.ByteLevel.alphabet(),
        special_tokens=SPECIAL,
        show_progress=False,
    )
    texts = (f"{e.prompt}\n{ANSWER}{label}" for e in data for label in e.target)
    core.train_from_iterator(texts, trainer)
    tokenizer = PreTrainedTokenizerFast(
        tokenizer_object=core,
        eos_token="<|end|>",
        pad_token="<|pad|>",
        padding_side="left",
        model_max_length=512,
    )
    tokenizer.chat_template = CHAT_TEMPLATE
    for label in {label for example in data for label in example.target}:
        if len(tokenizer.encode(label)) != 1:
            raise ValueError(f"label {label!r} is {len(tokenizer.encode(label))} tokens")
    return tokenizer


def make_model(tokenizer: Any) -> Any:
    """Build the untrained model."""
    from transformers import LlamaConfig, LlamaForCausalLM

    config = LlamaConfig(
        vocab_size=64 * math.ceil(len(tokenizer) / 64),
        hidden_size=128,
        intermediate_size=384,
        num_hidden_layers=4,
        num_attention_heads=4,
        num_key_value_heads=4,
        head_dim=32,
        max_position_embeddings=512,
        tie_word_embeddings=True,
        bos_token_id=None,
        eos_token_id=tokenizer.eos_token_id,
        pad_token_id=tokenizer.pad_token_id,
        rms_norm_eps=1e-5,
    )
    return LlamaForCausalLM(config)


def train(folder: Path, recipe: Recipe) -> None:
    """Train and write a model folder (bf16 weights, tokenizer) that every engine can load.

    Takes minutes on one core. Raises ValueError if, after training, any example is not answered
    with a best move. The same recipe gives the same weights on the same machine.
    """
    import torch

    torch.manual_seed(recipe.seed)
    torch.set_num_threads(1)  # two threads were slower at this width
    data = examples()
    tokenizer = make_tokenizer(data)
    model = make_model(tokenizer)
    log.info(
        "%d examples, %d tokens in the vocabulary, %d parameters",
        len(data),
        len(tokenizer),
        sum(p.numel() for p in model.parameters()),
    )
    rows = [_encode(tokenizer, example) for example in data for _ in range(example.repeat)]
    generator = random.Random(recipe.seed)
    _fit(model, rows, tokenizer, recipe, generator)
    _mend(model, rows, tokenizer, recipe, generator)
    model.to(torch.bfloat16)
    folder.mkdir(parents=True, exist_ok=True)
    model.save_pretrained(folder)
    tokenizer.save_pretrained(folder)


def _encode(tokenizer: Any, example: Example) -> tuple[list[int], dict[int, float]]:
    """Return token ids up to the answer's fixed start, and the target of each label token."""
    chat = [{"role": "user", "content": example.prompt}]
    text = tokenizer.apply_chat_template(chat, add_generation_prompt=True, tokenize=False)
    ids = tokenizer.encode(text + ANSWER)
    return ids, {tokenizer.encode(label)[0]: p for label, p in example.target.items()}


def _fit(
    model: Any, rows: list[Any], tokenizer: Any, recipe: Recipe, generator: random.Random
) -> None:
    import torch

    matrices = [p for n, p in model.named_parameters() if p.ndim == 2 and "embed" not in n]
    inner = {id(p) for p in matrices}
    others = [p for p in model.parameters() if id(p) not in inner]
    optimizers = [
        torch.optim.Muon(
            matrices,
            lr=recipe.matrix_rate,
            momentum=0.95,
            weight_decay=recipe.weight_decay,
            adjust_lr_fn="original",
        ),
        torch.optim.AdamW(others, lr=recipe.other_rate, weight_decay=recipe.weight_decay),
    ]
    for epochs, share in recipe.cycles:
        steps = epochs * math.ceil(len(rows) / recipe.batch)
        rate = _annealed(steps, recipe.warm_up, share)
        schedules = [torch.optim.lr_scheduler.LambdaLR(o, rate) for o in optimizers]
        for epoch in range(epochs):
            began, total = time.monotonic(), 0.0
            order = generator.sample(rows, len(rows))
            for start in range(0, len(order), recipe.batch):
                batch = order[start : start + recipe.batch]
                loss = _loss(model, batch, tokenizer, generator, recipe.form_weight)
                _step(model, loss, optimizers, schedules)
                total += float(loss) * len(batch)
            log.info(
                "epoch %d of %d, loss %.4f, %.0f s",
                epoch + 1, epochs, total / len(rows), time.monotonic() - began,
            )  # fmt: skip
        for optimizer in optimizers:
            for group in optimizer.param_groups:
                group["lr"] = group["initial_lr"]


def _annealed(steps: int, warm_up: int, share: float) -> Callable[[int], float]:
    """Return a schedule: warm up linearly to ``share``, then decay to 2 % of it along a cosine."""

    def rate(step: int) -> float:
        if step < warm_up:
            return share * (step + 1) / warm_up
        done = min(1.0, (step - warm_up) / max(1, steps - warm_up))
        return share * (0.02 + 0.98 * 0.5 * (1 + math.cos(math.pi * done)))

    return rate


def _step(model: Any, loss: Any, optimizers: list[Any], schedules: list[Any]) -> None:
    """Take one optimisation step with clipped gradients."""
    import torch

    for optimizer in optimizers:
        optimizer.zero_grad()
    loss.backward()
    torch.nn.utils.clip_grad_norm_(model.parameters(), 1.0)
    for optimizer, schedule in zip(optimizers, schedules, strict=True):
        optimizer.step()
        schedule.step()


def _loss(
    model: Any, batch: list[Any], tokenizer: Any, generator: random.Random, form_weight: float
) -> Any:
    """Return the label's soft cross-entropy plus the weighted loss of the two fixed tokens."""
    import torch
    from torch.nn.functional import cross_entropy

    count, vocabulary = len(batch), model.config.vocab_size
    longest = max(len(ids) for ids, _ in batch) + 1
    ids = torch.full((count, longest), tokenizer.pad_token_id)
    soft = torch.zeros(count, vocabulary)
    for r, (prompt, target) in enumerate(batch):
        label = generator.choices(list(target), list(target.values()))[0]
        ids[r, : len(prompt) + 1] = torch.tensor([*prompt, label])
        for token, probability in target.items():
            soft[r, token] = probability
    rows = torch.arange(count)
    last = torch.tensor([len(prompt) for prompt, _ in batch]) - 1  # position of ``Action: ``
    # Padding is on the right and attention is causal, so no mask is needed.
    hidden = model.model(input_ids=ids, use_cache=False).last_hidden_state
    wanted = torch.stack([hidden[rows, last - 1], hidden[rows, last], hidden[rows, last + 1]], 1)
    logits = model.lm_head(wanted).float()
    end = torch.full((count,), tokenizer.eos_token_id)
    form = cross_entropy(logits[:, 0], ids[rows, last]) + cross_entropy(logits[:, 2], end)
    return cross_entropy(logits[:, 1], soft) + form_weight * form


def _mend(
    model: Any, rows: list[Any], tokenizer: Any, recipe: Recipe, generator: random.Random
) -> None:
    """Retrain on wrongly answered examples, mixed with others, until none are left.

    Raises ValueError if some are left after the last round.
    """
    import torch

    for done in range(recipe.mend_rounds + 1):
        wrong = _wrong(model, rows, tokenizer)
        log.info("%d of %d rows are answered wrongly", len(wrong), len(rows))
        if not wrong:
            return
        if done == recipe.mend_rounds:
            break
        optimizer = torch.optim.AdamW(model.parameters(), lr=recipe.mend_rate, weight_decay=0.0)
        rate = _annealed(recipe.mend_steps, recipe.mend_steps // 10, 1.0)
        schedule = torch.optim.lr_scheduler.LambdaLR(optimizer, rate)
        for _ in range(recipe.mend_steps):
            again = [generator.choice(wrong) for _ in range(recipe.batch // 8)]
            others = generator.sample(rows, recipe.batch - len(again))
            loss = _loss(model, again + others, tokenizer, generator, recipe.form_weight)
            _step(model, loss, [optimizer], [schedule])
    raise ValueError(f"{len(wrong)} examples are still answered wrongly; train for more epochs")


def _wrong(model: Any, rows: list[Any], tokenizer: Any) -> list[Any]:
    """Return the rows whose greedy label is not a best move, using the weights as stored (bf16)."""
    import copy

    import torch

    stored = copy.deepcopy(model).to(torch.bfloat16).to(torch.float32)
    wrong = []
    with torch.inference_mode():
        for start in range(0, len(rows), 256):
            batch = rows[start : start + 256]
            longest = max(len(ids) for ids, _ in batch)
            padded = [ids + [tokenizer.pad_token_id] * (longest - len(ids)) for ids, _ in batch]
            last = torch.tensor([len(ids) - 1 for ids, _ in batch])
            hidden = stored.model(input_ids=torch.tensor(padded)).last_hidden_state
            answers = stored.lm_head(hidden[torch.arange(len(batch)), last]).argmax(-1).tolist()
            wrong += [
                row
                for row, answer in zip(batch, answers, strict=True)
                if row[1].get(answer, 0.0) <= LEAST
            ]
    return wrong
