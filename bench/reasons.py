"""Benchmarks for the analysis of what players say, on texts made from its tests' sentences."""

import time
from collections.abc import Iterator, Sequence
from random import Random
from statistics import median

import yaml

from bench.measure import ROOT, Figure, Sample, alternate, ratio
from gamegrid.analysis.reasoning import sort_text

REPLIES = 100_000
SENTENCES = 6
"""Sentences in a typical reply of about 60 words."""
LONGER = 50
FILES = [ROOT / f"tests/analysis/reasoning/{name}.yaml" for name in ("tuned", "untouched")]


def figures(runs: int) -> Iterator[Figure]:
    """Run both measurements."""
    usual = texts(REPLIES, SENTENCES)
    long = texts(REPLIES // LONGER, SENTENCES * LONGER)
    samples = alternate(runs, {"usual": lambda: sort_all(usual), "long": lambda: sort_all(long)})
    yield Figure(
        name="reasoning: seconds of a core for 100,000 replies",
        baseline=f"a fixed target: replies of {SENTENCES} sentences, classification only",
        wanted=30,
        at_most=True,
        measured=median(run["usual"]["seconds"] for run in samples),
        runs=samples,
    )
    yield Figure(
        name=f"reasoning: time per word, texts {LONGER} times as long",
        baseline="replies of the usual length",
        wanted=1.2,
        at_most=True,
        measured=ratio(samples, "per_word", "long", "usual"),
    )


def texts(count: int, sentences: int) -> list[str]:
    """Return texts of random sentences without full stops, the worst case: no clause ever ends."""
    corpus = [yaml.safe_load(path.read_text("utf-8")) for path in FILES]
    known = [text.rstrip(".") for labels in corpus for group in labels.values() for text in group]
    luck = Random(0)
    return [" ".join(luck.choices(known, k=sentences)) for _ in range(count)]


def sort_all(replies: Sequence[str]) -> Sample:
    """Measure the processor time to classify all replies."""
    began = time.process_time()
    for reply in replies:
        sort_text(reply)
    seconds = time.process_time() - began
    return {"seconds": seconds, "per_word": seconds / sum(len(reply.split()) for reply in replies)}
