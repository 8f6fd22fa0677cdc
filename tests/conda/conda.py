"""A stand-in for the conda command that answers only the calls that Snakemake makes."""

import asyncio
import json
import os
import re
import subprocess
import sys
import tempfile
from pathlib import Path
from typing import NoReturn

import yaml
from rattler import Channel, ChannelConfig, MatchSpec, Platform, VirtualPackage, install, solve

HOME = Path(__file__).parent
"""Snakemake looks for ``bin/activate`` below it."""
STORE = HOME.parents[1] / ".venv-conda"
VERSION = "24.7.1"
"""The oldest version that Snakemake accepts."""
KEYS = {"name", "channels", "dependencies", "prefix", "variables"}


def fail(message: str) -> NoReturn:
    """End with a message, as conda does."""
    sys.exit(f"conda (stand-in): {message}")


def value(arguments: list[str], option: str) -> str:
    """Return the value of a required option."""
    if option not in arguments:
        fail(f"{option} is missing")
    return arguments[arguments.index(option) + 1]


def create(arguments: list[str]) -> None:
    """Do ``conda env create``: install the conda packages, then those of the pip section."""
    told = yaml.safe_load(Path(value(arguments, "--file")).read_text(encoding="utf-8"))
    prefix = Path(value(arguments, "--prefix"))
    if unknown := sorted(set(told) - KEYS):
        fail(f"unknown keys {unknown}")
    # The channel has this machine's Python, which may differ in its patch version.
    specs = [
        MatchSpec(re.sub(r"^(python=\d+\.\d+)\.\d+$", r"\1", given))
        for given in told["dependencies"]
        if isinstance(given, str)
    ]
    sections = [given for given in told["dependencies"] if isinstance(given, dict)]
    if any(set(section) != {"pip"} for section in sections):
        fail("the only section among the dependencies is pip")
    pins = [pin for section in sections for pin in section["pip"]]
    if pins and not any(spec.name and spec.name.normalized == "pip" for spec in specs):
        fail("a pip section needs pip among the dependencies")
    asyncio.run(link(specs, told.get("channels", []), prefix))
    if pins:
        with tempfile.NamedTemporaryFile("w", suffix=".txt") as file:
            file.write("\n".join(pins))
            file.flush()
            python = prefix / "bin/python"
            subprocess.run([python, "-m", "pip", "install", "-q", "-r", file.name], check=True)


async def link(specs: list[MatchSpec], channels: list[str], prefix: Path) -> None:
    """Solve the specs and install the result."""
    config = ChannelConfig(channel_alias=f"file://{STORE}/channels/")
    records = await solve(
        [Channel(name, config) for name in channels if name != "nodefaults"],
        specs,
        platforms=[str(Platform.current()), "noarch"],
        virtual_packages=VirtualPackage.detect(),
    )
    await install(records, prefix, cache_dir=STORE / "packages", show_progress=False)


def main() -> None:
    """Answer one call."""
    match sys.argv[1:]:
        case ["--version"]:
            print(f"conda {VERSION}")
        case ["info", *_]:
            told = {"conda_prefix": str(HOME), "platform": str(Platform.current())}
            print(json.dumps({**told, "conda_version": VERSION, "envs_dirs": []}))
        case ["config", *_]:
            print(json.dumps({"get": {"channel_priority": "strict"}}))
        case ["env", "create", *rest]:
            create(rest)
            os._exit(0)  # as in make_channel.py
        case ["clean", *_]:
            pass
        case other:
            fail(f"not offered: {' '.join(other)}")


if __name__ == "__main__":
    main()
