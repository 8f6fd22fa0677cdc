"""The live line of a run whose results lie elsewhere, from the names of real segments and files."""

import sys
from pathlib import Path
from typing import Any

import pytest

sys.path.append(str(Path(__file__).parents[1]))

from gamegrid.jobs.remote_watch import RemoteWatch
from gamegrid.jobs.staleness import Work, works
from gamegrid.plan import plan
from gamegrid.play.chunk import Job, play_chunk
from gamegrid.records.remote import Remote
from loopback import Endpoint


class Clock:
    """A clock that a test moves."""

    seconds = 0.0

    def __call__(self) -> float:
        return self.seconds


def grid(endpoint: Endpoint, folder: Path) -> dict[str, Any]:
    (folder / "models.yaml").write_text(
        f"models: [{{name: litellm_openai/m, api_base: '{endpoint.api_base}'}}]"
    )
    return {
        "games": ["kuhn_poker"],
        "agents": {"m": {"type": "llm", "model": "litellm_openai/m"}, "r": {"type": "random"}},
        "deals": 8,
        "chunk": 4,
        "models": ["models.yaml"],
    }


def play(config: dict[str, Any], work: Work, there: Remote, host: Path) -> None:
    """Play a chunk as a pod does, and send its chunk file as Snakemake does."""
    output = host / "results" / work.file
    play_chunk(
        Job(config=config, game="kuhn_poker", matchup="m--r", block=work.file.split("/")[-1][:11],
            results=host / "results", output=output, threads=1, remote=there.address)
    )  # fmt: skip
    there.write(str(work.file), output.read_bytes())


def test_episodes_and_replies_come_from_the_list_of_the_storage(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(tmp_path)
    there, clock = Remote(str(tmp_path / "elsewhere/results")), Clock()
    with Endpoint() as endpoint:
        config = grid(endpoint, tmp_path)
        made = plan.make(config, tmp_path)
        first, second = works(made)
        play(config, first, there, tmp_path / "pod1")
        bought = len(endpoint.requests)
        watch = RemoteWatch(made, Path("results"), [second], there, clock)
        sight = watch.look()
        assert (sight.done, sight.episodes, sight.replies) == (8, 16, 0)
        assert sight.line() == "8 of 16 episodes"
        play(config, second, there, tmp_path / "pod2")
        clock.seconds = 30.0
        sight, new = watch.look(), len(endpoint.requests) - bought
    assert (sight.done, sight.replies, sight.per_minute) == (16, new, 2 * new)
    assert new > 0

    again = RemoteWatch(made, Path("results"), [second], there, clock)
    assert again.look().done == 8, "a file that is to be played anew does not count"
