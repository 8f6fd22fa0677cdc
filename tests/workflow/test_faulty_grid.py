"""Whole runs against providers that fail or repeat keys, and runs that must contact nobody."""

import os
import re
import subprocess
import sys
from pathlib import Path
from typing import Any

import duckdb
import pytest

from audit import check_decisions, check_sales, episodes, journal
from faulty import Fault, Provider
from loopback import Endpoint, error
from model_grids import one_model
from workflow_runs import Grid, command, environment, query, snakemake, write_grid

CORE = "c4n4ry4f1d9a77"
"""The part of a key that every encoding leaves unchanged."""
KEYS = {
    "OPENAI_API_KEY": f"sk-/+{CORE}=1",
    "ANTHROPIC_API_KEY": f"sk-ant-{CORE}-2",
    "GEMINI_API_KEY": f"AIza/{CORE}+3",
}
GUARD = """
import os, sys

def guard(event, arguments):
    if event in ("socket.connect", "socket.sendto"):
        address = arguments[1]
        local = not isinstance(address, tuple) or str(address[0]).startswith(("127.", "::1"))
    elif event == "socket.getaddrinfo":
        address = arguments[0]
        local = address in (None, "", "localhost", "127.0.0.1", "::1", os.uname().nodename)
    else:
        return
    if not local:
        with open(os.environ["GUARD_LOG"], "a") as log:
            log.write(f"{event} {address} {sys.argv}\\n")

sys.addaudithook(guard)
"""
"""A sitecustomize module that makes every Python process log whom it talks to."""


def hosted(folder: Path, root: str, **entry: object) -> Grid:
    """Three hosted models from three providers, each against a bot."""
    folder.mkdir(parents=True, exist_ok=True)
    models = {
        "gpt": ("litellm_openai/gpt-x", "/v1"),
        "claude": ("litellm_anthropic/claude-sonnet-4-5", ""),
        "gemini": ("litellm_gemini/gemini-2.5-flash", "/v1beta"),
    }
    lines = [
        {"name": name, "api_base": root + path, "timeout": 3.0, **entry}
        for name, path in models.values()
    ]
    (folder / "models.yaml").write_text(f"models: {lines}\n")
    agents: dict[str, Any] = {
        agent: {"type": "llm", "model": name, "max_tokens": 200}
        for agent, (name, _) in models.items()
    }
    return {
        "seed": 5,
        "deals": 4,
        "games": ["kuhn_poker"],
        "models": ["models.yaml"],
        "agents": agents | {"random": {"type": "random"}},
        "schedule": {"each": list(models), "against": ["random"]},
    }


@pytest.mark.nightly
def test_a_faulty_provider_costs_reruns_and_nothing_else(tmp_path: Path) -> None:
    """Keep the usual pauses, and play one of the models, so that each question is asked once."""
    run = tmp_path / "run"
    slips = ("--slips", "0.15", "--seed", "4")
    lost = ("--faults", Fault.DROP, Fault.TRUNCATE, Fault.MALFORMED, Fault.UNAVAILABLE)
    with Provider(tmp_path / "faulty.jsonl", *slips, "--rate", "0.5", *lost) as provider:
        grid = _one(hosted(run, provider.root))
        broken = snakemake(run, grid)
        first = provider.entries()
    # The tables hold the complete episodes even though the run reports itself incomplete.
    assert broken.code == 1, broken.output
    assert "Traceback" not in broken.output
    assert (run / "results/tables/leaderboard.csv").exists()
    statuses = dict(query(run, "SELECT status, count(*) FROM episodes GROUP BY ALL"))
    assert set(statuses) == {"complete", "error"}
    assert f"{statuses['error']} episodes" in broken.output
    assert query(run, "SELECT count(*) FROM episodes WHERE status = 'error' AND error IS NULL") == [
        (0,)
    ]
    filed = journal(run / "results")
    check_sales(first, filed)
    with Provider(tmp_path / "healthy.jsonl", *slips) as provider:
        mended = snakemake(run, _one(hosted(run, provider.root)))
        assert mended.code == 0, mended.output
        second = provider.entries()
    delivered = {entry.question for entry in first if entry.delivered}
    assert not delivered & {entry.question for entry in second}
    played = episodes((run / "results/chunks").rglob("*.parquet"))
    check_decisions(played, journal(run / "results"), first + second)
    assert query(run, "SELECT DISTINCT status FROM episodes") == [("complete",)]


def test_a_refused_key_leaves_tables_figures_and_page(tmp_path: Path) -> None:
    """Even if Snakemake starts no job after a failed one, as without ``keep-going``."""
    with Endpoint(answer=lambda _: error(401)) as endpoint:
        grid = one_model(endpoint, tmp_path, deals=2)
        done = snakemake(tmp_path, grid, "--workflow-profile", "none", "--", "all")
    assert done.code == 1, done.output
    assert re.findall(r"Error in rule (\w+)", done.output) == ["confirm_complete"], done.output
    assert "key was refused" in (tmp_path / "results/logs/confirm_complete.log").read_text()
    for made in ("tables/README.md", "figures", "report.html"):
        assert (tmp_path / "results" / made).exists(), made
    assert not (tmp_path / "results/complete.txt").exists()


