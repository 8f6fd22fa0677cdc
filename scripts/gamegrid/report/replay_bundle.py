"""Episodes as JSON values for the page's script, with no text twice.

A bundle holds ``texts``, ``messages`` and ``episodes``. Model texts and drawings enter as *ropes*:
lists of indices into ``texts``, whose pieces joined are the text. Prompts repeat the rules in every
turn, and drawings their board, so a rope is much shorter. A key whose value is None is left out.

- ``texts``: the distinct pieces.
- ``messages``: each distinct message of a prompt once, as ``role``, ``text`` (a rope) and
  ``left_out`` (the number of characters that are not there).
- ``episodes``: the fields of ``ShownEpisode``, with ropes for drawings, observations, replies and
  reasoning. A spot is a list: its form, then its numbers. A reply's prompt, ``sent``, is a pair:
  the number of messages it shares with the call before by the same seat, and the indices of those
  that follow. ``return_`` is called ``return``.
- ``played``: the number of episodes in the database.
"""

import json
import re
from collections.abc import Sequence
from dataclasses import fields, is_dataclass
from typing import Any

from gamegrid.report.boards import Spot
from gamegrid.report.replay_record import Choice, ReplayFrame, ShownEpisode, ShownReply

Plain = dict[str, Any]
LINE_END = re.compile(r"(?<=\n)")
ELEMENT_END = re.compile(r"(?<=>)(?=<)")


def embedded(data: Any) -> str:
    """Return ``data`` as JSON for a script element; no text in it can close the element."""
    text = json.dumps(data, ensure_ascii=False, separators=(",", ":"))
    return text.translate({ord(char): f"\\u{ord(char):04x}" for char in "<>&\u2028\u2029"})


class Bundle:
    """Collects episodes, up to ``most`` bytes of JSON if it is not None."""

    def __init__(self, most: int | None = None) -> None:
        self._most = most
        self._size = 0
        self._texts: dict[str, int] = {}
        self._messages: dict[tuple[str, tuple[int, ...], int | None], int] = {}
        self._episodes: list[Plain] = []

    def add(self, episode: ShownEpisode) -> bool:
        """Add an episode if it still fits; return whether it did."""
        before = len(self._texts), len(self._messages)
        plain = self._episode(episode)
        texts, messages = list(self._texts)[before[0] :], list(self._messages)[before[1] :]
        size = _size([texts, messages, plain])
        if self._most is not None and self._size + size > self._most:
            for text in texts:
                del self._texts[text]
            for message in messages:
                del self._messages[message]
            return False
        self._size += size
        self._episodes.append(plain)
        return True

    def data(self, played: int) -> Plain:
        """Return the bundle; ``played`` is the number of episodes in the database."""
        messages = [
            _known({"role": role, "text": text, "left_out": left_out})
            for role, text, left_out in self._messages
        ]
        return {
            "played": played,
            "texts": list(self._texts),
            "messages": messages,
            "episodes": self._episodes,
        }

    def _rope(self, text: str, end: re.Pattern[str] = LINE_END) -> list[int]:
        """Return the indices of the pieces of ``text``, which end at ``end``."""
        return [self._texts.setdefault(piece, len(self._texts)) for piece in end.split(text)]

    def _episode(self, episode: ShownEpisode) -> Plain:
        latest = dict[int, list[int]]()
        plain = _fields(episode, "frames")
        plain["frames"] = [self._frame(frame, latest) for frame in episode.frames]
        return plain

    def _frame(self, frame: ReplayFrame, latest: dict[int, list[int]]) -> Plain:
        plain = _fields(frame, "drawing", "choices")
        if frame.drawing is not None:
            plain["drawing"] = self._rope(frame.drawing, ELEMENT_END)
        plain["choices"] = [self._choice(choice, latest) for choice in frame.choices]
        return plain

    def _choice(self, choice: Choice, latest: dict[int, list[int]]) -> Plain:
        plain = _fields(choice, "observation", "replies")
        if choice.spots is not None:
            plain.pop("spot", None)  # it is one of the spots
        if choice.observation is not None:
            plain["observation"] = self._rope(choice.observation)
        plain["replies"] = [self._reply(reply, choice.seat, latest) for reply in choice.replies]
        return plain

    def _reply(self, reply: ShownReply, seat: int, latest: dict[int, list[int]]) -> Plain:
        sent = [
            self._messages.setdefault(
                (message.role, tuple(self._rope(message.text)), message.left_out),
                len(self._messages),
            )
            for message in reply.sent
        ]
        kept = _shared(latest.get(seat, []), sent)
        latest[seat] = sent
        plain = _fields(reply, "sent", "text", "reasoning")
        plain |= {"sent": [kept, sent[kept:]], "text": self._rope(reply.text)}
        if reply.reasoning is not None:
            plain["reasoning"] = self._rope(reply.reasoning)
        return plain


def _shared(one: Sequence[int], other: Sequence[int]) -> int:
    """Return the number of equal items at the beginning of both."""
    pairs = enumerate(zip(one, other, strict=False))
    return next((at for at, (a, b) in pairs if a != b), min(len(one), len(other)))


def _fields(record: Any, *without: str) -> Plain:
    """Return a record's fields as JSON values, without those that are None."""
    names = [field.name for field in fields(record) if field.name not in without]
    return _known({name: _plain(getattr(record, name)) for name in names})


def _plain(value: Any) -> Any:
    match value:
        case Spot():
            return value.plain()
        case tuple():
            return [_plain(item) for item in value]
        case _ if is_dataclass(value):
            return _fields(value)
        case _:
            return value


def _known(values: Plain) -> Plain:
    return {name.rstrip("_"): value for name, value in values.items() if value is not None}


def _size(data: Any) -> int:
    return len(embedded(data).encode(errors="replace"))
