"""What a SLURM site says it allows is read rightly, and jobs beyond it are refused."""

import time
from dataclasses import replace
from pathlib import Path
from types import SimpleNamespace
from typing import Any

import pytest

from gamegrid.errors import UserError
from gamegrid.jobs import slurm_site
from gamegrid.jobs.slurm_site import Asked, Qos, Site, asked, merged, minutes, troubles

SINFO = """\
short*|up|4:00:00|16|64000|(null)
gpu|up|2-00:00:00|64|512000|gpu:a100:4(S:0-1),gpu:v100:2(S:0)
gpu|up|2-00:00:00|32|256000|gpu:a100:2
plain|up|infinite|8+|32000+|gpu:8
old|down|infinite|8|32000|(null)
"""
ACCOUNTS = "proj|long,normal|normal\nproj|normal|\nother|normal|normal\n"
QOS = "normal||\nlong|3-00:00:00|PartitionTimeLimit\nquick|00:30:00|DenyOnLimit\n"
CONFIG = "AccountingStorageEnforce = associations,limits,qos\nMinJobAge = 300 sec\n"
JOB = Asked(
    rule="play", partitions=(), accounts=(), qos="", minutes=60, mem_mb=2000, cpus=1, gpus=0,
    gpu_model="",
)  # fmt: skip


def programs(folder: Path, monkeypatch: pytest.MonkeyPatch, **said: str) -> None:
    """Put programs on the PATH that say this; the others are absent."""
    for name, text in said.items():
        path = folder / name
        script = text if text.startswith("#!") else f"#!/bin/sh\n/bin/cat <<'E'\n{text}E\n"
        path.write_text(script)
        path.chmod(0o755)
    monkeypatch.setenv("PATH", str(folder))


def sacctmgr() -> str:
    return (
        f"#!/bin/sh\ncase $3 in\nassoc) /bin/cat <<'E'\n{ACCOUNTS}E\n;;\n"
        f"*) /bin/cat <<'E'\n{QOS}E\n;;\nesac\n"
    )


