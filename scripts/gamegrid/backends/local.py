"""Shared by the local backends: checks of entries, prompts as token ids, and texts of replies."""

import gc
import re
import shlex
import sys
import textwrap
from collections.abc import Sequence
from dataclasses import dataclass
from pathlib import Path
from typing import Any

from jinja2.exceptions import TemplateError

from gamegrid.backends.backend import (
    BackendError,
    Completion,
    Decode,
    FinishReason,
    Message,
    ModelEntry,
    Request,
    Sampling,
    Usage,
)
from gamegrid.errors import nearest
from gamegrid.paths import there

DEFAULT_MAX_TOKENS = 256
"""The default length of a reply, if the context has room."""

THINKING_MAX_TOKENS = 4096
"""The default length of a reply if the chat template has thinking, so that it can finish."""

BRIEF = 300
PICKLES = (".bin", ".pt", ".pth", ".ckpt")
"""Endings of weights that torch reads by pickle, which can run code."""
"""The most characters quoted from another library's error."""

CUE = "Action:"
REFUSED = {
    "reasoning_effort": "a local model has no such key; if its chat template has one, set it "
    "in chat_template_kwargs",
    "thinking_budget": "a local model's thinking has no limit of its own; lower max_tokens",
    "extra_body": "only servers accept it",
}
"""Sampling keys that only hosted models accept, and what to do instead."""

THINK_TAG = re.compile(r"<\s*/?\s*(?:think|thinking|reasoning)\s*>", re.IGNORECASE)
OPEN_TAG = re.compile(r"<\s*(?:think|thinking|reasoning)\s*>\s*\Z", re.IGNORECASE)


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
            f"relative to the working directory. Download a model of the hub with: {fetch(folder)}"
        )
    if not (folder / "config.json").is_file():
        return (
            f"{name}: {key} {str(folder)!r} has no config.json; "
            "it must be a model folder as written by `save_pretrained` or `hf download`."
        )
    return pickled(name, str(folder)) if is_pickled(folder) else None


def fetch(folder: Path) -> str:
    """Return the command that downloads a model of the hub into a folder."""
    return f"hf download ORGANISATION/MODEL --local-dir {shlex.quote(str(folder))}"


def check_tokenizer(entry: ModelEntry) -> str | None:
    """Return a sentence if the entry's tokenizer folder does not exist, else None."""
    if entry.tokenizer_path is None or there(Path(entry.tokenizer_path), Path.is_dir):
        return None
    return f"{entry.name}: tokenizer_path {entry.tokenizer_path!r} is not a folder."


def refuse_unsupported(name: str, sampling: Sampling) -> None:
    """Raise BackendError for a sampling key that only hosted models accept."""
    for key, reason in REFUSED.items():
        if getattr(sampling, key) is not None:
            raise BackendError(f"{name}: {key} is not supported: {reason}.")


def unknown_key(name: str, key: str, known: Sequence[str]) -> str:
    """Return the sentence for an ``engine`` key that does not exist."""
    return f"{name}: engine has no argument {key!r}.{nearest(key, known)}"


def brief(error: BaseException) -> str:
    """Return an error's type and the start of its text on one line, for a message."""
    text = textwrap.shorten(str(error), BRIEF, placeholder=" …")
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


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


def load_tokenizer(entry: ModelEntry, source: str) -> Any:
    """Load the entry's tokenizer, or else the one of the model at ``source``."""
    from transformers import AutoTokenizer

    if entry.tokenizer_path is not None:
        return AutoTokenizer.from_pretrained(
            entry.tokenizer_path, trust_remote_code=entry.trust_remote_code
        )
    return AutoTokenizer.from_pretrained(
        source, revision=entry.revision or "main", trust_remote_code=entry.trust_remote_code
    )


