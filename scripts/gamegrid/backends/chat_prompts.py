"""Renders conversations with a model's chat template, and makes sure that nothing gets lost."""

import json
from collections.abc import Iterator, Sequence
from pathlib import Path
from typing import Any

from jinja2.exceptions import TemplateError

from gamegrid.backends.backend import BackendError, Message
from gamegrid.backends.thinking import split

Turn = dict[str, Any]
"""One message in the form that templates read."""


class FolderTemplate:
    """The chat template in a model's folder, rendered as a tokenizer would, but without loading it.

    Raises OSError or ValueError if the folder's files cannot be read, and ImportError without
    transformers.
    """

    def __init__(self, folder: Path) -> None:
        from transformers.utils.chat_template_utils import render_jinja_template

        self._render = render_jinja_template
        config = json.loads((folder / "tokenizer_config.json").read_text("utf-8"))
        file = folder / "chat_template.jinja"
        stated = file.read_text("utf-8") if file.is_file() else config.get("chat_template")
        if isinstance(stated, list):  # named templates
            stated = {each["name"]: each["template"] for each in stated}.get("default")
        self.text: str | None = stated
        self._tokens = {
            key: value["content"] if isinstance(value, dict) else value
            for key, value in config.items()
            if key.endswith("_token") and isinstance(value, str | dict)
        }

    def apply_chat_template(self, turns: list[Turn], **options: Any) -> str:
        """Return the text of a conversation."""
        options.pop("tokenize", None)
        texts, _ = self._render([turns], chat_template=self.text, **{**self._tokens, **options})
        return str(texts[0])


def check_template(name: str, folder: Path, options: dict[str, Any]) -> str | None:
    """Return a sentence if the chat template in a folder drops a question, else None.

    A folder that cannot be read is left to the engine to refuse, which says more.
    """
    try:
        template = FolderTemplate(folder)
    except (ImportError, OSError, ValueError, KeyError):
        return None
    if template.text is None:
        return None
    try:
        ChatPrompts(name, template).render([Message("user", QUESTION)], options)
    except BackendError as error:
        return str(error)
    return None


class ChatPrompts:
    """The chat template of one tokenizer.

    Templates differ in the messages that they express. Some raise an error for the system role and
    some drop it. Some want content as a list of parts and render a string as nothing. Some raise an
    error for a reply that still contains its thinking. So the conversation is rendered in one form
    after another until the text holds every message.
    """

    def __init__(self, name: str, tokenizer: Any) -> None:
        self._name = name
        self._tokenizer = tokenizer

    def render(self, messages: Sequence[Message], options: dict[str, Any]) -> str:
        """Return the prompt. Raises BackendError if no form holds every message."""
        fault: BackendError | None = None
        for turns in _forms(messages):
            try:
                text = self._apply(turns, {**options, "add_generation_prompt": True})
            # A template that calculates with content of another type raises Python's errors.
            except (TemplateError, TypeError, ValueError) as error:
                said = f"{type(error).__name__}: {error}".rstrip(": ")[:LONGEST_QUOTE]
                fault = fault or BackendError(
                    f"{self._name}: the chat template cannot express this conversation ({said})."
                )
                continue
            lost = next((m for m in messages if not _holds(text, m)), None)
            if lost is None:
                return text
            fault = fault or BackendError(
                f"{self._name}: the chat template drops the {lost.role} message, so the model "
                "would not see it; set tokenizer_path to a folder whose template keeps it."
            )
        assert fault is not None
        raise fault

    def after_reply(self) -> str:
        """Return the text that a template puts after a reply; empty if it cannot be told."""
        talk = [Message("user", "x"), Message("assistant", REPLY)]
        for turns in _forms(talk):
            try:
                text = self._apply(turns, {})
            except (TemplateError, TypeError, ValueError):
                continue
            if REPLY in text:
                return text.rpartition(REPLY)[2].strip()
        return ""

    def _apply(self, turns: list[Turn], options: dict[str, Any]) -> str:
        return str(self._tokenizer.apply_chat_template(turns, **{**options, "tokenize": False}))


LONGEST_QUOTE = 300
"""The most characters quoted from a template's error."""
QUESTION = "Which of your legal moves do you choose?"
"""A question by which a template is checked."""
REPLY = "Action:"
"""A reply by which the end of replies is found."""


def _holds(text: str, message: Message) -> bool:
    """Return whether a prompt holds a message, apart from spaces and from a reply's thinking."""
    prompt = _plain(text)
    if _plain(message.content) in prompt:
        return True
    said = split(message.content).answer if message.role == "assistant" else message.content
    return _plain(said) in prompt


def _plain(text: str) -> str:
    return " ".join(text.split())


def _forms(messages: Sequence[Message]) -> Iterator[list[Turn]]:
    """Yield a conversation in every form that some template needs, the usual one first."""
    whole = [Turn(role=m.role, content=m.content) for m in messages]
    cut = [
        Turn(role=m.role, content=split(m.content).answer.strip())
        if m.role == "assistant"
        else Turn(role=m.role, content=m.content)
        for m in messages
    ]
    texts = [whole] if cut == whole else [whole, cut]
    if any(m.role == "system" for m in messages):
        texts = [form for turns in texts for form in (turns, _without_system(turns))]
    yield from texts
    for turns in texts:
        yield [{**t, "content": [{"type": "text", "text": t["content"]}]} for t in turns]


def _without_system(turns: Sequence[Turn]) -> list[Turn]:
    """Return the conversation with system messages moved into the first user turn."""
    system = [turn["content"] for turn in turns if turn["role"] == "system"]
    rest = [dict(turn) for turn in turns if turn["role"] != "system"]
    first = next((turn for turn in rest if turn["role"] == "user"), None)
    if first is None:
        return [*rest, Turn(role="user", content="\n\n".join(system))]
    first["content"] = "\n\n".join([*system, first["content"]])
    return rest
