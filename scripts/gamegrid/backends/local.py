"""Shared by the local backends: checks of entries, prompts as token ids, and texts of replies."""

import gc
import shlex
import sys
import textwrap
from collections.abc import Iterable, Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from gamegrid.backends import answer_ends, packaged
from gamegrid.backends.backend import (
    BackendError,
    Completion,
    Decode,
    FinishReason,
    ModelEntry,
    Request,
    Sampling,
    Usage,
)
from gamegrid.backends.chat_prompts import ChatPrompts, check_template
from gamegrid.backends.thinking import ends_thinking, has_marks, opening
from gamegrid.errors import nearest
from gamegrid.paths import there

DEFAULT_MAX_TOKENS = 256
"""The default length of a reply, if the context has room."""

THINKING_MAX_TOKENS = 4096
"""The default length of a reply if the chat template has thinking, so that it can finish."""

BRIEF = 300
"""The most characters quoted from another library's error."""
GGUF = ".gguf"
ADAPTER_CONFIG = "adapter_config.json"
ADAPTER_WEIGHTS = "adapter_model.safetensors"
PICKLES = (".bin", ".pt", ".pth", ".ckpt")
"""Endings of weights that torch reads by pickle, which can run code."""

CUE = "Action:"
REFUSED = {
    "reasoning_effort": "a local model has no such key; if its chat template has one, set it "
    "in chat_template_kwargs",
    "thinking_budget": "a local model's thinking has no limit of its own; lower max_tokens",
    "extra_body": "only servers accept it",
}
"""Sampling keys that only hosted models accept, and what to do instead."""


@dataclass(frozen=True, slots=True)
class EncodedChoice:
    """A label, the text of a reply that states it, and the tokens of that text and the end."""

    label: str
    text: str
    ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Prompt:
    """The input of an engine: the prompt's token ids and the maximum length of the reply.

    ``lead`` is the end of the prompt if it belongs to the reply: a tag that opens its thinking.
    ``choices`` are the allowed replies; empty if any reply is allowed.
    """

    ids: list[int]
    max_tokens: int
    lead: str = ""
    choices: tuple[EncodedChoice, ...] = ()


def check_folder(name: str, key: str, folder: Path) -> str | None:
    """Return a sentence if ``folder`` does not contain a model, else None."""
    if not there(folder, Path.is_dir):
        return (
            f"{name}: {key} {str(folder)!r} is not a folder. Use an absolute path or one "
            f"relative to the working directory. Download a model with: {fetch(folder)}"
        )
    if not (folder / "config.json").is_file():
        return (
            f"{name}: {key} {str(folder)!r} has no config.json; "
            "it must be a model folder as written by `save_pretrained` or `hf download`."
        )
    return pickled(name, str(folder)) if is_pickled(folder) else None


def fetch(folder: Path) -> str:
    """Return the command that downloads a model into a folder."""
    return packaged.remedy(folder) or (
        f"hf download ORGANISATION/MODEL --local-dir {shlex.quote(str(folder))}"
    )


def check_tokenizer(entry: ModelEntry) -> str | None:
    """Return a sentence if the entry's tokenizer folder does not exist, else None."""
    if entry.tokenizer_path is None or there(Path(entry.tokenizer_path), Path.is_dir):
        return None
    return f"{entry.name}: tokenizer_path {entry.tokenizer_path!r} is not a folder."


def check_adapter(entry: ModelEntry) -> str | None:
    """Return a sentence if the entry's adapter lacks a file, else None."""
    if entry.adapter_path is None:
        return None
    folder = Path(entry.adapter_path)
    for name in (ADAPTER_CONFIG, ADAPTER_WEIGHTS):
        if not there(folder / name, Path.is_file):
            return (
                f"{entry.name}: adapter_path {entry.adapter_path!r} has no {name}; it must be a "
                "folder as PEFT's `save_pretrained` writes it."
            )
    return None


def unsupported_reason(entry: ModelEntry, sampling: Sampling, _: Decode) -> str | None:
    """Return a sentence if the entry's chat template drops a question, else None.

    Reads the template of a folder only; one from the hub or in a GGUF file is checked when a
    question is asked.
    """
    folder = entry.tokenizer_path or entry.model_path
    options = sampling.chat_template_kwargs or {}
    if folder is None or is_gguf(Path(folder)):
        return None
    return check_template(entry.name, Path(folder), options)


