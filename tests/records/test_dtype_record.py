"""The number format of a model on record: what the first job chose, whatever the next would."""

from concurrent.futures import ThreadPoolExecutor
from pathlib import Path
from threading import Barrier

import pytest

from gamegrid.errors import UserError
from gamegrid.records.dtype_record import NAME, find, fix, merge


def test_the_first_choice_stays(tmp_path: Path) -> None:
    assert find(tmp_path, "hf_x", {}) is None
    assert fix(tmp_path, "hf_x", {}, lambda: "bfloat16") == "bfloat16"
    assert fix(tmp_path, "hf_x", {}, lambda: "float32") == "bfloat16"
    assert find(tmp_path, "hf_x", {}) == "bfloat16"


def test_other_weights_have_a_record_of_their_own(tmp_path: Path) -> None:
    for dtype, entry in (("float32", {"model_path": "one"}), ("bfloat16", {"model_path": "two"})):
        fix(tmp_path, "hf_x", entry, lambda dtype=dtype: dtype)
    assert find(tmp_path, "hf_x", {"model_path": "one"}) == "float32"
    assert find(tmp_path, "hf_x", {"model_path": "two"}) == "bfloat16"
    assert find(tmp_path, "hf_x", {}) is None


def test_of_jobs_that_start_together_one_decides(tmp_path: Path) -> None:
    with ThreadPoolExecutor(8) as pool:
        found = pool.map(lambda job: fix(tmp_path, "hf_x", {}, lambda: f"dtype{job}"), range(32))
        assert len(set(found)) == 1
    assert len((tmp_path / NAME).read_text().splitlines()) == 1


def test_no_job_waits_while_another_loads_its_libraries(tmp_path: Path) -> None:
    both = Barrier(2, timeout=30)

    def choose(job: int) -> str:
        both.wait()
        return f"dtype{job}"

    with ThreadPoolExecutor(2) as pool:
        found = pool.map(lambda job: fix(tmp_path, "hf_x", {}, lambda: choose(job)), range(2))
        assert len(set(found)) == 1


def test_a_choice_that_fails_leaves_no_record(tmp_path: Path) -> None:
    def fails() -> str:
        raise ValueError("no config.json")

    with pytest.raises(ValueError, match="no config"):
        fix(tmp_path, "hf_x", {}, fails)
    assert fix(tmp_path, "hf_x", {}, lambda: "float32") == "float32"


def test_merged_results_bring_what_was_not_on_record(tmp_path: Path) -> None:
    ours, theirs = tmp_path / "ours", tmp_path / "theirs"
    fix(ours, "hf_x", {}, lambda: "float32")
    fix(theirs, "hf_x", {}, lambda: "bfloat16")
    fix(theirs, "hf_y", {}, lambda: "bfloat16")
    merge(theirs, ours)
    assert [find(ours, name, {}) for name in ("hf_x", "hf_y")] == ["float32", "bfloat16"]


def test_a_damaged_file_is_refused(tmp_path: Path) -> None:
    (tmp_path / NAME).write_text('{"model": 1}\n')
    with pytest.raises(UserError, match="is no record of a model's dtype"):
        fix(tmp_path, "hf_x", {}, lambda: "float32")
