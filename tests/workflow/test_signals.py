"""Every way in which a terminal, a shell or a cluster ends a run: no reply is paid for twice."""

import os
import pty
import select
import shlex
import signal
import subprocess
import sys
import threading
import time
from collections.abc import Callable
from contextlib import suppress
from pathlib import Path

import pytest

from gamegrid.play.gpus import VISIBLE, Gpus
from gamegrid.play.interrupt import ENDING
from gpu_host import pretend
from loopback import Endpoint
from model_grids import grid, one_model, questions
from processes import jobs_in, kill, until, working_in
from workflow_runs import DATABASE, ROOT, Grid, command, environment, snakemake, write_grid

DELAY_S = 0.6
IN_FLIGHT = 12
"""Replies in flight when the signal comes."""
DAILY = ("SIGHUP", "SIGQUIT", "SIGUSR1")
BLOCK = "00000-00011"

JOB = """
import sys, yaml
from pathlib import Path
from gamegrid.jobs.run import run
from gamegrid.play.chunk import Job, play_chunk

game, matchup, block = sys.argv[1:]
output = Path("results/chunks", game, matchup, f"{block}.parquet")
run(
    lambda: play_chunk(
        Job(config=yaml.safe_load(Path("grid.yaml").read_text()), game=game,
            matchup=matchup, block=block, results=Path("results"), output=output, threads=1)
    ),
    "results/logs/job.log",
)
"""


def nightly_but(names: tuple[str, ...]) -> list[object]:
    """Return every signal that ends a process; only those of ``names`` are tried every day."""
    return [
        number if number.name in names else pytest.param(number, marks=pytest.mark.nightly)
        for number in sorted(ENDING)
    ]


def start_job(
    folder: Path, game: str = "kuhn_poker", block: str = BLOCK, **more: object
) -> subprocess.Popen[str]:
    """Start the script of one play job without Snakemake."""
    root = Path(__file__).resolve().parents[2]
    return subprocess.Popen(
        [sys.executable, "-c", JOB, game, "one--random", block],
        cwd=folder, env=environment() | {"PYTHONPATH": str(root / "scripts")}, text=True,
        start_new_session=True, stdout=subprocess.PIPE, stderr=subprocess.STDOUT, **more,
    )  # type: ignore[call-overload, no-any-return]  # fmt: skip


def job_grid(endpoint: Endpoint, folder: Path) -> Grid:
    made = one_model(endpoint, folder, deals=12, chunk=12)
    write_grid(folder, made)
    return made


def filed(folder: Path) -> int:
    """Return the number of replies on file."""
    paths = (folder / "results/journal").rglob("*.jsonl")
    return sum(path.read_text().count("\n") for path in paths)


def nothing_asked_twice(endpoint: Endpoint, folder: Path) -> None:
    """Check that every reply is on file and that a rerun asks for the others only."""
    assert filed(folder) == len(endpoint.requests) >= IN_FLIGHT
    endpoint.delay = 0.0
    again = start_job(folder)
    said, _ = again.communicate(timeout=120)
    assert again.returncode == 0, said
    assert max(questions(endpoint).values()) == 1


@pytest.mark.parametrize("number", nightly_but(DAILY))
def test_a_job_waits_for_the_replies_in_flight(number: signal.Signals, tmp_path: Path) -> None:
    """The signal comes three times, as from the kernel, a shell and a supervisor."""
    with Endpoint(delay=DELAY_S) as endpoint:
        job_grid(endpoint, tmp_path)
        job = start_job(tmp_path)
        assert until(lambda: len(endpoint.requests) >= IN_FLIGHT)
        for _ in range(3):
            job.send_signal(number)
            time.sleep(0.1)
        said, _ = job.communicate(timeout=120)
        assert job.returncode == 1
        assert f"{number.name}: waiting for " in said
        assert f"ended by {number.name};" in (tmp_path / "results/logs/job.log").read_text()
        assert f"{number.name}: still waiting for " in said
        assert "Traceback" not in said
        assert not list((tmp_path / "results/chunks").rglob("*.parquet"))
        nothing_asked_twice(endpoint, tmp_path)


def test_signals_that_are_ignored_stay_ignored(tmp_path: Path) -> None:
    """As under ``nohup``, and for jobs that a script starts in the background."""

    def ignore() -> None:
        for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT):
            signal.signal(number, signal.SIG_IGN)

    with Endpoint(delay=0.1) as endpoint:
        job_grid(endpoint, tmp_path)
        job = start_job(tmp_path, preexec_fn=ignore)
        assert until(lambda: len(endpoint.requests) >= IN_FLIGHT)
        for number in (signal.SIGHUP, signal.SIGINT, signal.SIGQUIT):
            job.send_signal(number)
        said, _ = job.communicate(timeout=120)
        assert job.returncode == 0, said
        assert max(questions(endpoint).values()) == 1


