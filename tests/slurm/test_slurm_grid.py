"""Grids on a SLURM cluster give the data of a local run, whatever happens to the jobs.

Any cluster will do if its nodes see this machine's files and loopback interface;
tests/slurm/up.sh starts one. Every run prints its wall time and its number of jobs.
"""

import fcntl
import re
import time
from collections import Counter
from collections.abc import Callable
from pathlib import Path

import pytest

from loopback import Body, Endpoint, Reply, choose
from slurm_runs import (
    LONGEST_S,
    as_shipped,
    await_,
    finish,
    on_cluster,
    records,
    slurm,
    started,
    write_profile,
)
from workflow_runs import Grid, data, snakemake, write_grid

pytestmark = pytest.mark.slurm


def filed(folder: Path, matchup: str) -> int:
    """Count the replies on file for one matchup."""
    paths = (folder / "results/journal").glob(f"*/{matchup}/*.jsonl")
    return sum(path.read_text().count("\n") for path in paths)


def questions(endpoint: Endpoint) -> Counter[str]:
    """Count how often each question was asked; the sampling seed makes each one unique."""
    return Counter(repr(sorted(body.items(), key=str)) for body in endpoint.requests)


def write_models(folder: Path, endpoint: Endpoint, *names: str, tiny: str = "") -> None:
    folder.mkdir(parents=True, exist_ok=True)
    hosted = [f'  - {{name: litellm_openai/{n}, api_base: "{endpoint.api_base}"}}' for n in names]
    entries = [*hosted, f"  - {{name: hf_tiny, model_path: config/tiny{tiny}}}"]
    (folder / "models.yaml").write_text("models:\n" + "\n".join(entries))


def mixed() -> Grid:
    """Three matchups: one of bots, one with a local model, one with a hosted one."""
    tiny = {"model": "hf_tiny", "prompt": "terse", "temperature": 0.0, "max_tokens": 16}
    return {
        "deals": 6,
        "games": ["kuhn_poker"],
        "models": ["models.yaml"],
        "agents": {
            "random": {"type": "random"},
            "bettor": {"type": "preference", "prefer": ["Bet"]},
            "tiny": {"type": "llm", **tiny},
            "hosted": {"type": "llm", "model": "litellm_openai/hosted"},
        },
        "schedule": {"matchups": [["random", "bettor"], ["random", "tiny"], ["random", "hosted"]]},
    }


def test_a_mixed_grid_has_the_data_of_a_local_run(
    tmp_path: Path, say: Callable[[str], None]
) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    with Endpoint() as endpoint:
        write_models(there, endpoint, "hosted", tiny=", gpus: 1, mem_mb: 1500, runtime: 30")
        write_grid(there, mixed())
        began = time.monotonic()
        run = on_cluster(there)
        assert run.code == 0, run.output
        say(f"mixed grid: {time.monotonic() - began:.0f} s, {len(records(there))} SLURM jobs")
        assert set(questions(endpoint).values()) == {1}
    # The job has learnt from the run that it is the only one that asks.
    [log] = (there / "results/logs/play/kuhn_poker/hosted--random").glob("*.log")
    assert "its limits are divided by the 1 jobs" in log.read_text("utf-8")
    with Endpoint() as endpoint:
        write_models(here, endpoint, "hosted")
        local = snakemake(here, mixed())
        assert local.code == 0, local.output
    assert data(there) == data(here)
    # Only the model's job got a GPU and the other resources in its entry.
    found = {r.chunk: r.text for r in records(there) if r.chunk}
    assert len(found) == 3
    for chunk, text in found.items():
        assert ("gres/gpu=1" in text or "gres:gpu:1" in text) is ("tiny" in chunk)
    [text] = [text for chunk, text in found.items() if "tiny" in chunk]
    assert re.search(r"mem=3500M\b", text)
    assert "TimeLimit=00:30:00" in text


