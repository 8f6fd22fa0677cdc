"""Providers of hosted models: names, API keys, and removal of keys from all text."""

import json
import os
import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from urllib.parse import unquote

from dotenv import dotenv_values

from gamegrid.backends.addresses import HIDDEN, secret_parts
from gamegrid.backends.scrubbing import SHORTEST_SECRET, Scrubber
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

SECRET_NAME = re.compile(
    r"KEY|TOKEN|SECRET|PASSWORD|PASSWD|PASSPHRASE|CREDENTIAL|_PAT$|CONNECTION_STRING",
    re.IGNORECASE,
)
URL_LOGIN = re.compile(r"//[^/@\s]+@")
URL_PASSWORD = re.compile(r"//[^/@:\s]*:([^/@\s]+)@")
QUOTED_SECRET = re.compile(
    r"((?:[?&][\w.-]*(?:key|token|secret|sig|signature|password|credential|policy)[\w.-]*=)"
    r"|\b(?:bearer|basic)\s+)[^&\s\"'<>\\]{8,}",
    re.IGNORECASE,
)
"""A secret in an address or a header that an error quotes, whoever's it is."""
LONG_SECRET = 16
LONG_LINE = 40
LONGEST_QUOTE = 300
LONGEST_READ = 20_000
"""Characters of a message that are searched for its first line."""


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


def source(names: tuple[str, ...], directory: Path) -> str:
    """Say where the value of the first of these variables comes from, without the value."""
    path = directory / ".env"
    filed = dotenv_values(path, interpolate=False, encoding="utf-8-sig") if path.is_file() else {}
    for name in names:
        if os.environ.get(name):
            return f"{name} is set in the environment"
        if filed.get(name):
            return f"{name} is set in {path}"
    return f"{path} sets none of them" if path.is_file() else f"there is no file {path}"


def find_key(provider: str, settings: Mapping[str, str]) -> str | None:
    """Return the provider's key; None if it is not set."""
    return next((settings[name] for name in key_variables(provider) if name in settings), None)


class Secrets:
    """Removes keys from all messages and records, because providers repeat what they are sent.

    ``settings`` are environment variables and ``.env``; ``key`` is this model's key and ``address``
    its api_base, which may hold a login or a key.
    """

    def __init__(
        self, settings: Mapping[str, str], key: str | None, address: str | None = None
    ) -> None:
        own = {key} if key else set[str]()
        own |= set(secret_parts(address)) if address else set()
        known = {v for v in known_secrets(settings) if len(v) >= SHORTEST_SECRET}
        self._all = Scrubber(known | own)
        # A short key is a placeholder for servers without keys; answers may contain it by chance.
        # So may an answer contain a setting that is a word.
        sent = {each for each in own if len(each) >= SHORTEST_SECRET}
        self._own = Scrubber(sent | {each for each in known if is_random(each)})

    def scrub(self, text: str) -> str:
        """Remove every secret from an error's text."""
        text = self._all.scrub(text)
        text = URL_LOGIN.sub(f"//{HIDDEN}@", text)
        return QUOTED_SECRET.sub(rf"\1{HIDDEN}", text)

    def scrub_answer(self, text: str) -> str:
        """Remove what may be a key from an answer; the rest is the model's text."""
        return self._own.scrub(text)

    def quote(self, said: object) -> str:
        """Return the first line of a message, without secrets and shortened."""
        text = self.scrub(str(said).lstrip()[:LONGEST_READ])
        line = next((line.strip() for line in text.splitlines() if line.strip()), "")
        return line if len(line) <= LONGEST_QUOTE else f"{line[:LONGEST_QUOTE]}…"


def known_secrets(settings: Mapping[str, str]) -> Iterator[str]:
    """Yield the values of environment variables, and parts of them, that are secret by name."""
    for name, value in settings.items():
        for login in URL_PASSWORD.findall(value):
            yield from {login, unquote(login)}
        if SECRET_NAME.search(name):
            yield value
            yield from _lines(value)
            yield from _fields(value)


def _lines(value: str) -> Iterator[str]:
    """Yield the long lines of a secret that has several, such as a private key."""
    lines = [line.strip() for line in value.replace("\\n", "\n").splitlines()]
    if len(lines) > 1:
        yield from (line for line in lines if len(line) >= LONG_LINE and "-----" not in line)


def _fields(value: str) -> Iterator[str]:
    """Yield the secrets in a JSON object, such as a service account's."""
    if not value.lstrip().startswith("{"):
        return
    try:
        fields = json.loads(value)
    except (ValueError, RecursionError):
        return
    for name, text in fields.items():
        if isinstance(text, str) and SECRET_NAME.search(name):
            yield text
            yield from _lines(text)


def is_random(secret: str) -> bool:
    """Return whether a text is too long and too mixed to be in a model's answer by chance."""
    mixed = any(map(str.isdigit, secret)) and any(map(str.isalpha, secret))
    return len(secret) >= LONG_SECRET and mixed and " " not in secret and secret[0] != "/"
