"""Keys stay secret in every encoding; the rest of an answer stays as it is."""

import html
import json
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest

from gamegrid.backends.providers import Secrets

KEYS = ["sk-4f1d9a77c2", "sk-/+4f1d9a77=~", "a pass & 'word'\n\"é\\"]


def numbered(form: str) -> Callable[[str], str]:
    """Return a function that writes every character but letters and digits as a number."""
    return lambda key: "".join(c if c.isalnum() else form.format(ord(c)) for c in key)


WAYS: dict[str, Callable[[str], str]] = {
    "plain": str,
    "JSON": json.dumps,
    "JSON in JSON": lambda key: json.dumps(json.dumps(key)),
    "JSON of PHP": lambda key: json.dumps(key).replace("/", "\\/"),
    "JSON numbers": numbered("\\u{:04X}"),
    "Python": repr,
    "URL": quote,
    "URL part": lambda key: quote(key, safe=""),
    "URL twice": lambda key: quote(quote(key, safe=""), safe=""),
    "URL in lower case": lambda key: quote(key, safe="").lower(),
    "form": quote_plus,
    "HTML": html.escape,
    "HTML numbers": numbered("&#x{:x};"),
}


@pytest.mark.parametrize("way", WAYS)
@pytest.mark.parametrize("key", KEYS, ids=["plain", "odd", "any"])
def test_a_key_is_crossed_out_however_it_is_written(key: str, way: str) -> None:
    secrets = Secrets({"OTHER_TOKEN": "an-other-secret"}, key)
    for scrub in (secrets.scrub, secrets.scrub_answer):
        said = scrub(f"It is [{WAYS[way](key)}], an end.")
        assert said.startswith("It is [") and said.endswith("], an end.")
        assert "***" in said and key[3:-3] not in said


def test_the_longer_of_two_keys_goes_first() -> None:
    secrets = Secrets({"A_KEY": "sk-12345678", "B_KEY": "sk-12345678-90"}, None)
    assert secrets.scrub("(sk-12345678-90, sk-12345678)") == "(***, ***)"


@pytest.mark.parametrize("key", ["1", "x", "EMPTY"])
def test_a_made_up_key_is_crossed_out_only_where_it_stands_alone(key: str) -> None:
    text = f"max{key} at 127.0.0.1 said: exceeded"
    secrets = Secrets({}, key)
    assert secrets.scrub_answer(f"{text} {key}") == f"{text} {key}"
    assert secrets.scrub(f"{text} {key}.") == f"{text} ***."