def troubled() -> Grid:
    """Three hosted models, each against a bot in a separate job."""
    names = ["held", "late", "gone"]
    return {
        "deals": 4,
        "games": ["phantom_ttt"],
        "models": ["models.yaml"],
        "agents": {
            "random": {"type": "random"},
            **{n: {"type": "llm", "model": f"litellm_openai/{n}"} for n in names},
        },
        "schedule": {"each": names, "against": ["random"]},
    }


class Moody:
    """While ``slow``, answers ``held`` at once, ``gone`` in seconds, and ``late`` hardly at all.

    Called from the endpoint's threads.
    """

    def __init__(self) -> None:
        self.slow = True
        self._late = 0

    def __call__(self, body: Body) -> Reply:
        delay = 0.0
        if self.slow and body["model"] == "gone":
            delay = 2.0
        elif self.slow and body["model"] == "late":
            self._late += 1
            delay = 0.0 if self._late <= 5 else 2.0 * LONGEST_S
        return Reply(text=choose(body).text, delay=delay)


def test_jobs_that_fail_run_out_of_time_or_are_cancelled_are_played_on(
    tmp_path: Path, say: Callable[[str], None]
) -> None:
    here, there = tmp_path / "here", tmp_path / "there"
    moody = Moody()
    with Endpoint(answer=moody) as endpoint:
        write_models(there, endpoint, "held", "late", "gone")
        write_grid(there, troubled())
        journal = there / "results/journal/phantom_ttt/held--random/00000-00003.jsonl"
        journal.parent.mkdir(parents=True)
        began = time.monotonic()
        with (
            journal.open("ab") as taken,
            started(there, "--set-resources", "play:runtime=1") as run,
        ):
            # Another program holds the journal's lock, so the job fails twice.
            fcntl.flock(taken, fcntl.LOCK_EX)
            # Somebody cancels a job that has bought some answers.
            await_(lambda: filed(there, "gone--random") >= 8)
            [gone] = [r.id for r in records(there) if "gone" in r.chunk]
            slurm("scancel", gone)
            # A job that waits for answers reaches its time limit.
            await_(lambda: any(r.state == "TIMEOUT" for r in records(there)))
            lost = sum(b["model"] == "late" for b in endpoint.requests)
            lost -= filed(there, "late--random")
            moody.slow = False
            first = finish(run)
        assert first.code != 0
        say(f"with trouble: {time.monotonic() - began:.0f} s, {len(records(there))} SLURM jobs")
        states = {
            name: [r.state for r in records(there) if name in r.chunk]
            for name in ("held", "late", "gone")
        }
        assert states == {
            "held": ["FAILED", "FAILED"],
            "late": ["TIMEOUT", "COMPLETED"],
            "gone": ["CANCELLED", "COMPLETED"],
        }
        assert all(f"SLURM status is: '{state}'" in first.output
                   for state in ("FAILED", "TIMEOUT", "CANCELLED"))  # fmt: skip
        assert "is being written by another job" in first.output

        began, before = time.monotonic(), len(records(there))
        again = on_cluster(there)
        assert again.code == 0, again.output
        new = records(there)[before:]
        say(f"run again: {time.monotonic() - began:.0f} s, {len(new)} SLURM jobs")
        assert [r.chunk for r in new if r.chunk] == ["phantom_ttt_held--random_00000-00003"]
        # Only questions in flight at the time limit were asked twice.
        twice = sum(count - 1 for count in questions(endpoint).values())
        assert max(questions(endpoint).values()) <= 2
        assert twice <= lost
    with Endpoint() as endpoint:
        write_models(here, endpoint, "held", "late", "gone")
        local = snakemake(here, troubled())
        assert local.code == 0, local.output
    assert data(there) == data(here)


def test_equal_chunks_go_as_one_array(tmp_path: Path, say: Callable[[str], None]) -> None:
    write_grid(
        tmp_path,
        {
            "deals": 8,
            "chunk": 2,
            "games": ["first_sealed_auction"],
            "agents": {"a": {"type": "random"}, "b": {"type": "random"}},
        },
    )
    began = time.monotonic()
    run = on_cluster(tmp_path, "--slurm-array-jobs", "play", "--until", "play")
    assert run.code == 0, run.output
    found = records(tmp_path)
    say(f"array: {time.monotonic() - began:.0f} s, {len(found)} SLURM jobs")
    arrays = [match[1] for r in found if (match := re.search(r"ArrayJobId=(\d+)", r.text))]
    assert len(found) == len(arrays) == 4
    assert len(set(arrays)) == 1


