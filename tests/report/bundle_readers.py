"""Reads bundles of replays back, as the page's script does."""

from collections.abc import Iterator, Sequence
from typing import Any

Bundle = dict[str, Any]


def text(bundle: Bundle, rope: Sequence[int]) -> str:
    return "".join(bundle["texts"][piece] for piece in rope)


def decisions(bundle: Bundle) -> Iterator[tuple[dict[str, Any], int, dict[str, Any]]]:
    """Every decision with its episode and its ply."""
    for episode in bundle["episodes"]:
        for ply, frame in enumerate(episode["frames"]):
            for choice in frame["choices"]:
                yield episode, ply, choice


def replies(bundle: Bundle) -> Iterator[dict[str, Any]]:
    """Every reply, with its texts and its whole prompt in words."""
    latest: dict[tuple[str, int], list[int]] = {}
    for episode, ply, choice in decisions(bundle):
        seat = episode["episode_id"], choice["seat"]
        for attempt, reply in enumerate(choice["replies"]):
            kept, rest = reply["sent"]
            latest[seat] = [*latest.get(seat, [])[:kept], *rest]
            messages = [bundle["messages"][index] for index in latest[seat]]
            yield {
                **reply,
                "at": (episode["episode_id"], ply, choice["seat"], attempt),
                "prompt": [{**m, "text": text(bundle, m["text"])} for m in messages],
                "text": text(bundle, reply["text"]),
                "reasoning": text(bundle, reply.get("reasoning", [])) or None,
            }