def test_a_stopped_job_goes_on_and_loses_nothing(tmp_path: Path) -> None:
    """Ctrl-Z, ``fg``, Ctrl-Z and then a closed terminal, which sends SIGHUP and SIGCONT."""
    with Endpoint(delay=DELAY_S) as endpoint:
        job_grid(endpoint, tmp_path)
        job = start_job(tmp_path)
        assert until(lambda: len(endpoint.requests) >= IN_FLIGHT)
        for numbers in ((signal.SIGTSTP, signal.SIGCONT), (signal.SIGSTOP, signal.SIGHUP)):
            for number in numbers:
                job.send_signal(number)
                time.sleep(0.3)
        job.send_signal(signal.SIGCONT)
        job.communicate(timeout=120)
        assert job.returncode == 1
        nothing_asked_twice(endpoint, tmp_path)


def test_a_job_without_replies_in_flight_ends_soon(tmp_path: Path) -> None:
    """Bots are not waited for: their games cost nothing."""
    agents = {"one": {"type": "mcts", "simulations": 50}, "random": {"type": "random"}}
    bots = {"games": ["connect_four"], "agents": agents, "models": [], "deals": 1000, "chunk": 1000}
    write_grid(tmp_path, bots)
    job = start_job(tmp_path, block="00000-00999", game="connect_four")
    assert until(lambda: any((tmp_path / "results/progress").rglob("*.json")))
    time.sleep(0.5)
    began = time.monotonic()
    job.send_signal(signal.SIGTERM)
    said, _ = job.communicate(timeout=60)
    assert job.returncode == 1, said
    assert time.monotonic() - began < 5


