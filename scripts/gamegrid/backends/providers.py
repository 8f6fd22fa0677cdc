"""Providers of hosted models: their names in a model id, their keys, and how keys stay secret."""

import html
import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote_plus

from dotenv import dotenv_values

PREFIX = "litellm"

KEY_VARIABLES: Mapping[str, tuple[str, ...]] = {
    "openai": ("OPENAI_API_KEY",),
    "anthropic": ("ANTHROPIC_API_KEY",),
    "gemini": ("GEMINI_API_KEY", "GOOGLE_API_KEY"),
    "groq": ("GROQ_API_KEY",),
    "together_ai": ("TOGETHER_API_KEY", "TOGETHERAI_API_KEY", "TOGETHER_AI_API_KEY"),
    "fireworks_ai": ("FIREWORKS_API_KEY", "FIREWORKS_AI_API_KEY"),
    "cohere": ("COHERE_API_KEY", "CO_API_KEY"),
    "huggingface": ("HF_TOKEN", "HUGGINGFACE_API_KEY"),
    "replicate": ("REPLICATE_API_KEY", "REPLICATE_API_TOKEN"),
    "openrouter": ("OPENROUTER_API_KEY",),
    "mistral": ("MISTRAL_API_KEY",),
    "deepseek": ("DEEPSEEK_API_KEY",),
}
"""The variables a provider's key is looked for in, the first one set wins."""

SECRET_NAME = re.compile(r"KEY|TOKEN|SECRET|PASSWORD|CREDENTIAL", re.IGNORECASE)
URL_LOGIN = re.compile(r"//[^/@\s]+@")
SHORTEST_SECRET = 8
LONGEST_QUOTE = 300


def split_name(name: str) -> tuple[str, str]:
    """Return provider and model of a model id; a bare ``litellm_gpt-4`` is OpenAI's."""
    provider, slash, model = name.removeprefix(f"{PREFIX}_").partition("/")
    return (provider, model) if slash else ("openai", provider)


def read_settings(directory: Path) -> dict[str, str]:
    """Return the environment over the ``.env`` file in ``directory``; empty values are unset.

    The file is only read: nothing of it enters ``os.environ``, which child processes inherit.
    """
    settings = dotenv_values(directory / ".env", interpolate=False) | os.environ
    return {name: value for name, value in settings.items() if value}


def key_variables(provider: str) -> tuple[str, ...]:
    """Return the names of the variables that may hold a provider's key."""
    return KEY_VARIABLES.get(provider, (f"{provider.upper()}_API_KEY",))


def find_key(provider: str, settings: Mapping[str, str]) -> str | None:
    """Return the provider's key, None if none is set."""
    return next((settings[name] for name in key_variables(provider) if name in settings), None)


def _written(secrets: set[str]) -> re.Pattern[str] | None:
    """Return what matches secrets however text, JSON, HTML or a URL writes them; None for none."""
    # A longer one first: it may begin with a shorter one.
    found = [_spelled(each) for each in sorted(secrets, key=len, reverse=True)]
    return re.compile("|".join(found)) if found else None


def _spelled(secret: str) -> str:
    """Return the pattern of one secret; a short one is told from the words that hold it."""
    pattern = "".join(map(_character, secret))
    return pattern if len(secret) >= SHORTEST_SECRET else rf"(?<![\w.]){pattern}(?!\.?\w)"


def _character(character: str) -> str:
    """Return the pattern of one character as it is, or escaped, once or several times."""
    if character.isalnum() and character.isascii():
        return character
    code = ord(character)
    forms = {character, html.escape(character), quote_plus(character)}
    plain = "|".join(map(re.escape, sorted(forms)))
    spelled = re.escape(json.dumps(character)[1:-1].lstrip("\\") or character)
    percent = "".join(f"%(?:25)*{byte:02x}" for byte in character.encode(errors="replace"))
    number = f"&(?:amp;)*#(?:0*{code}|x0*{code:x});"
    coded = rf"\\+{spelled}|\\+u{code:04x}|{percent}|{number}"
    return rf"(?:\\{{0,8}}(?:{plain})|(?i:{coded}))"


class Secrets:
    """Keeps keys out of everything that is told or written down: providers quote refused keys."""

    def __init__(self, settings: Mapping[str, str], key: str | None) -> None:
        found = {v for n, v in settings.items() if SECRET_NAME.search(n)}
        found = {value for value in found if len(value) >= SHORTEST_SECRET}
        own = {key} if key else set()
        self._all = _written(found | own)
        # A made-up key, as servers without keys are given, stands in answers by accident.
        self._own = _written({each for each in own if len(each) >= SHORTEST_SECRET})

    def scrub(self, text: str) -> str:
        """Return an error's text without any secret."""
        return URL_LOGIN.sub("//***@", self._all.sub("***", text) if self._all else text)

    def scrub_answer(self, text: str) -> str:
        """Return an answer without the key it was bought with; the rest is the model's own."""
        return self._own.sub("***", text) if self._own else text

    def quote(self, said: object) -> str:
        """Return the first line of what was said, without secrets and not too long."""
        lines = (line.strip() for line in self.scrub(str(said)).splitlines())
        line = next((line for line in lines if line), "")
        return line if len(line) <= LONGEST_QUOTE else f"{line[:LONGEST_QUOTE]}…"
