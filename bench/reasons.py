"""Figures of the analysis of what players say, on texts made of the sentences of its own tests."""

import time
from collections.abc import Iterator, Sequence
from random import Random
from statistics import median

import yaml

from bench.measure import ROOT, Figure, Sample, alternate, ratio
from gamegrid.analysis.reasoning import sort_text

REPLIES = 100_000
SENTENCES = 6
"""Of a usual reply: some 60 words."""
LONGER = 50
FILES = [ROOT / f"tests/analysis/reasoning/{name}.yaml" for name in ("tuned", "untouched")]


def figures(runs: int) -> Iterator[Figure]:
    """Measure both."""
    usual = texts(REPLIES, SENTENCES)
    long = texts(REPLIES // LONGER, SENTENCES * LONGER)
    found = alternate(runs, {"usual": lambda: sort_all(usual), "long": lambda: sort_all(long)})
    yield Figure(
        name="reasoning: seconds of a core for 100,000 replies",
        baseline=f"an absolute wish: replies of {SENTENCES} sentences, sorting alone",
        wanted=30,
        at_most=True,
        measured=median(run["usual"]["seconds"] for run in found),
        runs=found,
    )
    yield Figure(
        name=f"reasoning: time a word, texts {LONGER} times as long",
        baseline="replies of the usual length",
        wanted=1.2,
        at_most=True,
        measured=ratio(found, "per_word", "long", "usual"),
    )


def texts(count: int, sentences: int) -> list[str]:
    """Texts of random sentences, without stops: then no clause ever ends."""
    corpus = [yaml.safe_load(path.read_text("utf-8")) for path in FILES]
    known = [text.rstrip(".") for labels in corpus for told in labels.values() for text in told]
    luck = Random(0)
    return [" ".join(luck.choices(known, k=sentences)) for _ in range(count)]


def sort_all(replies: Sequence[str]) -> Sample:
    """Processor time of sorting them all."""
    began = time.process_time()
    for reply in replies:
        sort_text(reply)
    seconds = time.process_time() - began
    return {"seconds": seconds, "per_word": seconds / sum(len(reply.split()) for reply in replies)}
