"""Providers of hosted models: names, API keys, and removal of keys from all text."""

import html
import json
import os
import re
from collections.abc import Mapping
from pathlib import Path
from urllib.parse import quote_plus

from dotenv import dotenv_values

from gamegrid.errors import UserError

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
"""The environment variables for a provider's key; the first one that is set wins."""

SECRET_NAME = re.compile(r"KEY|TOKEN|SECRET|PASSWORD|CREDENTIAL", re.IGNORECASE)
URL_LOGIN = re.compile(r"//[^/@\s]+@")
SHORTEST_SECRET = 8
LONGEST_QUOTE = 300


def split_name(name: str) -> tuple[str, str]:
    """Return provider and model of a model id; a bare ``litellm_gpt-4`` belongs to openai."""
    provider, slash, model = name.removeprefix(f"{PREFIX}_").partition("/")
    return (provider, model) if slash else ("openai", provider)


def read_settings(directory: Path) -> dict[str, str]:
    """Return the values of ``.env`` in ``directory``, overridden by the environment.

    Empty values are left out. Nothing from the file enters ``os.environ``, which child processes
    inherit.
    """
    path = directory / ".env"
    try:
        filed = dotenv_values(path, interpolate=False, encoding="utf-8-sig")
    except (OSError, ValueError) as error:
        raise UserError(
            f"{path} cannot be read ({error}). It must be a text file in UTF-8, with a line "
            f"NAME=value for each key."
        ) from error
    settings = filed | os.environ
    return {name: value for name, value in settings.items() if value}


def key_variables(provider: str) -> tuple[str, ...]:
    """Return the names of the environment variables for a provider's key."""
    return KEY_VARIABLES.get(provider, (f"{provider.upper()}_API_KEY",))


def find_key(provider: str, settings: Mapping[str, str]) -> str | None:
    """Return the provider's key; None if it is not set."""
    return next((settings[name] for name in key_variables(provider) if name in settings), None)


def _written(secrets: set[str]) -> re.Pattern[str] | None:
    """Return a pattern for secrets as text, JSON, HTML or a URL writes them; None without any."""
    # Longer secrets come first, because one may begin with a shorter one.
    patterns = [_spelled(each) for each in sorted(secrets, key=len, reverse=True)]
    return re.compile("|".join(patterns)) if patterns else None


def _spelled(secret: str) -> str:
    """Return the pattern of one secret; a short one only matches as a whole word."""
    pattern = "".join(map(_character, secret))
    return pattern if len(secret) >= SHORTEST_SECRET else rf"(?<![\w.]){pattern}(?!\.?\w)"


def _character(character: str) -> str:
    """Return the pattern of one character, plain or escaped once or several times."""
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
    """Removes keys from all messages and records, because providers quote refused keys."""

    def __init__(self, settings: Mapping[str, str], key: str | None) -> None:
        named = {v for n, v in settings.items() if SECRET_NAME.search(n)}
        known = {value for value in named if len(value) >= SHORTEST_SECRET}
        own = {key} if key else set()
        self._all = _written(known | own)
        # A short key is a placeholder for servers without keys; answers may contain it by chance.
        self._own = _written({each for each in own if len(each) >= SHORTEST_SECRET})

    def scrub(self, text: str) -> str:
        """Remove every secret from an error's text."""
        return URL_LOGIN.sub("//***@", self._all.sub("***", text) if self._all else text)

    def scrub_answer(self, text: str) -> str:
        """Remove the key of this model from an answer; the rest is the model's text."""
        return self._own.sub("***", text) if self._own else text

    def quote(self, said: object) -> str:
        """Return the first line of a message, without secrets and shortened."""
        lines = (line.strip() for line in self.scrub(str(said)).splitlines())
        line = next((line for line in lines if line), "")
        return line if len(line) <= LONGEST_QUOTE else f"{line[:LONGEST_QUOTE]}…"