@pytest.fixture
def site(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> Site:
    programs(tmp_path, monkeypatch, sinfo=SINFO, sacctmgr=sacctmgr(), scontrol=CONFIG)
    return slurm_site.survey()


@pytest.mark.parametrize(
    ("limit", "expected"),
    [
        ("30:00", 30), ("5:00:00", 300), ("1-00:00:00", 1440), ("7-12:30:00", 10830),
        ("00:30:00", 30), ("infinite", None), ("UNLIMITED", None), ("n/a", None), ("", None),
    ],
)  # fmt: skip
def test_time_limits_are_read(limit: str, expected: int | None) -> None:
    assert minutes(limit) == expected


def test_a_site_is_read(site: Site) -> None:
    assert [dict(nodes.gpus) for nodes in site.nodes] == [
        {}, {"a100": 4, "v100": 2}, {"a100": 2}, {"": 8}, {},
    ]  # fmt: skip
    assert site.accounts == {
        "proj": (frozenset({"long", "normal"}), "normal"),
        "other": (frozenset({"normal"}), "normal"),
    }
    assert site.qos["long"] == Qos(minutes=4320, overrides=True)


FITS: list[dict[str, Any]] = [
    {},
    {"minutes": 240},
    {"partitions": ("short", "gpu"), "minutes": 2880, "gpus": 4, "gpu_model": "a100"},
    {"partitions": ("gpu",), "gpus": 6},
    {"partitions": ("plain",), "gpus": 8, "gpu_model": "h100", "minutes": 10**6},
    {"accounts": ("proj", "other"), "qos": "long", "minutes": 4000},
    {"accounts": ("other",), "qos": "normal"},
]
REFUSED: list[tuple[dict[str, Any], str]] = [
    ({"partitions": ("gpuu",)}, "no partition 'gpuu'. Did you mean 'gpu'?"),
    ({"partitions": ("old",)}, "partition old is down"),
    ({"accounts": ("proj", "prok")}, "no account 'prok'. Did you mean 'proj'?"),
    ({"accounts": ("other",), "qos": "long"}, "may not use the QOS 'long'. You may use normal."),
    ({"accounts": ("proj",), "qos": "quick"}, "may not use the QOS 'quick'"),
    ({"minutes": 241}, "241 minutes, and the limit of the default partition is 240"),
    ({"mem_mb": 64001}, "64001 MB, and a node of the default partition has at most 64000"),
    ({"cpus": 17}, "17 cores, and a node of the default partition has at most 16"),
    ({"gpus": 1}, "a GPU, and no node of the default partition has one"),
    ({"partitions": ("gpu",), "gpus": 5, "gpu_model": "a100"}, "partition gpu has at most 4"),
    (
        {"partitions": ("short", "gpu"), "gpus": 1, "gpu_model": "h100"},
        "gpu have a100 and v100.",
    ),
    ({"partitions": ("gpu",), "gpus": 3, "mem_mb": 600_000}, "at most 512000"),
]


@pytest.mark.parametrize("changes", FITS)
def test_jobs_that_a_site_can_run_pass(changes: dict[str, Any], site: Site) -> None:
    assert troubles(site, [replace(JOB, **changes)]) == []


@pytest.mark.parametrize(("changes", "sentence"), REFUSED)
def test_jobs_beyond_a_site_are_refused(changes: dict[str, Any], sentence: str, site: Site) -> None:
    [said] = troubles(site, [replace(JOB, **changes)])
    assert sentence in said


def test_limits_count_only_where_slurm_enforces_them(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    loose = "AccountingStorageEnforce = associations\n"
    programs(tmp_path, monkeypatch, sinfo=SINFO, sacctmgr=sacctmgr(), scontrol=loose)
    job = replace(JOB, accounts=("proj",), qos="quick", minutes=60)
    assert troubles(slurm_site.survey(), [job]) == []


def test_a_machine_without_slurm_says_nothing(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    programs(tmp_path, monkeypatch)
    slurm_site.check([replace(JOB, partitions=("any",), accounts=("any",), qos="any", gpus=9)])


def test_a_site_that_does_not_answer_is_not_waited_for(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    slow = "#!/bin/sh\nexec /bin/sleep 60\n"
    programs(tmp_path, monkeypatch, sinfo=slow, sacctmgr=slow, scontrol="#!/bin/sh\nexit 1\n")
    monkeypatch.setattr(slurm_site, "LONGEST_S", 0.5)
    began = time.monotonic()
    slurm_site.check([replace(JOB, partitions=("any",))])
    assert time.monotonic() - began < 10


def test_equal_demands_of_several_rules_are_one(site: Site) -> None:
    jobs = [replace(JOB, rule=rule, minutes=999) for rule in ("judge", "play", "judge")]
    with pytest.raises(UserError, match="jobs of judge and play ask for 999 minutes"):
        slurm_site.check(jobs)
    assert len(merged(jobs)) == 1


def test_resources_say_what_a_job_asks_for() -> None:
    resources = {
        "slurm_partition": "a,b", "slurm_account": "P, q", "runtime": 5, "mem_mb": 7, "gpu": 2,
        "gpu_model": "a100", "disk_mb": SimpleNamespace(),
    }  # fmt: skip
    assert asked("play", resources, 3, "fast") == Asked(
        rule="play", partitions=("a", "b"), accounts=("p", "q"), qos="fast", minutes=5, mem_mb=7,
        cpus=3, gpus=2, gpu_model="a100",
    )  # fmt: skip
    assert asked("play", {"qos": "own"}, 1, "fast").qos == "own"


def test_only_reasons_that_are_not_the_queue_s_are_told(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    said = "Priority\nResources\nQOSMaxJobsPerUserLimit\nNone\nQOSMaxJobsPerUserLimit\n"
    programs(tmp_path, monkeypatch, squeue=said)
    assert slurm_site.held_back("run") == {"QOSMaxJobsPerUserLimit": 2}
    (tmp_path / "squeue").unlink()
    assert not slurm_site.held_back("run")
