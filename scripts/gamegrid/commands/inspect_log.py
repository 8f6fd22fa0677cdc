"""One log of Inspect, from the replies of one agent in one game.

The format is version 2 of https://inspect.aisi.org.uk/eval-logs.html, written here so that nobody
needs Inspect but to read it. Its readers want more than is documented: the plan, a model event per
reply, an id per message, and names of files that begin with the time.
"""

import json
from collections.abc import Mapping, Sequence
from datetime import datetime
from itertools import groupby
from operator import itemgetter
from typing import Any, TypeAlias

Line: TypeAlias = Mapping[str, Any]
"""One reply with what belongs to it: the columns of replies.sql."""

VERSION = 2
SCORES = ("score", "strict_score", "return")
"""The scores of a sample, where the game has them."""
STOPS = {"length": "max_tokens", "content_filter": "content_filter", "refused": "content_filter"}
"""Why a model stopped, in Inspect's words where they are others."""
SEATED = ("matchup", "deal", "seating", "seat")
"""What tells a sample from the others of a log."""


def name(game: str, agent: str, lines: Sequence[Line]) -> str:
    """The name of the log's file: Inspect lists TIME_TASK_ID, whose parts hold no underscores."""
    parts = [
        f"{_began(lines):%Y-%m-%dT%H-%M-%S}+00-00",
        *(p.replace("_", "-") for p in (game, agent)),
    ]
    return "_".join(parts) + ".json"


def log(game: str, agent: str, lines: Sequence[Line], means: Mapping[str, float]) -> dict[str, Any]:
    """Return the log, in the order of fields that Inspect reads.

    A sample is one seat of one episode, its scores are the seat's. ``means`` are the agent's, by
    the name of the score.
    """
    by_seat = sorted(lines, key=itemgetter(*SEATED, "ply", "attempt"))
    samples = [_sample(list(part)) for _, part in groupby(by_seat, key=itemgetter(*SEATED))]
    began = _stamp(_began(lines))
    count = {"total_samples": len(samples), "completed_samples": len(samples)}
    return {
        "version": VERSION,
        "status": "success",
        "eval": {
            "run_id": f"gamegrid/{began}",
            "created": began,
            "task": f"gamegrid/{game}",
            "task_id": f"gamegrid/{game}/{agent}",
            "task_args": {"agent": agent},
            "dataset": {"name": game, "samples": len(samples)},
            "model": lines[0]["model"],
            "config": {},
        },
        "plan": {"name": "plan", "steps": [], "config": {}},
        "results": {**count, "scores": [_mean(score, value) for score, value in means.items()]},
        "stats": {"started_at": began, "completed_at": "", "model_usage": _usage(lines)},
        "samples": samples,
    }


def _began(lines: Sequence[Line]) -> datetime:
    """When the first job of these replies began, in UTC."""
    began: datetime = min(line["started_at"] for line in lines)
    return began


def _stamp(time: datetime) -> str:
    return f"{time.isoformat()}+00:00"


def _mean(score: str, value: float) -> Line:
    return {
        "name": score,
        "scorer": "gamegrid",
        "metrics": {"mean": {"name": "mean", "value": value}},
    }


def _sample(lines: Sequence[Line]) -> Line:
    """One seat of one episode: its whole talk, its last reply, its result."""
    first, last = lines[0], lines[-1]
    called = f"{first['episode_id']}:{first['seat']}"
    talk = [{**each, "id": f"{called}:{n}"} for n, each in enumerate(_talk(lines))]
    return {
        "id": called,
        "epoch": 1,
        "input": json.loads(first["messages"])[-1]["content"],
        "target": "",
        "messages": talk,
        "output": _output(last),
        "scores": {score: {"value": first[score]} for score in SCORES if first[score] is not None},
        "metadata": {key: first[key] for key in ("episode_id", *SEATED, "agent", "outcome")},
        "events": [_event(line, f"{called}:{n}") for n, line in enumerate(lines)],
        "model_usage": _usage(lines),
        "uuid": called,
    }


def _talk(lines: Sequence[Line]) -> list[Line]:
    """Everything that was said, once: a conversation is sent again as a whole."""
    talk, told = list[Line](), list[Line]()
    for line in lines:
        sent = json.loads(line["messages"])
        goes_on = _asked(sent[: len(told)]) == _asked(told)
        talk += [*(sent[len(told) :] if goes_on else sent), _assistant(line)]
        told = [*sent, _assistant(line)]
    return talk


def _asked(messages: Sequence[Line]) -> list[Any]:
    """Messages without what the model said, which is sent again without its thinking."""
    return [None if each["role"] == "assistant" else each for each in messages]


def _assistant(line: Line) -> Line:
    """A reply as a message, its reasoning before its text."""
    content: Any = line["reply"]
    if line["reasoning"]:
        content = [
            {"type": "reasoning", "reasoning": line["reasoning"]},
            {"type": "text", "text": line["reply"]},
        ]
    return {"role": "assistant", "content": content, "source": "generate", "model": line["model"]}


def _output(line: Line) -> Line:
    stop = STOPS.get(line["finish_reason"], "stop")
    return {
        "model": line["model"],
        "choices": [{"message": _assistant(line), "stop_reason": stop}],
        "completion": line["reply"],
        "usage": _usage([line]).get(line["model"]),
        "time": line["latency_s"],
    }


def _event(line: Line, called: str) -> Line:
    """One call of the model. It has the time at which its job began: no other is on file."""
    sent = json.loads(line["messages"])
    return {
        "event": "model",
        "uuid": called,
        "timestamp": _stamp(line["started_at"]),
        "working_start": 0.0,
        "model": line["model"],
        "input": [{**each, "id": f"{called}:{n}"} for n, each in enumerate(sent)],
        "tools": [],
        "tool_choice": "none",
        "config": {},
        "output": _output(line),
        "metadata": {key: line[key] for key in ("ply", "attempt", "failure", "own", "move")},
    }


def _usage(lines: Sequence[Line]) -> Mapping[str, Line]:
    """Tokens by model; nothing where a reply states none, as a sum would be short."""
    if any(line["prompt_tokens"] is None or line["completion_tokens"] is None for line in lines):
        return {}
    sent = sum(line["prompt_tokens"] for line in lines)
    said = sum(line["completion_tokens"] for line in lines)
    cached = sum(line["cached_tokens"] or 0 for line in lines)
    return {
        lines[0]["model"]: {
            "input_tokens": sent - cached,
            "input_tokens_cache_read": cached,
            "output_tokens": said,
            "total_tokens": sent + said,
        }
    }
