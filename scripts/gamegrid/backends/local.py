"""What the local backends share: checks of an entry, prompts as token ids, the text of a reply."""

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
"""New tokens of a reply, where the request does not say and the context has room for them."""

BRIEF = 300
"""Characters of another library's error that go into a message."""

THINKING_MAX_TOKENS = 4096
"""The same for a model whose chat template knows of thinking, so that it can end and answer."""

CUE = "Action:"
REFUSED = {
    "reasoning_effort": "a local model has no such key; if its chat template knows one, give it "
    "as chat_template_kwargs",
    "thinking_budget": "a local model's thinking cannot be cut short; limit it by max_tokens",
    "extra_body": "it is part of a request to a server",
}
"""Sampling keys that only hosted models understand, and what to do instead."""

THINK_TAG = re.compile(r"<\s*/?\s*(?:think|thinking|reasoning)\s*>", re.IGNORECASE)
OPEN_TAG = re.compile(r"<\s*(?:think|thinking|reasoning)\s*>\s*\Z", re.IGNORECASE)


@dataclass(frozen=True, slots=True)
class EncodedChoice:
    """A label, the words by which a reply states it, and their tokens, the reply's end included."""

    label: str
    text: str
    ids: tuple[int, ...]


@dataclass(frozen=True, slots=True)
class Prompt:
    """What an engine is given: the prompt's token ids and how many tokens it may add.

    ``lead`` is what the prompt ends in that belongs to the reply: a tag that opens its thinking.
    ``choices`` are what a reply may be; empty where it may be anything.
    """

    ids: list[int]
    max_tokens: int
    lead: str = ""
    choices: tuple[EncodedChoice, ...] = ()


def check_folder(name: str, key: str, folder: Path) -> str | None:
    """Return one sentence if ``folder`` does not hold a model, else None."""
    if not there(folder, Path.is_dir):
        return (
            f"{name}: {key} {str(folder)!r} is not a folder. Give an absolute path, or one "
            f"from the working directory; a model of the hub is fetched with: {fetch(folder)}"
        )
    if not (folder / "config.json").is_file():
        return (
            f"{name}: {key} {str(folder)!r} holds no config.json; "
            "it must be a model folder as `save_pretrained` or `hf download` writes it."
        )
    return None


def fetch(folder: Path) -> str:
    """Return the command that puts a model of the hub into a folder."""
    return f"hf download ORGANISATION/MODEL --local-dir {shlex.quote(str(folder))}"


def check_tokenizer(entry: ModelEntry) -> str | None:
    """Return one sentence if the entry names a tokenizer folder that is not there, else None."""
    if entry.tokenizer_path is None or there(Path(entry.tokenizer_path), Path.is_dir):
        return None
    return f"{entry.name}: tokenizer_path {entry.tokenizer_path!r} is not a folder."


def refuse_unsupported(name: str, sampling: Sampling) -> None:
    """Raise BackendError for a sampling key that only hosted models understand."""
    for key, reason in REFUSED.items():
        if getattr(sampling, key) is not None:
            raise BackendError(f"{name}: {key} is not supported: {reason}.")


def unknown_key(name: str, key: str, known: Sequence[str]) -> str:
    """Return the sentence for an ``engine`` key that does not exist."""
    return f"{name}: engine has no argument {key!r}.{nearest(key, known)}"


def brief(error: BaseException) -> str:
    """Return an error's kind and the beginning of its text on one line, for a message."""
    text = textwrap.shorten(str(error), BRIEF, placeholder=" …")
    return f"{type(error).__name__}: {text}" if text else type(error).__name__


def free_memory() -> None:
    """Give back the memory of what has been dropped, that of a GPU included."""
    gc.collect()
    torch = sys.modules.get("torch")  # nothing to free if it never was loaded
    if torch is not None and torch.cuda.is_available():
        torch.cuda.empty_cache()


def load_tokenizer(entry: ModelEntry, source: str) -> Any:
    """Load the entry's own tokenizer, or the one that lies with the model at ``source``."""
    from transformers import AutoTokenizer

    if entry.tokenizer_path is not None:
        return AutoTokenizer.from_pretrained(
            entry.tokenizer_path, trust_remote_code=entry.trust_remote_code
        )
    return AutoTokenizer.from_pretrained(
        source, revision=entry.revision or "main", trust_remote_code=entry.trust_remote_code
    )