def test_a_job_that_waits_for_a_gpu_ends_soon(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """Another job holds the only GPU, and keeps it."""
    pretend(monkeypatch, tmp_path, 1)
    locks = tmp_path / f"gamegrid-{os.getuid()}/gpus"
    held = Gpus(locks)
    held.take(1)
    monkeypatch.delenv(VISIBLE)
    monkeypatch.setenv("TMPDIR", str(tmp_path))
    entry = f"{{name: hf_one, model_path: '{ROOT}/config/tiny', gpus: 1}}"
    (tmp_path / "models.yaml").write_text(f"models:\n  - {entry}\n")
    agents = {"one": {"type": "llm", "model": "hf_one"}, "random": {"type": "random"}}
    one = {"games": ["kuhn_poker"], "agents": agents, "models": ["models.yaml"], "deals": 12}
    write_grid(tmp_path, one)
    job = start_job(tmp_path)
    log = tmp_path / "results/logs/job.log"
    assert until(lambda: log.exists() and "waiting for 1 of the GPUs GPU-a" in log.read_text())
    began = time.monotonic()
    job.send_signal(signal.SIGTERM)
    said, _ = job.communicate(timeout=60)
    assert job.returncode == 1, said
    assert time.monotonic() - began < 5
    assert "ended by SIGTERM;" in log.read_text()
    held.release()


def test_a_job_whose_terminal_is_gone_goes_on_writing(tmp_path: Path) -> None:
    """Standard output and error are a pipe that nobody reads any more, as after ``| tee``."""
    with Endpoint(delay=0.1) as endpoint:
        job_grid(endpoint, tmp_path)
        job = start_job(tmp_path)
        assert job.stdout is not None
        job.stdout.close()
        assert until(lambda: job.poll() is not None)
        assert max(questions(endpoint).values()) == 1
        assert list((tmp_path / "results/chunks").rglob("*.parquet"))


class Terminal:
    """A shell with a terminal in which a line was typed."""

    def __init__(self, folder: Path, line: str):
        self.shell, self._master = pty.fork()
        if self.shell == 0:
            os.chdir(folder)
            os.execvpe("bash", ["bash", "--norc", "-i"], environment())
        self._shown = b""
        self._closing = threading.Event()
        self._reader = threading.Thread(target=self._read, daemon=True)
        self._reader.start()
        os.write(self._master, f"{line}\n".encode())

    def _read(self) -> None:
        # A thread that waits in read() would keep the terminal open.
        while not self._closing.is_set():
            if select.select([self._master], [], [], 0.02)[0]:
                with suppress(OSError):
                    self._shown += os.read(self._master, 65536)

    @property
    def shown(self) -> str:
        """What the terminal has shown so far."""
        return self._shown.decode("utf-8", "replace")

    def press(self, keys: bytes) -> None:
        """Press keys one after the other."""
        for key in keys:
            os.write(self._master, bytes([key]))
            time.sleep(0.2)

    def close(self) -> None:
        """Close the terminal, as when a connection breaks."""
        self._closing.set()
        self._reader.join()
        os.close(self._master)


WAYS: dict[str, tuple[str, Callable[[Terminal], None]]] = {
    "closed": ("", Terminal.close),
    "closed with tee": (" 2>&1 | tee log.txt", Terminal.close),
    "shell killed": ("", lambda terminal: os.kill(terminal.shell, signal.SIGKILL)),
    "Ctrl-C": ("", lambda terminal: terminal.press(b"\x03")),
    "Ctrl-C twice": ("", lambda terminal: terminal.press(b"\x03\x03")),
    "Ctrl-C with tee": (" 2>&1 | tee log.txt", lambda terminal: terminal.press(b"\x03")),
    "Ctrl-backslash": ("", lambda terminal: terminal.press(b"\x1c")),
    "stopped and closed": ("", lambda terminal: (terminal.press(b"\x1a"), terminal.close())[1]),
}


@pytest.mark.parametrize(
    "way",
    [way if way == "closed" else pytest.param(way, marks=pytest.mark.nightly) for way in WAYS],
)
def test_a_terminal_that_ends_loses_no_reply(way: str, tmp_path: Path) -> None:
    tail, end = WAYS[way]
    with Endpoint(delay=DELAY_S * 2) as endpoint:
        write_grid(tmp_path, grid(endpoint, tmp_path, deals=12, chunk=12))
        line = shlex.join(command("--configfile", "grid.yaml")) + tail
        terminal = Terminal(tmp_path, line)
        try:
            assert until(lambda: len(endpoint.requests) >= IN_FLIGHT)
            end(terminal)
            assert until(lambda: not [pid for pid in working_in(tmp_path) if pid != terminal.shell])
        finally:
            kill(terminal.shell)
            os.waitpid(terminal.shell, 0)
        assert "Traceback" not in terminal.shown and "ignored in" not in terminal.shown
        assert filed(tmp_path) == len(endpoint.requests)
        _rerun(endpoint, tmp_path)


@pytest.mark.faults
@pytest.mark.parametrize("victim", ["group", "snakemake", "job"])
@pytest.mark.parametrize("number", sorted(ENDING))
def test_a_signal_to_a_run_loses_no_reply(
    number: signal.Signals, victim: str, tmp_path: Path
) -> None:
    with Endpoint(delay=DELAY_S) as endpoint:
        write_grid(tmp_path, grid(endpoint, tmp_path, deals=12, chunk=12))
        run = subprocess.Popen(
            command("--configfile", "grid.yaml"), cwd=tmp_path, env=environment(), text=True,
            stdout=subprocess.PIPE, stderr=subprocess.STDOUT, start_new_session=True,
        )  # fmt: skip
        assert until(lambda: len(endpoint.requests) >= IN_FLIGHT)
        match victim:
            case "group":
                os.killpg(run.pid, number)
            case "snakemake":
                os.kill(run.pid, number)
            case _:
                os.kill(jobs_in(tmp_path)[0], number)
        said, _ = run.communicate(timeout=240)
        assert until(lambda: not working_in(tmp_path))
        # Each of the signals is a way to end a run; Snakemake treats SIGINT in its own way.
        assert "Traceback" not in said
        assert filed(tmp_path) == len(endpoint.requests)
        _rerun(endpoint, tmp_path)


@pytest.mark.faults
def test_a_job_outlives_a_snakemake_that_is_killed(tmp_path: Path) -> None:
    """Only SIGKILL leaves Snakemake's locks behind; the job plays its chunk to the end."""
    with Endpoint(delay=DELAY_S) as endpoint:
        write_grid(tmp_path, grid(endpoint, tmp_path, deals=12, chunk=12))
        run = subprocess.Popen(
            command("--configfile", "grid.yaml"), cwd=tmp_path, env=environment(),
            stdout=subprocess.DEVNULL, stderr=subprocess.DEVNULL, start_new_session=True,
        )  # fmt: skip
        assert until(lambda: len(endpoint.requests) >= IN_FLIGHT)
        run.kill()
        run.wait()
        assert until(lambda: not working_in(tmp_path))
        assert snakemake(tmp_path, None, "--unlock").code == 0
        _rerun(endpoint, tmp_path)


def _rerun(endpoint: Endpoint, folder: Path) -> None:
    """Check that a rerun completes the grid and has asked no question twice."""
    endpoint.delay = 0.0
    again = snakemake(folder, None, *DATABASE)
    assert again.code == 0, again.output
    assert max(questions(endpoint).values()) == 1
