"""What a run shows on a real terminal of 80 columns, with the profile as shipped."""

import os
import pty
import re
import sys
from pathlib import Path

import pytest

from gamegrid.terminal import ERASE
from loopback import Endpoint, error
from outside import AGENT
from workflow_runs import ROOT, environment, write_grid

MODELS = (
    "models:\n  - {{name: litellm_openai/{0}, api_base: '{1}', input_price: 1000, "
    "output_price: 1000}}\n"
)
DYING = AGENT.replace(
    "        wanted", "        import os\n        os.kill(os.getpid(), 9)\n        wanted"
)


def on_terminal(
    folder: Path, target: str, *arguments: str, grid: str = "grid.yaml"
) -> tuple[int, str]:
    """Run snakemake in a terminal; return its exit code and what the terminal got."""
    call = [
        sys.executable, "-m", "snakemake", target, "--snakefile", str(ROOT / "Snakefile"),
        "--cores", "2", "--configfile", grid, *arguments,
    ]  # fmt: skip
    child, screen = pty.fork()
    if child == 0:
        os.chdir(folder)
        os.execvpe(call[0], call, environment() | {"COLUMNS": "80", "TERM": "xterm"})
    seen = b""
    while True:
        try:
            piece = os.read(screen, 65536)
        except OSError:  # what Linux raises at the end
            break
        if not piece:
            break
        seen += piece
    _, status = os.waitpid(child, 0)
    return os.waitstatus_to_exitcode(status), seen.decode().replace("\r\n", "\n")


def lines(seen: str) -> list[str]:
    """Every line that was ever shown, but for the one with the path of the profile."""
    shown = re.sub(r"\033\[\d+m", "", seen.replace(ERASE, "\n")).split("\n")
    return [line for line in shown if line and not line.startswith("Using workflow specific")]


def snakemake_log(folder: Path) -> str:
    """The newest log of Snakemake's own."""
    return max((folder / ".snakemake/log").iterdir()).read_text("utf-8")


def test_a_run_shows_one_live_line_and_its_log_shows_all(tmp_path: Path) -> None:
    """Also: a grid outside the working directory plays the model of its own folder."""
    run, own = tmp_path / "run", tmp_path / "own"
    run.mkdir()
    agents = {
        "m": {"type": "llm", "model": "litellm_openai/small"},
        "r": {"type": "random"},
    }
    with Endpoint(models=["small"]) as endpoint, Endpoint(models=["decoy"]) as decoy:
        grid = {"games": ["matrix_rps"], "deals": 3, "models": ["models.yaml"], "agents": agents}
        write_grid(own, grid)
        (own / "models.yaml").write_text(MODELS.format("small", endpoint.api_base))
        (run / "models.yaml").write_text(MODELS.format("small", decoy.api_base))
        there = str(own / "grid.yaml")
        code, seen = on_terminal(run, "check", grid=there)
        assert code == 0, seen
        checked = "".join(lines(seen)).replace("  ", " ")
        assert re.fullmatch(
            r"2 agents in 1 game: 1 matchup, 1 jobm: litellm_openai/small at "
            rf"{re.escape(endpoint.api_base)} as 'small', by .*own/models\.yaml: ready; the server "
            r"lists it",
            checked,
        ), checked
        code, seen = on_terminal(run, "tables", grid=there)
        assert code == 0, seen
        assert len(endpoint.requests) == 6 and decoy.requests == []
    shown = lines(seen)
    assert all(len(line) <= 80 or " " not in line.strip() for line in shown)  # a path stays whole
    assert shown[0].startswith("gamegrid: m: litellm_openai/small at ")
    assert any(re.match(r"\d of 6 episodes", line) for line in shown)
    end = " ".join(shown[-2:])
    assert re.search(r"6 of 6 episodes are played, 6 replies are new for [\d.]+ +USD, in", end)
    for said in ("rule", "Building DAG", "Select jobs", "Finished jobid", "Complete log"):
        assert said not in seen
    log = snakemake_log(run)
    for said in ("rule play:", "Finished jobid:", "steps (100%) done"):
        assert said in log
    (run / "results/tables/leaderboard.csv").unlink()
    code, seen = on_terminal(run, "tables", grid=there)
    assert code == 0 and "every episode was on file" in " ".join(" ".join(lines(seen)).split())


def test_a_refused_key_is_told_once_with_what_to_do(tmp_path: Path) -> None:
    agents = {"m": {"type": "llm", "model": "litellm_openai/small"}, "r": {"type": "random"}}
    with Endpoint(answer=lambda _: error(401)) as endpoint:
        grid = {"games": ["matrix_rps"], "deals": 6, "chunk": 2, "agents": agents}
        write_grid(tmp_path, {**grid, "models": ["models.yaml"]})
        (tmp_path / "models.yaml").write_text(MODELS.format("small", endpoint.api_base))
        code, seen = on_terminal(tmp_path, "tables")
    assert code == 1
    text = " ".join(" ".join(lines(seen)).split())
    cause = "litellm_openai/small: the key was refused"
    # Once when it happened, and once in the sum at the end.
    assert text.count(cause) == 2, seen
    assert f"12 episodes: {cause}" in text
    assert text.count("Check OPENAI_API_KEY in the environment or in .env") == 2
    assert "un the same command again" not in text
    for echo in ("Error in rule", "RuleException", "WorkflowError", "Logfile"):
        assert echo not in seen
    assert "Error in rule confirm_complete" in snakemake_log(tmp_path)


@pytest.mark.parametrize("quiet", [(), ("--quiet", "all")])
def test_jobs_that_are_killed_are_told_once(tmp_path: Path, quiet: tuple[str, ...]) -> None:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/eager.py").write_text(DYING)
    agents = {"e": {"type": "eager", "wish": "x"}, "r": {"type": "random"}}
    grid = {"plugins": ["mine"], "games": ["matrix_rps"], "models": [], "agents": agents}
    write_grid(tmp_path, {**grid, "deals": 4, "chunk": 2})
    code, seen = on_terminal(tmp_path, "tables", *quiet)
    assert code == 1
    assert seen.count("gamegrid: play: the job was killed by SIGKILL") == 1
    assert "gamegrid: 2 jobs failed for this reason: the job was killed by SIGKILL" in seen
    assert "CalledProcessError" not in seen