class Prompts:
    """Turns requests into token ids that fit one model, and generated text into replies.

    A model with a chat template is asked through it. A base model without one and a
    sequence-to-sequence model (``encoder``) are given the contents as plain text that ends with
    the cue ``Action:``, and their reply ends at the first line break. ``limit`` is the number of
    positions of the model, None where it has none; prompt and reply share them, except in a
    sequence-to-sequence model, where each has its own. ``end`` is the token that ends a reply,
    None for a tokenizer without one.
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
        """Return the prompt, or the finished completion of a request that cannot fit.

        A prompt is never shortened. Raises BackendError where the chat template cannot express
        the messages, or the choices cannot be told apart or come after an opened think tag.
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
            # An engine may spell a choice byte by byte, and ends it by one more token.
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
        """Return the text of generated tokens, without special tokens, otherwise unchanged.

        Tags around thinking stay, also where they are special tokens.
        """
        text, start = "", 0
        for index, token in enumerate(ids):
            if token in self._tags:
                text += self._plain(ids[start:index]) + self._tags[token]
                start = index + 1
        return text + self._plain(ids[start:])

    def reply(self, prompt: Prompt, generated: str) -> str:
        """Return the reply as the parser is to read it.

        What the prompt held of it already is put back: a tag that opened the thinking, or the cue
        ``Action:`` that a model without a chat template only continues (the parser looks for a
        line ``Action: <label>`` or a JSON object). No cue is put before a reply that is empty or
        has either by itself.
        """
        if self.chat:
            return prompt.lead + generated
        line = generated.split("\n", 1)[0]
        begin = line.strip().lower()
        if not begin or begin.startswith((CUE.lower(), "{")):
            return line.strip()
        return f"{CUE} {line.strip()}"

    def scored(self, prompt: Prompt, likelihoods: dict[str, float], served: str) -> Completion:
        """Return the completion of a scored request: nothing was generated."""
        likeliest = max(likelihoods, key=lambda label: likelihoods[label])
        return Completion(
            text=f"{CUE} {likeliest}",
            finish_reason=FinishReason.STOP,
            model_served=served,
            usage=Usage(prompt_tokens=len(prompt.ids), completion_tokens=0),
            likelihoods=likelihoods,
        )

    def _choices(self, request: Request, lead: str) -> tuple[EncodedChoice, ...]:
        """Return each choice in the words of a reply: ``Action: <label>``, or what follows it."""
        if lead:
            raise BackendError(
                f"{self.name}: its chat template opens the reply with {lead.strip()}, and before "
                f"it has thought no label can be asked for; with decode: {request.decode} turn "
                "thinking off, for most by chat_template_kwargs: {enable_thinking: false}."
            )
        if self.end is None:
            raise BackendError(
                f"{self.name}: its tokenizer has no end token, so a label cannot be told from its "
                f"own beginning; use decode: generate."
            )
        before = f"{CUE} " if self.chat else "" if self._encoder else " "
        assert request.choices is not None
        choices, seen = [], dict[tuple[int, ...], str]()
        for label in request.choices:
            text = f"{before}{label}"
            ids = (*self._encode(text), self.end)
            if (other := seen.setdefault(ids, label)) != label:
                raise BackendError(
                    f"{self.name}: its tokenizer cannot tell {other!r} from {label!r}; "
                    "use decode: generate."
                )
            choices.append(EncodedChoice(label, text, ids))
        return tuple(choices)

    def _find_end(self) -> int | None:
        """Return the token after a reply: what the template closes it with, or a line break."""
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
        # The clean-up of spaces that some tokenizers ask for would change the reply.
        return str(
            self._tokenizer.decode(
                ids, skip_special_tokens=True, clean_up_tokenization_spaces=False
            )
        )

    def _budget(self, prompt: int, wanted: int | None) -> int | None:
        """Return how many tokens the reply may have, or None if it cannot fit."""
        if self._limit is None:
            return self._default_tokens if wanted is None else wanted
        room = self._limit if self._encoder else self._limit - prompt
        if prompt > self._limit or room < (1 if wanted is None else wanted):
            return None
        return min(self._default_tokens, room) if wanted is None else wanted

    def _ids(self, request: Request) -> tuple[list[int], str]:
        """Return the prompt's tokens, and the think tag that it ends in, if it does."""
        options = request.sampling.chat_template_kwargs
        if self.chat:
            text = self._chat_text(request.messages, options or {})
            opened = OPEN_TAG.search(text)
            # The template has written the special tokens already.
            return self._encode(text), opened[0] if opened else ""
        if options:
            raise BackendError(
                f"{self.name}: chat_template_kwargs has no meaning for a model without "
                "a chat template; remove it from the agent."
            )
        text = "\n\n".join(message.content for message in request.messages)
        return list(self._tokenizer.encode(f"{text}\n{CUE}")), ""

    def _chat_text(self, messages: Sequence[Message], options: dict[str, Any]) -> str:
        """Render the conversation; a system message the template does not take is merged.

        Some templates raise on the system role and some drop it without a word, so the result
        is looked at.
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
    """Return the tags around thinking that are special tokens, which decoding would drop."""
    added = {id_: str(token) for id_, token in tokenizer.added_tokens_decoder.items()}
    special = set(tokenizer.all_special_ids)
    return {id_: t for id_, t in added.items() if id_ in special and THINK_TAG.fullmatch(t)}


def _turns(messages: Sequence[Message]) -> list[dict[str, str]]:
    return [{"role": m.role, "content": m.content} for m in messages]


def _without_system(messages: Sequence[Message]) -> list[dict[str, str]]:
    """Return the conversation with the system messages at the head of the first user turn."""
    system = [m.content for m in messages if m.role == "system"]
    turns = _turns([m for m in messages if m.role != "system"])
    first = next((turn for turn in turns if turn["role"] == "user"), None)
    if first is None:
        return [*turns, {"role": "user", "content": "\n\n".join(system)}]
    first["content"] = "\n\n".join([*system, first["content"]])
    return turns