def refuse_unsupported(name: str, sampling: Sampling) -> None:
    """Raise BackendError for a sampling key that only hosted models accept."""
    for key, reason in REFUSED.items():
        if getattr(sampling, key) is not None:
            raise BackendError(f"{name}: {key} is not supported: {reason}.")


def unknown_key(name: str, key: str, known: Sequence[str]) -> str:
    """Return the sentence for an ``engine`` key that does not exist."""
    return f"{name}: engine has no argument {key!r}.{nearest(key, known)}"


def listed(value: Any) -> list[Any]:
    """Return a setting that is a list, a single value or None as a list."""
    if value is None:
        return []
    return list(value) if isinstance(value, list | tuple | set) else [value]


def brief(error: BaseException) -> str:
    """Return an error's type and the start of its text on one line, for a message."""
    text = textwrap.shorten(str(error), BRIEF, placeholder=" …")
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def is_gguf(path: Path) -> bool:
    """Return whether a path names a GGUF file: weights and tokenizer in one."""
    return path.suffix == GGUF


def is_pickled(folder: Path) -> bool:
    """Return whether a model's folder has weights, but none in the safetensors format."""
    names = [path.suffix for path in folder.glob("*")] if folder.is_dir() else []
    return ".safetensors" not in names and any(suffix in PICKLES for suffix in names)


def pickled(name: str, source: str) -> str:
    """Return the sentence for weights that could run code when they are loaded."""
    return (
        f"{name}: {source!r} has no weights in the safetensors format. Other weights are pickles, "
        "which can run code, so they are not loaded; convert the model, or take another copy of it."
    )


def free_memory() -> None:
    """Release the memory of deleted objects, including GPU memory."""
    gc.collect()
    torch = sys.modules.get("torch")  # without torch there is nothing to release
    if torch is not None and torch.cuda.is_available():
        torch.cuda.empty_cache()


def load_tokenizer(entry: ModelEntry, source: str, **file: str) -> Any:
    """Load the entry's tokenizer, or else the one of the model at ``source``.

    ``file`` names a GGUF file to transformers.
    """
    from transformers import AutoTokenizer

    if entry.tokenizer_path is not None:
        return AutoTokenizer.from_pretrained(
            entry.tokenizer_path, trust_remote_code=entry.trust_remote_code
        )
    return AutoTokenizer.from_pretrained(
        source,
        revision=entry.revision or "main",
        trust_remote_code=entry.trust_remote_code,
        **file,
    )


