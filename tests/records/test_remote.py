"""A remote results folder behaves the same in S3 and in a folder."""

import sys
from collections.abc import Iterator
from datetime import timedelta
from pathlib import Path

import pytest

from gamegrid.errors import UserError
from gamegrid.records import remote
from gamegrid.records.remote import Remote
from s3_server import bucket


@pytest.fixture(scope="module", params=["s3", "folder"])
def elsewhere(
    request: pytest.FixtureRequest, tmp_path_factory: pytest.TempPathFactory
) -> Iterator[Remote]:
    if request.param == "folder":
        yield Remote(str(tmp_path_factory.mktemp("elsewhere") / "results"))
        return
    with bucket("games") as (address, environment), pytest.MonkeyPatch.context() as patch:
        for key, value in environment.items():
            patch.setenv(key, value)
        yield Remote(f"{address}/grid/results")


def test_what_is_written_can_be_read_listed_and_removed(elsewhere: Remote) -> None:
    assert elsewhere.read("a/one.jsonl") is None
    elsewhere.write("a/one.jsonl", b"1")
    elsewhere.write("a/one.jsonl", b"2")
    elsewhere.write("a/below/two.jsonl", b"3")
    assert elsewhere.read("a/one.jsonl") == b"2"
    assert elsewhere.names("a") == ["a/one.jsonl"]
    elsewhere.remove(["a/one.jsonl", "a/never.jsonl"])
    assert elsewhere.names("a") == []


def test_only_one_of_two_creates_a_file(elsewhere: Remote) -> None:
    assert elsewhere.create("b.held", b"one")
    assert not elsewhere.create("b.held", b"two")
    assert elsewhere.read("b.held") == b"one"


def test_a_folder_is_fetched_without_what_is_there(elsewhere: Remote, tmp_path: Path) -> None:
    for name in ("c/new.jsonl", "c/there.jsonl", "c/x.held"):
        elsewhere.write(name, b"theirs")
    (tmp_path / "c").mkdir()
    (tmp_path / "c/there.jsonl").write_bytes(b"ours")
    elsewhere.fetch("c", (".jsonl",), tmp_path)
    found = {path.name: path.read_bytes() for path in (tmp_path / "c").iterdir()}
    assert found == {"new.jsonl": b"theirs", "there.jsonl": b"ours"}


def test_a_file_is_replaced_by_the_one_elsewhere(elsewhere: Remote, tmp_path: Path) -> None:
    (tmp_path / "d.json").write_bytes(b"old")
    elsewhere.fetch_file("d.json", tmp_path)
    assert (tmp_path / "d.json").read_bytes() == b"old"
    (tmp_path / "d.json").write_bytes(b"new")
    elsewhere.send_file("d.json", tmp_path)
    elsewhere.send_file("none.json", tmp_path)
    (tmp_path / "d.json").unlink()
    elsewhere.fetch_file("d.json", tmp_path)
    assert (tmp_path / "d.json").read_bytes() == b"new"


def test_an_address_that_does_not_answer_is_named(
    monkeypatch: pytest.MonkeyPatch, unused_tcp_port: int
) -> None:
    monkeypatch.setattr(remote, "PATIENCE", timedelta(0))
    monkeypatch.setenv("AWS_ENDPOINT_URL", f"http://127.0.0.1:{unused_tcp_port}")
    monkeypatch.setenv("AWS_ACCESS_KEY_ID", "id")
    monkeypatch.setenv("AWS_SECRET_ACCESS_KEY", "secret")
    with pytest.raises(UserError, match=r"^s3://games/grid cannot be read or written: .*AWS_…\.$"):
        Remote("s3://games/grid").read("a")


def test_without_its_extra_a_run_says_what_to_install(
    monkeypatch: pytest.MonkeyPatch, tmp_path: Path
) -> None:
    monkeypatch.setitem(sys.modules, "obstore", None)
    with pytest.raises(UserError, match=r"need the extra storage\. Install it .* pip install"):
        Remote(str(tmp_path)).create("a", b"")
