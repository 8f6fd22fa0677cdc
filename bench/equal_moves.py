"""Count equal greedy moves of a real model, read in different ways.

Asks ``hf_smollm2`` for one move in random positions of six games, in conversations that show the
form of the answer. Each request is answered in these ways:

* ``plain``: in batches that begin and end together; every prompt is read whole
* ``shared``: as in a job; shared beginnings are read once, and replies join and leave the batch
* ``ended``: as ``shared``, with ``stop_after_answer``
* ``vllm``: by ``vllm_``, if vLLM is installed

Prints a line of JSON per way: the legal moves, the replies and moves equal to those of ``plain``,
the moves that differ, the moves where ``plain`` has none, and the seconds. A reply has at most 40
tokens, so ``ended`` finds moves in replies that are cut off otherwise.
"""

import argparse
import asyncio
import importlib.util
import json
import sys
import threading
import time
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from itertools import cycle, islice, pairwise
from pathlib import Path

from bench.measure import ROOT
from gamegrid.backends import hf_answers, vllm
from gamegrid.backends.backend import Backend, Completion, ModelEntry, Request, Sampling
from gamegrid.backends.hf_loading import load
from gamegrid.backends.hf_sampling import BatchRow
from gamegrid.backends.huggingface import HuggingFace
from gamegrid.backends.packaged import SMOLLM2
from gamegrid.luck import deal_draw
from gamegrid.prompts.parser import parse

sys.path += [str(ROOT / "tests"), str(ROOT / "tests/prompts")]

import real_replies

GAMES = ("tic_tac_toe", "connect_four", "hex(board_size=4)", "leduc_poker", "liars_dice", "nim")
TEMPLATES = ("terse", "default")
BATCH = 16
"""Rows of a plain batch."""
MAX_TOKENS = 40


@dataclass(frozen=True, slots=True)
class Question:
    """A request and the legal moves of its position."""

    request: Request
    labels: tuple[str, ...]

    def move(self, reply: Completion) -> str | None:
        """Return the move that a reply states."""
        return parse(reply.text, reply.finish_reason, self.labels).label


Answer = Callable[[Sequence[Request]], list[Completion]]


def main() -> None:
    """Ask, compare and print."""
    parser = argparse.ArgumentParser(prog="python -m bench.equal_moves", description=__doc__)
    parser.add_argument("requests", nargs="?", type=int, default=500)
    asked = list(islice(questions(), parser.parse_args().requests))
    ways: dict[str, Answer] = {"plain": plain, "shared": shared, "ended": ended}
    if importlib.util.find_spec("vllm") is not None:
        ways["vllm"] = in_vllm
    first: list[Completion] = []
    for name, answer in ways.items():
        began = time.perf_counter()
        replies = answer([each.request for each in asked])
        seconds = time.perf_counter() - began
        first = first or replies
        print(
            json.dumps({"way": name, **compared(asked, first, replies), "seconds": seconds}),
            flush=True,
        )


def compared(
    asked: Sequence[Question], first: Sequence[Completion], others: Sequence[Completion]
) -> dict[str, int]:
    """Return how many replies and moves are equal, and how many differ."""
    pairs = list(zip(first, others, strict=True))
    moves = [(q.move(a), q.move(b)) for q, (a, b) in zip(asked, pairs, strict=True)]
    return {
        "requests": len(asked),
        "moves": sum(b is not None for _, b in moves),
        "equal_replies": sum(a.text == b.text for a, b in pairs),
        "equal_moves": sum(a is not None and a == b for a, b in moves),
        "other_moves": sum(a is not None and a != b for a, b in moves),
        "new_moves": sum(a is None and b is not None for a, b in moves),
    }


def questions() -> Iterator[Question]:
    """Yield requests: games and templates take turns."""
    turns = {game: pairwise(real_replies.distinct_positions(game)) for game in GAMES}
    for number, game in enumerate(cycle(GAMES)):
        before, position = next(turns[game])
        luck = deal_draw(real_replies.SEED, game, number, "equal_moves")
        template = TEMPLATES[number // len(GAMES) % len(TEMPLATES)]
        request = Request(
            model="hf_smollm2",
            messages=tuple(real_replies.later_turn(before.seen, luck, position.seen, template)),
            sampling=Sampling(temperature=0.0, max_tokens=MAX_TOKENS),
        )
        yield Question(request, position.seen.labels)


def entry(prefix: str = "hf", **engine: object) -> ModelEntry:
    """Return the model's entry."""
    folder = Path(SMOLLM2.folder).expanduser()
    return ModelEntry(name=f"{prefix}_smollm2", model_path=str(folder), engine=engine)


def plain(requests: Sequence[Request]) -> list[Completion]:
    """Answer in batches that begin and end together, by transformers' ``generate``."""
    model = load(entry())
    made = [(place, hf_answers.prepare(model, each)) for place, each in enumerate(requests)]
    rows = [(place, row) for place, row in made if isinstance(row, BatchRow)]
    rows.sort(key=lambda pair: len(pair[1].prompt.ids))
    replies: dict[int, Completion] = {}
    for start in range(0, len(rows), BATCH):
        batch = rows[start : start + BATCH]
        answers = hf_answers.generate(model, [row for _, row in batch], threading.Event())
        for (place, _), answer in zip(batch, answers, strict=True):
            assert isinstance(answer, Completion), answer
            replies[place] = answer
    return [replies[place] for place in range(len(requests))]


def shared(requests: Sequence[Request]) -> list[Completion]:
    """Answer as a job does."""
    return asyncio.run(_as_in_a_job(HuggingFace(entry()), requests))


def ended(requests: Sequence[Request]) -> list[Completion]:
    """Answer as a job does, and end each reply after its answer."""
    return asyncio.run(_as_in_a_job(HuggingFace(entry(stop_after_answer=True)), requests))


def in_vllm(requests: Sequence[Request]) -> list[Completion]:
    """Answer with vLLM's engine as a job does."""
    backend = vllm.Vllm(entry("vllm", dtype="float32"), Path.cwd())
    return asyncio.run(_as_in_a_job(backend, requests))


async def _as_in_a_job(backend: Backend, requests: Sequence[Request]) -> list[Completion]:
    await backend.open()
    try:
        return await asyncio.gather(*(backend.complete(request) for request in requests))
    finally:
        await backend.close()


if __name__ == "__main__":
    main()
