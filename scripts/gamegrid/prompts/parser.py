"""Parse a model's reply: find the legal move it states, or classify the failure.

A wrong move is worse than a rejected reply, so the parser rejects anything ambiguous. Every step
takes time linear in the length of the reply.
"""

import json
import re
import unicodedata
from collections.abc import Iterator, Sequence

from gamegrid.backends.backend import FinishReason
from gamegrid.backends.thinking import split
from gamegrid.prompts.objects import TOKEN, Objects, half_width, unquoted
from gamegrid.prompts.parsed import Parsed
from gamegrid.prompts.refusals import refuses
from gamegrid.prompts.spelling import Speller, Spellings, unescaped
from gamegrid.prompts.statements import KEYWORD, TURN_END, decide, is_doubtful, statements
from gamegrid.records.record_types import Failure


def parse(
    reply: str,
    finish_reason: FinishReason,
    labels: Sequence[str],
    spellings: Spellings | None = None,
) -> Parsed:
    """Return the move of ``labels`` that ``reply`` states, or the kind of failure.

    Think blocks are cut first. An answer is a JSON object with an ``action`` key or an ``Action:``
    line; nothing else counts, not even a bare label. Answers that name the same move are one. If
    the reply can be read in two ways, it is ``unparsable``: several answers name different moves,
    and the words before the last do not plainly put it in place of the others; the words after the
    answer take it back or decide for another move; or the only answer is introduced as an example
    or as somebody else's move.

    If there is no answer, the parser tries to repair JSON whose garbling leaves no doubt. If there
    still is none, the reply is ``refused`` if it starts with a plain refusal, else ``unparsable``.

    ``spellings`` returns further spellings of the labels that the game accepts.
    """
    parts = split(reply)
    text, thought = parts.answer, parts.thinking
    match finish_reason:
        case FinishReason.LENGTH:
            return _parsed(Failure.TRUNCATED, thought)
        case FinishReason.CONTEXT_OVERFLOW:
            return _parsed(Failure.CONTEXT_OVERFLOW, thought)
        case FinishReason.CONTENT_FILTER | FinishReason.REFUSED:
            return _parsed(Failure.REFUSED, thought)
        case FinishReason.TOOL_CALLS | FinishReason.UNKNOWN:
            return _parsed(Failure.UNPARSABLE, thought)
        case FinishReason.STOP:
            return _read(text, thought, Speller(labels, spellings))


# From text to Parsed


def _parsed(outcome: str | Failure, *reasoning: str | None) -> Parsed:
    parts = [part.replace(TURN_END, "").strip() for part in reasoning if part]
    # An escape such as \ud800 is half a character, which no file can store.
    joined = "\n\n".join(part for part in parts if part)
    whole = joined.encode("utf-16-le", "surrogatepass").decode("utf-16-le", "replace")
    if isinstance(outcome, Failure):
        return Parsed(None, outcome, whole or None)
    return Parsed(outcome, None, whole or None)


def _read(text: str, thought: str, speller: Speller) -> Parsed:
    text = without_tokens(text)
    if _is_blank(text):
        return _parsed(Failure.EMPTY if _is_blank(thought) else Failure.UNPARSABLE, thought)
    for objects in map(Objects, _mended(text)):
        stated = statements(objects, speller)
        if stated or objects.answers:
            break
    else:
        return _parsed(Failure.REFUSED if refuses(text) else Failure.UNPARSABLE, thought)
    chosen = decide(objects, stated) if stated else None
    if chosen is None or chosen.answer.value is None or is_doubtful(objects, chosen, speller):
        reasoning = stated[-1].answer.reasoning if stated else None
        return _parsed(Failure.UNPARSABLE, thought, reasoning)
    return _parsed(chosen.label or Failure.ILLEGAL, thought, chosen.answer.reasoning)


def _is_blank(text: str) -> bool:
    return all(char.isspace() or unicodedata.category(char) in ("Cf", "Cc") for char in text)


_TOKENS = re.compile(
    r"""(?:<\|[^|<>\s]{1,40}+\|> | <｜[^｜<>\s]{1,40}+｜> | \[\|[^|\[\]\s]{1,40}+\|\]
      | <\|\w{1,24}+> | <\w{1,24}+\|> | </?(?:eos|bos|pad|eot|eod|eom|eop|sep|unk|im_end|im_start
      |endoftext|end_?of_?\w{1,20}+|start_of_\w{1,20}+|extra_id_\d{1,4}+)>
      | \[/?(?:INST|EOS|BOS|PAD|END|SEP|ASSISTANT|SYSTEM_PROMPT)\])++(\s*+["'”])?""",
    re.VERBOSE | re.IGNORECASE,
)
"""Special tokens of models that reached the text, and a quotation mark that follows."""


def without_tokens(text: str) -> str:
    """Replace special tokens by a mark on a line for itself; within a string, drop them."""
    return _TOKENS.sub(lambda tokens: tokens[1] or f"\n{TURN_END}\n", text)


# Repairs

_STRAIGHT = str.maketrans("‘’“”", "''\"\"")
_FORM = re.compile(
    r"""\{\s*+ (?P<quote>["']?+)
    (?: reasoning(?P=quote) \s*+:\s*+ (?P<open>["'])(?P<reasoning>[^{}]*)(?P=open)
        [^\S\n]*+ [,\n] \s*+ (?:(?:/\*[^*"]*+\*/|(?://|\#)[^\n"]*+\n)\s*+)?+ (?P=quote) )?
    action(?P=quote) \s*+:\s*+ (?P<action>
        "[^"\n{}\\]*+" | '[^'\n{}\\]*+' | [^\s"'{}\[\],:][^"'{}\[\],:\n]*+)
    \s*+,?+\s*+ \} [\s`]*+ \Z""",
    re.VERBOSE | re.IGNORECASE,
)


def _mended(text: str) -> Iterator[str]:
    """Yield ``text`` and then repaired versions; read each only if those before hold no answer.

    A repair requires that the first object starts a line: in the middle of prose it may be a
    quotation.
    """
    yield text
    whole = text.strip()
    if whole.startswith('"{') and TOKEN.fullmatch(whole):
        yield unquoted(whole)
    shape = half_width(text)
    start = shape.find("{")
    if start < 0 or shape[shape.rfind("\n", 0, start) + 1 : start].strip():
        return
    if '"' not in text:
        yield split(unescaped(text)).answer
    if '\\"' in whole and TOKEN.fullmatch(f'"{whole}"'):
        yield unquoted(f'"{whole}"')
    closed = whole.rstrip("` \t\r\n")
    if closed.endswith(('"', "'", "”")):
        yield closed + "}"
    # The form that prompts ask for, garbled by quotes inside its reasoning, unquoted keys or
    # values, a comment, or a missing comma. Nothing may follow it that could revoke it.
    form = _FORM.match(shape.translate(_STRAIGHT), start)
    if form and len(KEYWORD.findall(shape)) == 1:
        parts = {name: text[slice(*form.span(name))] for name in ("reasoning", "action")}
        parts["action"] = parts["action"].strip("\"'‘’“”")
        yield text[:start] + json.dumps(parts)