def _one(grid: Grid) -> Grid:
    grid["agents"] = {name: grid["agents"][name] for name in ("gpt", "random")}
    return {**grid, "schedule": "round_robin", "deals": 20}


def test_no_key_in_any_file(tmp_path: Path) -> None:
    """The first key is in .env, the others in the environment; the server repeats them all."""
    run = tmp_path / "run"
    kinds = ("--slips", "0.4", "--rate", "0.6", "--faults", *tuple(Fault)[1:])
    with Provider(tmp_path / "ledger.jsonl", "--echo-key", *kinds) as provider:
        write_grid(run, hosted(run, provider.root))
        name, key = next(iter(KEYS.items()))
        (run / ".env").write_text(f"{name}='{key}'\n")
        done = subprocess.run(
            command("--configfile", "grid.yaml", "--show-failed-logs"),
            cwd=run, env=environment() | dict(list(KEYS.items())[1:]) | _home(tmp_path),
            capture_output=True, text=True, timeout=300, check=False,
        )  # fmt: skip
        models = {entry.model for entry in provider.entries()}
    assert len(models) == 3, done.stdout + done.stderr
    assert CORE not in done.stdout + done.stderr
    (run / ".env").unlink()
    assert [str(path) for path in _files(tmp_path) if CORE in _text(path)] == []


def _home(folder: Path) -> dict[str, str]:
    """Put every program's caches and settings under ``folder``, where the test can see them."""
    names = ("HOME", "XDG_CACHE_HOME", "XDG_CONFIG_HOME", "TMPDIR")
    for name in names:
        (folder / name).mkdir()
    return {name: str(folder / name) for name in names}


def _files(folder: Path) -> list[Path]:
    return [path for path in folder.rglob("*") if path.is_file()]


def _text(path: Path) -> str:
    """Return all text in a file, and unpack it if it is packed."""
    raw = path.read_bytes().decode("latin-1")
    if path.suffix == ".parquet":
        return raw + str(duckdb.sql(f"SELECT * FROM read_parquet('{path}')").fetchall())
    if path.suffix == ".duckdb":
        with duckdb.connect(str(path), read_only=True) as base:
            tables = [name for (name,) in base.execute("SHOW TABLES").fetchall()]
            return raw + str([base.execute(f'FROM "{name}"').fetchall() for name in tables])
    return raw


def test_the_files_are_read_whole(tmp_path: Path) -> None:
    duckdb.sql(f"COPY (SELECT repeat('{CORE}', 99)) TO '{tmp_path}/a.parquet'")
    with duckdb.connect(str(tmp_path / "b.duckdb")) as base:
        base.execute(f"CREATE TABLE t AS SELECT repeat('{CORE}', 99)")
    assert all(CORE in _text(path) for path in _files(tmp_path))
    assert len(_files(tmp_path)) == 2


def guarded(folder: Path) -> dict[str, str]:
    """Return an environment in which every Python process logs whom it talks to."""
    (folder / "guard").mkdir()
    (folder / "guard/sitecustomize.py").write_text(GUARD)
    paths = [str(folder / "guard"), os.environ.get("PYTHONPATH", "")]
    return {"PYTHONPATH": os.pathsep.join(filter(None, paths)), "GUARD_LOG": f"{folder}/guard.log"}


@pytest.mark.parametrize("backend", ["hf", pytest.param("vllm", marks=pytest.mark.vllm)])
def test_local_models_and_bots_talk_to_nobody(tmp_path: Path, backend: str) -> None:
    run = tmp_path / "run"
    llm = {"type": "llm", "model": f"{backend}_tiny", "prompt": "terse", "max_tokens": 16}
    agents: dict[str, Any] = {
        "tiny": llm,
        "random": {"type": "random"},
        "ismcts": {"type": "ismcts", "simulations": 5},
        "optimal": {"type": "optimal"},
    }
    # One job with a model, and two with bots alone.
    pairs = [["random", "tiny"], ["ismcts", "random"], ["optimal", "random"]]
    schedule = {"matchups": pairs}
    write_grid(run, {"deals": 2, "games": ["kuhn_poker"], "agents": agents, "schedule": schedule})
    done = subprocess.run(
        command("--configfile", "grid.yaml"), cwd=run, env=environment() | guarded(tmp_path),
        capture_output=True, text=True, timeout=400, check=False,
    )  # fmt: skip
    assert done.returncode == 0, done.stdout + done.stderr
    asked = query(run, f"SELECT count(*) > 0 FROM calls WHERE backend = '{backend}'")
    assert asked == [(True,)]
    log = tmp_path / "guard.log"
    assert not log.exists(), log.read_text()


def test_the_guard_notices_a_stranger(tmp_path: Path) -> None:
    """192.0.2.1 belongs to nobody (RFC 5737), and connecting a datagram socket sends nothing."""
    code = (
        "import socket; s = socket.socket(type=socket.SOCK_DGRAM); s.connect(('192.0.2.1', 9));"
        "s.connect(('127.0.0.1', 9))"
    )
    env = os.environ | guarded(tmp_path)
    subprocess.run([sys.executable, "-c", code], env=env, check=True)
    [line] = (tmp_path / "guard.log").read_text().splitlines()
    assert "192.0.2.1" in line