class Prompts:
    """Turns requests into token ids for one model, and generated text into replies.

    If the model has a chat template, prompts use it. A base model without one and a
    sequence-to-sequence model (``encoder``) get plain text that ends with the cue ``Action:``, and
    their reply ends at the first line break. ``limit`` is the model's number of positions, None if
    unlimited. Prompt and reply share it, except in a sequence-to-sequence model. ``end`` is the
    token that ends a reply, None for a tokenizer without one.
    """

    def __init__(self, name: str, tokenizer: Any, *, limit: int | None, encoder: bool) -> None:
        self.name = name
        self._tokenizer = tokenizer
        self._limit = limit
        self._encoder = encoder
        self.chat = not encoder and tokenizer.chat_template is not None
        self.end = self._find_end()
        self._tags = _special_tags(tokenizer)
        thinks = self.chat and THINK_TAG.search(str(tokenizer.chat_template))
        self._default_tokens = THINKING_MAX_TOKENS if thinks else DEFAULT_MAX_TOKENS

    def prepare(self, request: Request) -> Prompt | Completion:
        """Return the prompt, or a completion that states that the request does not fit.

        A prompt is never shortened. Raises BackendError if the chat template cannot express the
        messages, if choices have equal tokens, or if they would follow an open think tag.
        """
        ids, lead = self._ids(request)
        if request.decode is Decode.GENERATE:
            wanted = request.sampling.max_tokens
            max_tokens = self._budget(len(ids), wanted)
            asked = f" and the {wanted} of max_tokens" if wanted is not None else ""
            if max_tokens is not None:
                return Prompt(ids, max_tokens, lead)
        else:
            choices = self._choices(request, lead)
            # An engine may need a token per byte of a choice, and one more to end it.
            longest = 1 + max(len(choice.text.encode()) for choice in choices)
            max_tokens = self._budget(len(ids), longest)
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
        """Return the text of generated tokens, unchanged but without special tokens.

        Tags around thinking are kept even if they are special tokens.
        """
        text, start = "", 0
        for index, token in enumerate(ids):
            if token in self._tags:
                text += self._plain(ids[start:index]) + self._tags[token]
                start = index + 1
        return text + self._plain(ids[start:])

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

    def scored(self, prompt: Prompt, likelihoods: dict[str, float], served: str) -> Completion:
        """Return the completion of a scored request, for which nothing was generated."""
        likeliest = max(likelihoods, key=lambda label: likelihoods[label])
        return Completion(
            text=f"{CUE} {likeliest}",
            finish_reason=FinishReason.STOP,
            model_served=served,
            usage=Usage(prompt_tokens=len(prompt.ids), completion_tokens=0),
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
        if self.chat:
            talk = [{"role": "user", "content": "x"}, {"role": "assistant", "content": CUE}]
            try:
                text = str(self._tokenizer.apply_chat_template(talk, tokenize=False))
            except TemplateError:
                return end
            after = self._encode(text.rpartition(CUE)[2].strip())
            return after[0] if after and after[0] in self._tokenizer.all_special_ids else end
        breaks = [] if self._encoder else self._encode("\n")
        return breaks[-1] if breaks else end

    def _encode(self, text: str) -> list[int]:
        return list(self._tokenizer.encode(text, add_special_tokens=False))

    def _plain(self, ids: Sequence[int]) -> str:
        # Some tokenizers enable a clean-up of spaces, which would change the reply.
        return str(
            self._tokenizer.decode(
                ids, skip_special_tokens=True, clean_up_tokenization_spaces=False
            )
        )

    def _budget(self, prompt: int, wanted: int | None) -> int | None:
        """Return the maximum length of the reply in tokens; None if it does not fit."""
        if self._limit is None:
            return self._default_tokens if wanted is None else wanted
        room = self._limit if self._encoder else self._limit - prompt
        if prompt > self._limit or room < (1 if wanted is None else wanted):
            return None
        return min(self._default_tokens, room) if wanted is None else wanted

    def _ids(self, request: Request) -> tuple[list[int], str]:
        """Return the prompt's tokens and the think tag that it ends with, if any."""
        options = request.sampling.chat_template_kwargs
        if self.chat:
            text = self._chat_text(request.messages, options or {})
            opened = OPEN_TAG.search(text)
            # The template has added the special tokens.
            return self._encode(text), opened[0] if opened else ""
        if options:
            raise BackendError(
                f"{self.name}: chat_template_kwargs has no effect for a model without "
                "a chat template; remove it from the agent."
            )
        text = "\n\n".join(message.content for message in request.messages)
        return list(self._tokenizer.encode(f"{text}\n{CUE}")), ""

    def _chat_text(self, messages: Sequence[Message], options: dict[str, Any]) -> str:
        """Render the conversation, with system messages merged if the template needs it.

        Some templates raise an error for the system role and some drop it silently, so the
        rendered text is checked.
        """
        system = [m.content.strip() for m in messages if m.role == "system"]
        try:
            text = self._apply(_turns(messages), options)
            if all(content in text for content in system):
                return text
        except TemplateError as error:
            if not system:
                raise self._refused(error) from error
        try:
            return self._apply(_without_system(messages), options)
        except TemplateError as error:
            raise self._refused(error) from error

    def _apply(self, turns: list[dict[str, str]], options: dict[str, Any]) -> str:
        fixed = {"tokenize": False, "add_generation_prompt": True}
        return str(self._tokenizer.apply_chat_template(turns, **{**options, **fixed}))

    def _refused(self, error: TemplateError) -> BackendError:
        return BackendError(
            f"{self.name}: the chat template cannot express this conversation ({brief(error)})."
        )


def _special_tags(tokenizer: Any) -> dict[int, str]:
    """Return thinking tags that are special tokens, which decoding would drop."""
    added = {id_: str(token) for id_, token in tokenizer.added_tokens_decoder.items()}
    special = set(tokenizer.all_special_ids)
    return {id_: t for id_, t in added.items() if id_ in special and THINK_TAG.fullmatch(t)}


def _turns(messages: Sequence[Message]) -> list[dict[str, str]]:
    return [{"role": m.role, "content": m.content} for m in messages]


def _without_system(messages: Sequence[Message]) -> list[dict[str, str]]:
    """Return the conversation with system messages moved into the first user turn."""
    system = [m.content for m in messages if m.role == "system"]
    turns = _turns([m for m in messages if m.role != "system"])
    first = next((turn for turn in turns if turn["role"] == "user"), None)
    if first is None:
        return [*turns, {"role": "user", "content": "\n\n".join(system)}]
    first["content"] = "\n\n".join([*system, first["content"]])
    return turns
