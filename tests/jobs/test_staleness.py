"""Which chunk files a run makes anew, by Snakemake's records."""

from pathlib import Path
from typing import Any

from snakemake.persistence.file import FilePersistence

from gamegrid.jobs import snakemake_internals
from gamegrid.jobs.staleness import State, params, standings, works
from gamegrid.plan import plan
from gamegrid.records import chunkfile
from store_samples import run


def made(folder: Path, **more: Any) -> plan.Plan:
    agents = {"a": {"type": "random"}, "b": {"type": "optimal"}}
    raw = {"games": ["kuhn_poker"], "agents": agents, "deals": 4, "chunk": 2, "models": []}
    return plan.make(raw | more, folder)


def states(grid: plan.Plan, results: Path) -> list[State]:
    return [each.state for each in standings(grid, results).values()]


def persistence(folder: Path) -> FilePersistence:
    return FilePersistence(path=folder / ".snakemake")


def test_snakemake_s_records_are_found_and_read(tmp_path: Path) -> None:
    results, grid = tmp_path / "results", made(tmp_path)
    store = persistence(tmp_path)
    for work in works(grid):
        chunkfile.write(results / work.file, run(), [], "{}")
        record = {"params": [repr(params(grid, work))], "record_format_version": 6}
        store._io_write(store._metadata_path, record, f"results/{work.file}")
    assert states(grid, results) == [State.CURRENT] * 2
    longer = made(tmp_path, deals=6)
    assert states(longer, results) == [State.CURRENT] * 2 + [State.MISSING]
    other = made(tmp_path, max_plies=2)
    assert states(other, results) == [State.STALE] * 2
    assert standings(other, results)[works(other)[0].file].before == params(grid, works(grid)[0])
    store._mark_incomplete(f"results/{works(grid)[1].file}", None)
    assert states(grid, results) == [State.CURRENT, State.MISSING]


def test_a_file_without_a_record_is_current_if_others_have_one(tmp_path: Path) -> None:
    results, grid = tmp_path / "results", made(tmp_path)
    for work in works(grid):
        chunkfile.write(results / work.file, run(), [], "other params")
    assert states(grid, results) == [State.STALE] * 2  # no records: the files themselves say it
    store = persistence(tmp_path)
    store._io_write(store._metadata_path, {"params": []}, "results/x")
    assert states(grid, results) == [State.CURRENT] * 2


def test_a_long_name_is_cut_as_snakemake_cuts_it(tmp_path: Path) -> None:
    store = persistence(tmp_path)
    for length in (10, 190, 191, 400, 2000):
        name = "results/" + "n" * length
        found = snakemake_internals._record_path(tmp_path, name)
        assert str(found) == store._record_path(str(tmp_path), name)
