"""Without a shared file system, pods that are killed with their disks cost no reply twice.

Only what a pod had not sent when it was killed is bought again: the replies of the last seconds,
and those in flight.
"""

import json
import re
import time
from collections import Counter
from collections.abc import Iterator
from dataclasses import dataclass
from datetime import UTC, datetime
from pathlib import Path
from random import Random

import pytest

from gamegrid.commands.merge_command import merge
from gamegrid.jobs.verify import verify
from gamegrid.records import chain, journal, shipment
from gamegrid.records.remote import Remote
from loopback import Endpoint
from model_grids import grid, question, questions
from pods import Site
from s3_server import KEYS, bucket
from workflow_runs import Grid, data, snakemake, write_grid

FEW, MANY = 2, 20
"""Number of kills in the nightly tests and in the long campaign."""
REPLY_S = 0.5
IN_FLIGHT = 2
"""Requests of one pod at a time, so that a job lasts for several segments."""
JOB = 20
"""Deals of a job."""
LATE_S = 3.0
"""How late a segment may be on a busy machine."""
CELL = "journal/kuhn_poker/one--random"


def small(endpoint: Endpoint, folder: Path, jobs: int) -> Grid:
    """One model against a bot."""
    made = grid(endpoint, folder, deals=JOB * jobs, chunk=JOB)
    models = folder / "models.yaml"
    limit = f"max_connections: {IN_FLIGHT}, input_price"
    models.write_text(models.read_text().replace("input_price", limit))
    return {**made, "agents": {name: made["agents"][name] for name in ("one", "random")}}


@dataclass(frozen=True)
class Place:
    """Where results go: the plugin, the prefix, and the environment in which jobs reach it."""

    provider: str
    prefix: str
    keys: dict[str, str]

    @property
    def results(self) -> Remote:
        return Remote(f"{self.prefix}/results")


@pytest.fixture
def place(
    request: pytest.FixtureRequest, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> Iterator[Place]:
    if request.param == "fs":
        yield Place("fs", str(tmp_path / "elsewhere"), KEYS)
        return
    with bucket("games") as (address, keys):
        for key, value in keys.items():
            monkeypatch.setenv(key, value)
        yield Place("s3", f"{address}/grid", keys)


@dataclass(frozen=True)
class Death:
    """A kill of a pod with replies on its disk. ``lost``: those it had not sent."""

    bought: int
    lost: frozenset[str]
    oldest_s: float
    """The age of the oldest reply that was lost."""


def killed(site: Site, pod: Path, place: Place, seen: Path) -> Death:
    lines = {chain.link(line).content: json.loads(line) for line in site.kill(pod)}
    now = datetime.now(UTC).replace(tzinfo=None)
    place.results.fetch(CELL, (".jsonl",), seen)
    sent = {line.content for path in journal.files(seen / CELL) for line in journal.read(path)}
    lost = [entry for content, entry in lines.items() if content not in sent]
    ages = [(now - datetime.fromisoformat(entry["at"])).total_seconds() for entry in lost]
    asked = frozenset(question(entry["completion"]["sent"]) for entry in lost)
    return Death(len(lines), asked, max(ages, default=0.0))


@pytest.mark.parametrize(
    ("place", "kills"),
    [
        pytest.param("s3", FEW, marks=pytest.mark.nightly),
        pytest.param("s3", MANY, marks=pytest.mark.faults),
        pytest.param("fs", MANY, marks=pytest.mark.faults),  # its plugin needs rsync
    ],
    indirect=["place"],
)
def test_killed_pods_cost_no_reply_twice(kills: int, place: Place, tmp_path: Path) -> None:
    luck, deaths, site = Random(kills), list[Death](), Site.make(tmp_path)
    arguments = (
        "--default-storage-provider", place.provider, "--retries", str(kills),
        "--envvars", *place.keys,
    )  # fmt: skip
    with Endpoint(delay=REPLY_S) as endpoint:
        made = small(endpoint, site.folder, jobs=max(2, kills // 4))
        write_grid(site.folder, made)
        site.commit()
        run = site.start("s3", place.prefix, place.keys, "--jobs", "2", *arguments)
        while len(deaths) < kills and run.poll() is None:
            time.sleep(luck.uniform(0, 4))  # a random moment
            if pods := site.buying():
                deaths.append(killed(site, luck.choice(pods), place, tmp_path / "seen"))
        assert run.wait() == 0, site.log.read_text()
        assert re.search(
            r"(\d+) of \1 episodes are played, \d+ replies are new", site.log.read_text()
        )
        asked = questions(endpoint)

        again = site.start("s3", place.prefix, place.keys, *arguments)
        assert again.wait() == 0, site.log.read_text()
        [chunk, *_] = place.results.names("chunks/kuhn_poker/one--random")
        place.results.remove([chunk])
        again = site.start("s3", place.prefix, place.keys, *arguments)
        assert again.wait() == 0, site.log.read_text()
        assert questions(endpoint) == asked

        endpoint.delay = 0.0
        alone = tmp_path / "alone"
        (alone / "models.yaml").parent.mkdir()
        (alone / "models.yaml").write_text((site.folder / "models.yaml").read_text())
        assert snakemake(alone, made).code == 0

    assert len(deaths) == kills
    lost = Counter(asked for death in deaths for asked in death.lost)
    twice = asked - Counter(set(asked))
    in_flight = twice - lost
    print(
        f"{place.provider}: {kills} kills with {sum(d.bought for d in deaths)} replies on their "
        f"disks; {lost.total()} lost, at most {max(len(d.lost) for d in deaths)} by one kill, the "
        f"oldest {max(d.oldest_s for d in deaths):.1f} s old; of {len(asked)} questions, "
        f"{twice.total()} were asked again, {in_flight.total()} of them in flight"
    )
    assert max(death.oldest_s for death in deaths) <= shipment.EVERY_S + LATE_S
    # Whatever else was asked again was in flight when its pod was killed.
    assert in_flight.total() <= IN_FLIGHT * kills

    theirs = tmp_path / "downloaded/results"
    download(place.results, theirs)
    assert data(theirs.parent) == data(alone)
    verify(theirs, site.folder)
    united = merge(alone / "results", theirs)
    assert (united.replies, united.episodes, united.conflicts) == (0, 0, ())


def download(results: Remote, folder: Path) -> None:
    """Copy a whole results folder, as ``aws s3 sync`` does."""
    names = [each["path"] for batch in results._store.list() for each in batch]
    for name in names:
        content = results.read(name)
        assert content is not None
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
