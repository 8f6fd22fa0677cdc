"""Prices come from the entry, else from the installed list, and are otherwise unknown."""

import subprocess
import sys
from pathlib import Path

import pytest

from gamegrid.backends import prices
from gamegrid.backends.backend import ModelEntry
from gamegrid.backends.prices import PriceList, Prices
from gamegrid.backends.tariff import LongPrice, Price

LISTED = PriceList(
    "list 7",
    {
        "m": {
            "litellm_provider": "openai",
            "input_cost_per_token": 1.5e-07,
            "output_cost_per_token": 6e-07,
            "cache_read_input_token_cost": 7.5e-08,
        },
        "groq/m": {
            "litellm_provider": "groq",
            "input_cost_per_token": 5e-08,
            "output_cost_per_token": 8e-08,
        },
        "free": {
            "litellm_provider": "openai",
            "input_cost_per_token": 0.0,
            "output_cost_per_token": 0.0,
        },
        "half": {"litellm_provider": "openai", "input_cost_per_token": 1e-06},
    },
)


@pytest.mark.parametrize(
    ("name", "found"),
    [
        ("litellm_m", Prices(input=0.15, output=0.6, cached=0.075, source="list 7")),
        ("litellm_openai/m", Prices(input=0.15, output=0.6, cached=0.075, source="list 7")),
        ("litellm_groq/m", Prices(input=0.05, output=0.08, source="list 7")),
        ("litellm_mistral/m", Prices()),
        ("litellm_openai/free", Prices()),
        ("litellm_openai/half", Prices()),
        ("litellm_openai/unheard_of", Prices()),
    ],
)
def test_a_listed_price_is_that_of_the_provider(name: str, found: Prices) -> None:
    assert prices.look_up(name, LISTED) == found


DEAR = PriceList(
    "list 7",
    {
        "m": {
            "litellm_provider": "openai",
            "input_cost_per_token": 1e-06,
            "output_cost_per_token": 4e-06,
            "output_cost_per_reasoning_token": 9e-06,
            "cache_creation_input_token_cost": 1.25e-06,
            "cache_creation_input_token_cost_above_1hr": 2e-06,
            "input_cost_per_token_above_200k_tokens": 2e-06,
            "output_cost_per_token_above_200k_tokens": 6e-06,
            "input_cost_per_token_priority": 7e-06,
            "input_cost_per_token_above_200k_tokens_priority": 8e-06,
            "max_output_tokens": 5000,
        },
        "old": {"litellm_provider": "openai", "max_tokens": 300},
        "none": {"litellm_provider": "openai", "max_output_tokens": None, "max_tokens": "many"},
    },
)


def test_the_highest_price_covers_reasoning_cache_and_long_prompts() -> None:
    price = prices.look_up("litellm_m", DEAR).highest()
    assert price == Price(1.0, 9.0, written=2.0, long=LongPrice(200_000, 2.0, 9.0))
    assert Prices(input=1.0).highest() is None


def test_a_limit_on_replies_is_the_entrys_or_the_lists(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setattr(prices, "installed", lambda: DEAR)
    limits = {name: prices.most_tokens(ModelEntry(name=f"litellm_{name}")) for name in DEAR.models}
    assert limits == {"m": 5000, "old": 300, "none": None}
    stated = ModelEntry(name="litellm_m", max_output_tokens=70)
    assert prices.most_tokens(stated) == 70
    served = {"name": "litellm_m", "api_base": "http://127.0.0.1:1"}
    assert prices.most_tokens(ModelEntry(**served)) is None
    assert prices.most_tokens(ModelEntry(**served, max_output_tokens=70)) == 70


def test_no_token_of_the_installed_list_exceeds_the_worst_price() -> None:
    listed = prices.installed()
    assert listed is not None
    found = 0
    for name, row in listed.models.items():
        provider = row.get("litellm_provider")
        if not isinstance(provider, str):
            continue
        price = prices.look_up(f"litellm_{provider}/{name.removeprefix(f'{provider}/')}", listed)
        highest = price.highest()
        if highest is None:
            continue
        found += 1
        assert price.input is not None and price.output is not None
        for prompt, said in ((100, 100), (150_000, 0), (300_000, 9000), (2_000_000, 1)):
            usd = highest.usd(prompt, said, cached_tokens=prompt // 2)
            assert usd <= highest.most_usd(prompt, said) * (1 + 1e-12)
            assert highest.usd(prompt, said) >= (prompt * price.input + said * price.output) / 1e6
    assert found > 1000


def test_the_entry_wins_and_its_zero_is_a_price() -> None:
    entry = ModelEntry(name="litellm_gpt-4o-mini", input_price=0.0, output_price=2.0)
    assert prices.find(entry) == Prices(input=0.0, output=2.0, source="entry")
    half = ModelEntry(name="litellm_gpt-4o-mini", input_price=3.0)
    assert prices.find(half) == Prices(input=3.0, source="entry")


@pytest.mark.parametrize(
    "entry",
    [
        ModelEntry(name="hf_gpt2"),
        ModelEntry(name="vllm_x"),
        ModelEntry(name="litellm_openai/gpt-4o-mini", api_base="http://127.0.0.1:1/v1"),
        ModelEntry(name="litellm_openai/unheard_of"),
    ],
)
def test_what_nobody_lists_is_unknown(entry: ModelEntry) -> None:
    assert prices.find(entry) == Prices()


def test_the_installed_list_names_its_version_and_every_provider_once() -> None:
    listed = prices.installed()
    assert listed is not None and listed.source.startswith("litellm ")
    found = prices.find(ModelEntry(name="litellm_openai/gpt-4o-mini"))
    assert found.source == listed.source
    assert found.input is not None and found.output is not None and found.cached is not None
    # A cached token costs less than a new one, and a written token costs more.
    assert 0 < found.cached < found.input < found.output


def test_a_price_is_found_without_the_library() -> None:
    code = """
import sys
from gamegrid.backends import prices
from gamegrid.backends.backend import ModelEntry
assert prices.find(ModelEntry(name="litellm_openai/gpt-4o-mini")).input
print("litellm" in sys.modules)
"""
    scripts = str(Path(prices.__file__).parents[2])
    printed = subprocess.check_output(
        [sys.executable, "-c", code], env={"PYTHONPATH": scripts}, text=True
    )
    assert printed == "False\n"
