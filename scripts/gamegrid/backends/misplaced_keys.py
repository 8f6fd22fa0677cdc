"""Finds keys and passwords in files where they do not belong, because such files are copied.

What an agent's settings and a model file say is copied into journals, chunk files and databases.
"""

import re
from collections.abc import Iterator, Mapping
from pathlib import Path
from typing import Any

from gamegrid.backends.providers import is_random, known_secrets, read_settings
from gamegrid.errors import UserError

SECRET_FIELD = re.compile(
    r"authorization|passw(or)?d|passphrase|secret|credential|bearer|cookie"
    r"|(api|access|auth|private|subscription|session|security|client|account|signing|encryption"
    r"|service|ocp.*)[-_ ]?(key|token)",
    re.IGNORECASE,
)
"""Names under which any text is a secret."""
KEY_FIELD = re.compile(r"(^|[-_ .])(key|token|pat)$|apikey", re.IGNORECASE)
"""Names under which a text is a secret if it looks random."""
KEY_FORM = re.compile(
    r"\b(?:sk|pk|rk|gsk|hf|r8|gh[opsu]|github_pat|glpat|nvapi|xai|pplx|fw)[-_]"
    r"(?:[\w-]*[-_])?[A-Za-z0-9]{20,}|\bAIza[\w-]{30,}|\b(?:AKIA|ASIA)[A-Z0-9]{16}\b"
    r"|\bxox[abpr]-[\w-]{10,}|\beyJ[\w-]{10,}\.eyJ[\w-]{10,}|-----BEGIN [A-Z ]*PRIVATE KEY"
    r"|\b(?:Bearer|Basic)\s+[\w.~+/=-]{12,}",
)
"""The forms of well-known providers' keys."""
RANDOM = re.compile(r"(?=.*[0-9])(?=.*[A-Za-z])[\w.~+/=-]{16,}")
DEEPEST = 100
ADDRESS = "api_base"
"""A server's address may hold a login or a key. It is not copied into results."""


def refuse(settings: Any, source: str, working: Path) -> None:
    """Raise UserError if nested settings hold a key. ``source`` names them, for the error.

    A key is known by its form, by its name, or because it is also in the environment or in the
    ``.env`` file of ``working``.
    """
    known = known_secrets(read_settings(working))
    path = next(_paths(settings, (), tuple(filter(is_random, known)), set()), None)
    if path is not None:
        raise UserError(
            f"{source}: {path or 'this'} holds a key or a password, and these settings are copied "
            "into results. Remove it here, and set it in the environment or in .env (see "
            ".env.example)."
        )


def _paths(
    value: Any, path: tuple[str, ...], secrets: tuple[str, ...], seen: set[int]
) -> Iterator[str]:
    match value:
        case str():
            if _is_key(path[-1] if path else "", value, secrets):
                yield ".".join(path)
        case Mapping() | list() | tuple():
            if id(value) in seen or len(path) > DEEPEST:
                return
            seen.add(id(value))
            items = value.items() if isinstance(value, Mapping) else enumerate(value)
            for name, inner in items:
                if name == ADDRESS:
                    continue
                if isinstance(name, str) and _is_key("", name, secrets):
                    yield ".".join((*path, "?"))
                inside = (*path, str(name)) if isinstance(name, str) else path
                yield from _paths(inner, inside, secrets, seen)


def _is_key(field: str, text: str, secrets: tuple[str, ...]) -> bool:
    """Return whether a text under a field is a key: by its form, its field or a known secret."""
    if not text.strip():
        return False
    return bool(
        KEY_FORM.search(text)
        or SECRET_FIELD.search(field)
        or (KEY_FIELD.search(field) and RANDOM.fullmatch(text))
        or any(secret in text for secret in secrets)
    )