def test_an_array_that_slurm_would_get_wrong_is_refused_before_anything_is_submitted(
    tmp_path: Path,
) -> None:
    """Chunks that load a model ask for more memory than chunks of bots."""
    agents = {"a": {"type": "random"}, "b": {"type": "random"}}
    tiny = {"type": "llm", "model": "hf_tiny", "prompt": "terse", "max_tokens": 16}
    grid = {"deals": 2, "games": ["kuhn_poker"], "models": ["config/models.yaml"]}
    write_grid(tmp_path, {**grid, "agents": {**agents, "tiny": tiny}})
    unequal = on_cluster(tmp_path, "--slurm-array-jobs", "play")
    write_grid(tmp_path, {**grid, "chunk": 1, "agents": agents})
    waiting = on_cluster(tmp_path, "--slurm-array-jobs", "play", "--jobs", "1")
    for run, reason in ((unequal, "different mem_mb"), (waiting, "jobs allows 2 at once")):
        assert run.code == 1, run.output
        [said] = [line for line in run.output.splitlines() if line.startswith("gamegrid: ")]
        assert reason in said
        assert "Traceback" not in run.output
    assert records(tmp_path) == []


def test_a_job_gets_its_gpus_on_one_node_and_for_one_process(
    tmp_path: Path, say: Callable[[str], None]
) -> None:
    """The models are tiny and need no GPU; the job counts those it may use."""
    write_profile(tmp_path)
    entries = [
        f"  - {{name: hf_{name}, model_path: config/tiny, gpus: 1, threads: 2, runtime: 30}}\n"
        for name in ("tiny", "twin")
    ]
    (tmp_path / "models.yaml").write_text(f"models:\n{''.join(entries)}", "utf-8")
    agents = {
        name: {"type": "llm", "model": f"hf_{name}", "prompt": "terse", "max_tokens": 16}
        for name in ("tiny", "twin")
    }
    grid = {"deals": 2, "games": ["kuhn_poker"], "models": ["models.yaml"]}
    write_grid(tmp_path, {**grid, "agents": agents})
    began = time.monotonic()
    run = as_shipped(tmp_path, "--until", "play", "--", "tables")
    assert run.code == 0, run.output
    [job] = records(tmp_path)
    say(f"two GPUs: {time.monotonic() - began:.0f} s, {job.state}")
    assert re.search(r"NumNodes=1 NumCPUs=2 NumTasks=1 CPUs/Task=2\b", job.text)
    assert re.search(r"gres[/:]gpu\S*[=:]2\b", job.text)
    [journal] = (tmp_path / "results/journal").glob("kuhn_poker/*tiny*/*.jsonl")
    assert journal.read_text().count("\n") >= 2


def test_many_small_chunks_go_as_few_jobs(tmp_path: Path, say: Callable[[str], None]) -> None:
    write_profile(tmp_path, **{"max_jobs=100": "max_jobs=2"})
    agents = {"a": {"type": "random"}, "b": {"type": "random"}}
    write_grid(tmp_path, {"deals": 24, "chunk": 2, "games": ["kuhn_poker"], "agents": agents})
    began = time.monotonic()
    run = as_shipped(tmp_path, "--until", "play_bundle", "--", "tables")
    assert run.code == 0, run.output
    found = records(tmp_path)
    say(f"bundles: {time.monotonic() - began:.0f} s, {len(found)} SLURM jobs for 12 chunks")
    assert [job.state for job in found] == ["COMPLETED"] * 2
    assert all(re.search(r"NumCPUs=1\b.*TRES=\S*mem=2000M", job.text) for job in found)
    assert "48 of 48 episodes are played" in run.output