class Prompts:
    """Turns requests into token ids for one model, and generated text into replies.

    If the model has a chat template, prompts use it. A base model without one and a
    sequence-to-sequence model (``encoder``) get plain text that ends with the cue ``Action:``, and
    their reply ends at the first line break. ``limit`` is the model's number of positions, None if
    unlimited. Prompt and reply share it, except in a sequence-to-sequence model. ``stated_ends``
    and ``stop_strings`` are the end tokens and the texts at which the model's generation_config
    ends a reply.

    ``end`` is the token that follows a reply in the chat template, None for a tokenizer without
    one. ``ends`` are all tokens at which an engine stops, and ``stops`` all texts.
    ``longest_stop`` is the most tokens that one of these texts can take.
    """

    def __init__(
        self,
        name: str,
        tokenizer: Any,
        *,
        limit: int | None,
        encoder: bool,
        stated_ends: Iterable[int] = (),
        stop_strings: Sequence[str] = (),
    ) -> None:
        self.name = name
        self._tokenizer = tokenizer
        self._limit = limit
        self._encoder = encoder
        template = None if encoder else tokenizer.chat_template
        self._talk = None if template is None else ChatPrompts(name, tokenizer)
        self.chat = self._talk is not None
        self.end = self._find_end()
        self.ends, self.stops = self._find_ends(str(template), stated_ends, stop_strings)
        self._choice_ends = self.ends if self.end is None else self.ends | {self.end}
        self.longest_stop = max((len(stop.encode()) for stop in self.stops), default=0)
        self._special = _special_tokens(tokenizer) if self.chat else {}
        marked = [str(template), *map(str, tokenizer.added_tokens_decoder.values())]
        self._thinks = self.chat and any(map(has_marks, marked))

    def prepare(self, request: Request) -> Prompt | Completion:
        """Return the prompt, or a completion that states that the request does not fit.

        A prompt is never shortened. Raises BackendError if the chat template cannot express the
        messages, if choices have equal tokens, or if they would follow an open think tag.
        """
        ids, lead = self._ids(request)
        if request.decode is Decode.GENERATE:
            wanted = request.sampling.max_tokens
            thinks = self._thinks or lead != ""
            default = THINKING_MAX_TOKENS if thinks else DEFAULT_MAX_TOKENS
            max_tokens = self._budget(len(ids), wanted, default)
            asked = f" and the {wanted} of max_tokens" if wanted is not None else ""
            if max_tokens is not None:
                return Prompt(ids, max_tokens, lead)
        else:
            choices = self._choices(request, lead)
            longest = max(len(choice.ids) for choice in choices)
            max_tokens = self._budget(len(ids), longest, longest)
            asked = f" and the {longest} of the longest choice"
            if max_tokens is not None:
                return Prompt(ids, max_tokens, "", choices)
        sentence = (
            f"{self.name}: the {len(ids)} tokens of the prompt{asked} "
            f"do not fit the model's context of {self._limit} tokens"
        )
        return Completion(
            text="",
            finish_reason=FinishReason.CONTEXT_OVERFLOW,
            usage=Usage(prompt_tokens=len(ids)),
            raw={"error": sentence},
        )

    def decode(self, ids: Sequence[int]) -> str:
        """Return the text of generated tokens, unchanged but without what ends it.

        A chat model's other special tokens are kept as text: they may mark its thinking, which
        would be taken for its answer without them.
        """
        text = self._text(ids)
        return text[: self._stop_place(text)]

    def stops_at(self, ids: Sequence[int]) -> bool:
        """Return whether the text of generated tokens contains a stop string."""
        return bool(self.stops) and self._stop_place(self._text(ids)) is not None

    def is_answered(self, prompt: Prompt, ids: Sequence[int]) -> bool:
        """Return whether generated tokens state a complete answer; see ``answer_ends``."""
        thinks = self._thinks or prompt.lead != ""
        return answer_ends.is_answered(self.reply(prompt, self.decode(ids)), thinks=thinks)

    def ends_of(self, prompt: Prompt) -> frozenset[int]:
        """Return the tokens at which a reply to this prompt ends."""
        return self._choice_ends if prompt.choices else self.ends

    def _text(self, ids: Sequence[int]) -> str:
        last = len(ids)
        while last and ids[last - 1] in self._choice_ends:
            last -= 1
        text, start = "", 0
        for index, token in enumerate(ids[:last]):
            if token in self._special:
                text += self._plain(ids[start:index]) + self._special[token]
                start = index + 1
        return text + self._plain(ids[start:last])

    def _stop_place(self, text: str) -> int | None:
        """Return where the first stop string in a text starts, or None."""
        return min((place for stop in self.stops if (place := text.find(stop)) >= 0), default=None)

    def reply(self, prompt: Prompt, generated: str) -> str:
        """Return the reply in the form that the parser reads.

        This restores the start of a reply that was part of the prompt: a tag that opened the
        thinking, or the cue ``Action:`` that a model without a chat template continues. A reply
        that is empty or starts with the cue or a JSON object gets no cue.
        """
        if self.chat:
            return prompt.lead + generated
        line = generated.split("\n", 1)[0]
        begin = line.strip().lower()
        if not begin or begin.startswith((CUE.lower(), "{")):
            return line.strip()
        return f"{CUE} {line.strip()}"

    def scored(
        self, prompt: Prompt, likelihoods: dict[str, float], served: str, cached: int | None
    ) -> Completion:
        """Return the completion of a scored request, for which nothing was generated.

        ``cached`` counts the tokens of the prompt that the engine had read before.
        """
        likeliest = max(likelihoods, key=lambda label: likelihoods[label])
        return Completion(
            text=f"{CUE} {likeliest}",
            finish_reason=FinishReason.STOP,
            model_served=served,
            usage=Usage(prompt_tokens=len(prompt.ids), completion_tokens=0, cached_tokens=cached),
            likelihoods=likelihoods,
        )

    def _choices(self, request: Request, lead: str) -> tuple[EncodedChoice, ...]:
        """Encode each choice as a reply: ``Action: <label>``, or the part after the cue."""
        if lead:
            raise BackendError(
                f"{self.name}: its chat template opens the reply with {lead.strip()}, so a label "
                f"cannot come first; with decode: {request.decode} turn thinking off, for most "
                "models with chat_template_kwargs: {enable_thinking: false}."
            )
        if self.end is None:
            raise BackendError(
                f"{self.name}: its tokenizer has no end token, so a label cannot be told from a "
                f"longer one that starts with it; use decode: generate."
            )
        before = f"{CUE} " if self.chat else "" if self._encoder else " "
        assert request.choices is not None
        choices, seen = [], dict[tuple[int, ...], str]()
        for label in request.choices:
            text = f"{before}{label}"
            ids = (*self._encode(text), self.end)
            if (other := seen.setdefault(ids, label)) != label:
                raise BackendError(
                    f"{self.name}: its tokenizer encodes {other!r} and {label!r} alike; "
                    "use decode: generate."
                )
            choices.append(EncodedChoice(label, text, ids))
        return tuple(choices)

    def _find_end(self) -> int | None:
        """Return the token that ends a reply: from the chat template, or a line break."""
        end: int | None = self._tokenizer.eos_token_id
        if self._talk is not None:
            after = self._encode(self._talk.after_reply())
            return after[0] if after and after[0] in self._tokenizer.all_special_ids else end
        breaks = [] if self._encoder else self._encode("\n")
        return breaks[-1] if breaks else end

    def _find_ends(
        self, template: str, stated: Iterable[int], stop_strings: Sequence[str]
    ) -> tuple[frozenset[int], tuple[str, ...]]:
        """Return the tokens and the texts that end a reply.

        The template's end is left out if it also ends thinking, after which the reply goes on.
        """
        special = set(self._tokenizer.all_special_ids)
        encoded = {stop: self._encode(stop) for stop in stop_strings}
        single = {stop: ids[0] for stop, ids in encoded.items() if len(ids) == 1}
        known = {stop: token for stop, token in single.items() if token in special}
        tokens = {*known.values(), *stated, self._tokenizer.eos_token_id} - {None}
        if self.chat and self.end is not None and not (tokens and self._ends_thinking(template)):
            tokens.add(self.end)
        return frozenset(tokens), tuple(stop for stop in stop_strings if stop and stop not in known)

    def _ends_thinking(self, template: str) -> bool:
        return ends_thinking(template, str(self._tokenizer.convert_ids_to_tokens(self.end)))

    def _encode(self, text: str) -> list[int]:
        # verbose would warn of texts beyond the model's limit, which prepare() answers.
        return list(self._tokenizer.encode(text, add_special_tokens=False, verbose=False))

    def _plain(self, ids: Sequence[int]) -> str:
        # Some tokenizers enable a clean-up of spaces, which would change the reply.
        return str(
            self._tokenizer.decode(
                ids, skip_special_tokens=True, clean_up_tokenization_spaces=False
            )
        )

    def _budget(self, prompt: int, wanted: int | None, default: int) -> int | None:
        """Return the maximum length of the reply in tokens; None if it does not fit."""
        if self._limit is None:
            return default if wanted is None else wanted
        room = self._limit if self._encoder else self._limit - prompt
        if prompt > self._limit or room < (1 if wanted is None else wanted):
            return None
        return min(default, room) if wanted is None else wanted

    def _ids(self, request: Request) -> tuple[list[int], str]:
        """Return the prompt's tokens and the think tag that it ends with, if any."""
        options = request.sampling.chat_template_kwargs
        if self._talk is not None:
            text = self._talk.render(request.messages, options or {})
            # The template has added the special tokens.
            return self._encode(text), opening(text)
        if options:
            raise BackendError(
                f"{self.name}: chat_template_kwargs has no effect for a model without "
                "a chat template; remove it from the agent."
            )
        text = "\n\n".join(message.content for message in request.messages)
        return list(self._tokenizer.encode(f"{text}\n{CUE}", verbose=False)), ""


def _special_tokens(tokenizer: Any) -> dict[int, str]:
    """Return the special tokens whose text a reply keeps: all but padding and the like."""
    added = {id_: str(token) for id_, token in tokenizer.added_tokens_decoder.items()}
    fill = {tokenizer.bos_token_id, tokenizer.pad_token_id, tokenizer.unk_token_id}
    kept = {*tokenizer.all_special_ids} - (fill - {tokenizer.eos_token_id})
    return {id_: text for id_, text in added.items() if id_ in kept}
