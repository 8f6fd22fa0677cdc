"""Build an Inspect log from the replies of one agent in one game.

The format is version 2 of https://inspect.aisi.org.uk/eval-logs.html. Writing it here means that
only readers need Inspect. Inspect's readers require more than is documented: the plan, a model
event per reply, an id per message, and file names that begin with the time.
"""

import hashlib
import json
import re
from collections.abc import Mapping, Sequence
from datetime import datetime, timedelta
from itertools import accumulate, groupby
from operator import itemgetter
from typing import Any, TypeAlias

ReplyRow: TypeAlias = Mapping[str, Any]
"""One reply: the columns of replies.sql."""

VERSION = 2
SCORES = ("score", "strict_score", "return")
"""The possible scores of a sample; a game has some of them."""
STOPS = {
    "length": "max_tokens",
    "context_overflow": "model_length",
    "content_filter": "content_filter",
    "refused": "content_filter",
    "tool_calls": "tool_calls",
    "unknown": "unknown",
}
"""Finish reasons that Inspect calls by another name."""
SEATED = ("matchup", "deal", "seating", "seat")
"""The columns that identify a sample within a log."""


def name(game: str, agent: str, lines: Sequence[ReplyRow]) -> str:
    """Return the file name TIME_TASK_ID that Inspect lists; its parts contain no underscores.

    Names in a database from elsewhere may hold anything; the file stays in its folder.
    """
    parts = [
        f"{_began(lines):%Y-%m-%dT%H-%M-%S}+00-00",
        *(_word(part) for part in (game, agent)),
    ]
    return "_".join(parts) + ".json"


def _word(text: str) -> str:
    """Return a name of a game or an agent as a part of a file name."""
    plain = text.replace("_", "-")
    if re.fullmatch(r"[\w.()=,;-]{1,80}", plain):
        return plain
    digest = hashlib.sha256(text.encode(errors="replace")).hexdigest()[:8]
    return re.sub(r"[^a-z0-9]+", "-", plain, flags=re.IGNORECASE)[:60] + f"-{digest}"


def log(
    game: str, agent: str, lines: Sequence[ReplyRow], means: Mapping[str, float]
) -> dict[str, Any]:
    """Return the log, with its fields in the order that Inspect expects.

    A sample is one seat of one episode, with that seat's scores. ``means`` maps names of scores to
    the agent's means.
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
        "stats": {"started_at": began, "completed_at": _ended(lines), "model_usage": _usage(lines)},
        "samples": samples,
    }


def _began(lines: Sequence[ReplyRow]) -> datetime:
    """Return the start of the first job of these replies, in UTC."""
    began: datetime = min(line["started_at"] for line in lines)
    return began


def _ended(lines: Sequence[ReplyRow]) -> str:
    """Return the end of the last job of these replies; empty if one has no known end."""
    if any(line["wall_s"] is None for line in lines):
        return ""
    return _stamp(max(_later(line["started_at"], line["wall_s"]) for line in lines))


def _later(time: datetime, seconds: float) -> datetime:
    return time + timedelta(seconds=seconds)


def _stamp(time: datetime) -> str:
    return f"{time.isoformat()}+00:00"


def _mean(score: str, value: float) -> ReplyRow:
    return {
        "name": score,
        "scorer": "gamegrid",
        "metrics": {"mean": {"name": "mean", "value": value}},
    }


def _sample(lines: Sequence[ReplyRow]) -> ReplyRow:
    """Return one seat of one episode: its conversation, its last reply, its result."""
    first, last = lines[0], lines[-1]
    called = f"{first['episode_id']}:{first['seat']}"
    talk = [{**each, "id": f"{called}:{n}"} for n, each in enumerate(_talk(lines))]
    waited = [line["latency_s"] or 0.0 for line in lines]
    starts = accumulate(waited, initial=0.0)
    return {
        "id": called,
        "epoch": 1,
        "input": json.loads(first["messages"])[-1]["content"],
        "target": "",
        "messages": talk,
        "output": _output(last),
        "scores": {score: {"value": first[score]} for score in SCORES if first[score] is not None},
        "metadata": {key: first[key] for key in ("episode_id", *SEATED, "agent", "outcome")},
        "events": [
            _event(line, f"{called}:{n}", start)
            for n, (line, start) in enumerate(zip(lines, starts, strict=False))
        ],
        # A replayed episode took no time that says anything about the model.
        "total_time": None if any(line["replayed"] for line in lines) else first["duration_s"],
        "working_time": sum(waited),
        "model_usage": _usage(lines),
        "uuid": called,
    }


def _talk(lines: Sequence[ReplyRow]) -> list[ReplyRow]:
    """Return every message once, because each request repeats the conversation so far."""
    talk, told = list[ReplyRow](), list[ReplyRow]()
    for line in lines:
        sent = json.loads(line["messages"])
        goes_on = _asked(sent[: len(told)]) == _asked(told)
        talk += [*(sent[len(told) :] if goes_on else sent), _assistant(line)]
        told = [*sent, _assistant(line)]
    return talk


def _asked(messages: Sequence[ReplyRow]) -> list[Any]:
    """Messages without what the model said, which is sent again without its thinking."""
    return [None if each["role"] == "assistant" else each for each in messages]


def _assistant(line: ReplyRow) -> ReplyRow:
    """Return a reply as a message, with its reasoning before its text."""
    content: Any = line["reply"]
    if line["reasoning"]:
        content = [
            {"type": "reasoning", "reasoning": line["reasoning"]},
            {"type": "text", "text": line["reply"]},
        ]
    return {"role": "assistant", "content": content, "source": "generate", "model": line["model"]}


def _output(line: ReplyRow) -> ReplyRow:
    stop = STOPS.get(line["finish_reason"], "stop")
    return {
        "model": line["model"],
        "choices": [{"message": _assistant(line), "stop_reason": stop}],
        "completion": line["reply"],
        "usage": _usage([line]).get(line["model"]),
        "time": line["latency_s"],
    }


def _event(line: ReplyRow, called: str, start: float) -> ReplyRow:
    """Return one call of the model, ``start`` seconds of waiting for replies into its sample.

    Only the start of its job is recorded as a time of day. Times within a sample are counted from
    there, as if nothing but replies took time.
    """
    sent = json.loads(line["messages"])
    begun = _later(line["started_at"], start)
    known = line["latency_s"] is not None
    return {
        "event": "model",
        "uuid": called,
        "timestamp": _stamp(begun),
        "working_start": start,
        "working_time": line["latency_s"],
        "completed": _stamp(_later(begun, line["latency_s"])) if known else None,
        "model": line["model"],
        "input": [{**each, "id": f"{called}:{n}"} for n, each in enumerate(sent)],
        "tools": [],
        "tool_choice": "none",
        "config": {},
        "output": _output(line),
        "metadata": {key: line[key] for key in ("ply", "attempt", "failure", "own", "move")},
    }


def _usage(lines: Sequence[ReplyRow]) -> Mapping[str, ReplyRow]:
    """Return tokens by model; nothing if a reply states none, as the sum would be too small."""
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
