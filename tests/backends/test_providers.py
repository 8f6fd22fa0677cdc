"""Keys stay secret in every encoding; the rest of an answer stays as it is."""

import base64
import html
import json
from collections.abc import Callable
from urllib.parse import quote, quote_plus

import pytest

from gamegrid.backends.addresses import shown
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


BETWEEN: dict[str, Callable[[str], str]] = {
    "every character a number": lambda key: "".join(f"\\u{ord(c):04x}" for c in key),
    "every character a byte": lambda key: "".join(f"%{byte:02x}" for byte in key.encode()),
    "base64": lambda key: base64.b64encode(key.encode()).decode(),
    "a login in base64": lambda key: base64.b64encode(f"me:{key}".encode()).decode(),
    "a header in base64": lambda key: base64.b64encode(f"Bearer {key}!".encode()).decode(),
    "base64 of addresses": lambda key: base64.urlsafe_b64encode(f"x{key}".encode()).decode(),
    "base64 within a URL": lambda key: quote(base64.b64encode(key.encode()).decode(), safe=""),
    "hexadecimal": lambda key: key.encode().hex(),
    "hexadecimal in capitals": lambda key: key.encode().hex().upper(),
    "a line end within": lambda key: f"{key[:5]}\\n{key[5:]}",
    "an invisible space within": lambda key: f"{key[:5]}\u200b{key[5:]}",
    "a soft hyphen as JSON within": lambda key: f"{key[:5]}\\u00ad{key[5:]}",
}


@pytest.mark.parametrize("way", BETWEEN)
@pytest.mark.parametrize("key", KEYS[:2], ids=["plain", "odd"])
def test_a_key_is_crossed_out_however_it_is_hidden(key: str, way: str) -> None:
    secrets = Secrets({}, key)
    written = BETWEEN[way](key)
    for text in (f"It is [{written}], an end.", json.dumps({"a": [f"so: {written}\n"]})):
        said = secrets.scrub_answer(text)
        assert "***" in said and written[6:-6] not in said and said[-5:] == text[-5:]


ADDRESS = "https://me:p4ss%2Fw0rd9@host:1/v1?api_key=qu3ry-k3y-1&api-version=2024-02-01"


def test_the_secrets_of_an_address_are_secret() -> None:
    secrets = Secrets({}, None, ADDRESS)
    for word in ("p4ss%2Fw0rd9", "p4ss/w0rd9", "qu3ry-k3y-1"):
        assert secrets.scrub_answer(f"It is {word}.") == "It is ***."
    assert secrets.scrub_answer("me, on 2024-02-01") == "me, on 2024-02-01"
    assert shown(ADDRESS) == "https://***@host:1/v1?api_key=***&api-version=***"


def test_credentials_are_found_in_every_form_that_the_environment_has() -> None:
    pem = "-----BEGIN PRIVATE KEY-----\n" + "MIIEvQIBADANBgkqhkiG9w0BAQEFAASCBKcwggSj1234\n" * 2
    settings = {
        "VERTEXAI_CREDENTIALS": json.dumps({"private_key": pem, "project": "visible-project-1"}),
        "AWS_SECRET_ACCESS_KEY": "wJalrXUtnFEMI/K7MDENG/bPxRfiCY",
        "DATABASE_URL": "postgres://me:db-p4ssw0rd-123456@host/name",
        "PATH": "/usr/local/bin1234567890",
    }
    secrets = Secrets(settings, None)
    for secret in (pem.splitlines()[1], "wJalrXUtnFEMI/K7MDENG/bPxRfiCY", "db-p4ssw0rd-123456"):
        assert secrets.scrub_answer(f"a {secret} b") == "a *** b"
    kept = "visible-project-1 /usr/local/bin1234567890"
    assert secrets.scrub(kept) == kept


def test_an_error_that_quotes_another_s_signature_loses_it() -> None:
    said = "404 for https://cdn/x?X-Amz-Signature=0a1b2c3d4e5f&Expires=5, Bearer abcdefgh1234"
    assert Secrets({}, None).scrub(said) == (
        "404 for https://cdn/x?X-Amz-Signature=***&Expires=5, Bearer ***"
    )


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
