"""What a result set was made of, whether it is intact, and merging two of them."""

import json
import re
import shutil
import subprocess
import sys
from collections.abc import Callable, Iterator
from pathlib import Path

import duckdb
import pytest

from gamegrid.jobs import verify as verifying
from gamegrid.jobs.status import parts
from gamegrid.plan import plan
from gamegrid.play.reproduce import Difference
from gamegrid.records import journal
from gamegrid.records.chunkfile import PARAMS_KEY, read_params
from gamegrid.store import manifest
from loopback import Endpoint
from model_grids import grid
from workflow_runs import DATABASE, ROOT, Grid, environment, query, snakemake

EQUAL = "equal: "


@pytest.fixture(scope="module")
def endpoint() -> Iterator[Endpoint]:
    """A loopback endpoint that all tests of the module ask."""
    with Endpoint() as running:
        yield running


@pytest.fixture(scope="module")
def played(endpoint: Endpoint, tmp_path_factory: pytest.TempPathFactory) -> Path:
    """One model plays a bot in judged games; another only answers positions and probes."""
    folder = tmp_path_factory.mktemp("played")
    run = snakemake(folder, partly_alone(endpoint, folder))
    assert run.code == 0, run.output
    return folder


def partly_alone(endpoint: Endpoint, folder: Path) -> Grid:
    return grid(
        endpoint,
        folder,
        deals=2,
        games=["tic_tac_toe", "kuhn_poker"],
        schedule={"matchups": [["one", "random"]]},
        positions=2,
        probes=1,
    )


def test_the_manifest_says_what_the_results_were_made_of(played: Path) -> None:
    said = json.loads((played / "results/manifest.json").read_text())
    assert said["seeds"] == [3]
    assert said["config"]["agents"]["one"]["model"] == "litellm_openai/one"
    assert {model: found["served"] for model, found in said["models"].items()} == {
        "litellm_openai/one": ["one"],
        "litellm_openai/two": ["two"],
    }
    for found in said["models"].values():
        [stated] = found["stated"]
        assert (stated["weights"], stated["deterministic"]) == (None, False)
    [[digest]] = query(
        played, "SELECT DISTINCT prompts ->> 'default' FROM runs WHERE prompts <> '{}'"
    )
    assert said["prompts"] == {"default": [digest]}
    versions = query(played, "SELECT DISTINCT code_version FROM runs")
    assert [(version,) for version in said["runs"]["code_versions"]] == versions
    assert "duckdb" in said["runs"]["packages"][0]
    assert str(played) not in json.dumps(said)


def test_every_job_and_every_reply_is_told_with_its_cost(endpoint: Endpoint, played: Path) -> None:
    said = json.loads((played / "results/manifest.json").read_text())
    kinds = ("chunks", "positions", "probes")
    files = [path for kind in kinds for path in (played / "results" / kind).rglob("*.parquet")]
    assert query(played, "SELECT count(*) FROM runs") == [(len(files),)]
    assert said["runs"]["jobs"] == len(files)
    asked = query(played, "SELECT DISTINCT agent, task FROM usage ORDER BY ALL")
    alone = [(agent, what) for agent in ("one", "two") for what in ("position", "probe")]
    assert asked == [("one", "episode"), *alone]
    calls, usd = query(played, "SELECT sum(calls), sum(cost_usd) FROM usage")[0]
    journals = (played / "results/journal").rglob("*.jsonl")
    assert calls == sum(len(path.read_text().splitlines()) for path in journals)
    assert calls == sum(found["replies"] for found in said["models"].values())
    made = plan.make(partly_alone(endpoint, played), played)
    spent = [part.usd for part in parts(made, played / "results")]
    assert 0 < usd == pytest.approx(sum(spent))


def test_a_moved_folder_is_verified_without_its_grid_and_its_models(
    played: Path, tmp_path: Path
) -> None:
    shutil.copytree(played / "results", tmp_path / "results")
    agents = {"random": {"type": "random"}, "gone": {"type": "llm", "model": "vllm_gone"}}
    other = {"seed": 9, "games": ["nim"], "agents": agents, "models": []}
    run = snakemake(tmp_path, other, "--", "verify")
    assert run.code == 0, run.output
    [told] = [line for line in run.output.splitlines() if line.startswith(EQUAL)]
    alone = "SELECT 1 FROM positions UNION ALL SELECT 1 FROM probes"
    episodes, decisions, moves, replies = query(
        played,
        "SELECT (SELECT count(*) FROM episodes), "
        "(SELECT count(*) FROM decisions JOIN episodes USING (episode_id)), "
        f"(SELECT count(*) FROM ({alone})), (SELECT sum(calls)::INT FROM usage)",
    )[0]
    assert told.startswith(
        f"equal: {episodes + moves} episodes with {decisions + moves} decisions and "
        f"{replies} replies"
    )
    bots = f"{decisions + moves - replies} were made again and 0 only checked against the rules"
    assert told.endswith(f"; of the moves of bots {bots}")


Harm = Callable[[Path], None]
CHUNK = "kuhn_poker/one--random/00000-00001.parquet"


def in_chunk(change: str) -> Harm:
    """Rewrite a chunk file, and correct its digest in the manifest."""

    def harm(results: Path) -> None:
        path = results / "chunks" / CHUNK
        [params] = read_params([path]).values()
        beside = path.with_suffix(".new")
        duckdb.execute(
            f"COPY (SELECT * REPLACE ({change}) FROM read_parquet($path)) TO $beside "
            f"(FORMAT parquet, KV_METADATA {{{PARAMS_KEY}: $params}})",
            {"path": str(path), "beside": str(beside), "params": params},
        )
        beside.replace(path)
        told = results / "manifest.json"
        said = json.loads(told.read_text())
        said["files"]["chunks"][f"results/chunks/{CHUNK}"] = manifest.sha256(path)
        told.write_text(json.dumps(said))

    return harm


def one(name: str, change: str) -> str:
    """Change the first entry of a list where the deal is 0."""
    entry = f"struct_update({name}[1], {change})"
    return f"CASE WHEN deal = 0 THEN list_concat([{entry}], {name}[2:]) ELSE {name} END AS {name}"


def journal_line(change: Callable[[str], str]) -> Harm:
    """Change the first line as somebody would who also computes the digests anew."""

    def harm(results: Path) -> None:
        path = next((results / "journal/kuhn_poker/one--random").glob("*.jsonl"))
        first, *rest = [line.content for line in journal.read(path)]
        changed = change(first.decode()).encode()
        journal.write(path, [*([changed] if changed else []), *rest])

    return harm


def journal_byte(results: Path) -> None:
    """Change one character of a reply, and no digest."""
    path = next((results / "journal/kuhn_poker/one--random").glob("*.jsonl"))
    path.write_text(path.read_text().replace("Legal moves", "Legal Moves", 1))


def in_database(statement: str) -> Harm:
    def harm(results: Path) -> None:
        with duckdb.connect(str(results / "gamegrid.duckdb")) as connection:
            connection.execute(statement)

    return harm


def swapped(line: str) -> str:
    """Replace the move in a reply with another."""
    entry = json.loads(line)
    text = entry["completion"]["text"]
    moves = ("Check", "Bet") if "Check" in text or "Bet" in text else ("Fold", "Call")
    first, second = moves if moves[0] in text else moves[::-1]
    entry["completion"]["text"] = text.replace(first, second)
    return json.dumps(entry, sort_keys=True, separators=(",", ":"))


def remove(name: str) -> Harm:
    return lambda results: (results / name).unlink()


def add(name: str) -> Harm:
    def harm(results: Path) -> None:
        path = results / name
        path.write_bytes(path.read_bytes() + b" ")

    return harm


def of_an_earlier_version(results: Path) -> None:
    """Make the results look older than best responses."""
    path, said = results / "references.json", results / manifest.NAME
    known, made = json.loads(path.read_text()), json.loads(said.read_text())
    del known["responses"]
    path.write_text(json.dumps(known))
    made["files"]["references"]["results/references.json"] = manifest.sha256(path)
    said.write_text(json.dumps(made))
    # A table that views depend on can be renamed, but not dropped.
    in_database("ALTER TABLE grid RENAME TO other_grid")(results)


FIRST = "episode kuhn_poker:one--random:0:"
HARMS: dict[str, tuple[Harm, list[str]]] = {
    "an earlier version": (of_an_earlier_version, ["made by another version", "grid"]),
    "a chunk is gone": (remove(f"chunks/{CHUNK}"), [CHUNK, "is missing"]),
    "a chunk is another": (add(f"chunks/{CHUNK}"), [CHUNK, "is not the file"]),
    "a return": (
        in_chunk(one("seats", '"return" := 7.0')),
        [FIRST, "seats[0].return is 7.0, computed"],
    ),
    "an action": (in_chunk(one("decisions", "action := 5::BIGINT")), [FIRST, "5"]),
    "a view": (
        in_chunk(one("decisions", "observation := 'x'")),
        [FIRST, "decisions[0].observation is 'x', computed"],
    ),
    "a trajectory": (in_chunk("'[0, 1, 0, 0]' AS trajectory"), [FIRST, "trajectory is"]),
    "a status": (
        in_chunk("'truncated' AS status"),
        [FIRST, "status is 'truncated', computed 'complete'"],
    ),
    "a reply in the chunk": (in_chunk(one("calls", "reply := 'x'")), ["calls[0].reply is 'x'"]),
    # Another move may also change the length of the game.
    "a reply in the journal": (journal_line(swapped), ["one--random:"]),
    "a reply is gone": (journal_line(lambda line: ""), ["replies, but"]),
    "a byte in the journal": (journal_byte, ["line 1 was altered"]),
    "a question": (
        journal_line(lambda line: line.replace("Legal moves", "Legal Moves")),
        ["the request of a reply was altered"],
    ),
    "a seat": (
        in_database("UPDATE seats SET fallbacks = 3 WHERE seat = 0"),
        ["table seats", "fallbacks is 3, computed 0"],
    ),
    "a verdict": (
        in_database("UPDATE decisions SET regret = 9 WHERE ply = 0"),
        ["table decisions", "regret is 9.0, computed"],
    ),
    "an interval": (
        in_database("DELETE FROM score_intervals"),
        ["table score_intervals", "is only computed"],
    ),
    "a table": (add("tables/leaderboard.csv"), ["leaderboard.csv", "not what the database says"]),
}


@pytest.mark.parametrize("name", HARMS)
def test_the_first_difference_is_named(name: str, played: Path, tmp_path: Path) -> None:
    results = tmp_path / "results"
    shutil.copytree(played / "results", results)
    harm, words = HARMS[name]
    harm(results)
    with pytest.raises(Difference) as difference:
        verifying.verify(results, tmp_path)
    assert all(word in str(difference.value) for word in words), difference.value


def test_two_people_s_results_are_united_and_nothing_is_played_or_bought_again(
    endpoint: Endpoint, tmp_path: Path
) -> None:
    both = grid(endpoint, tmp_path / "ours", deals=2)
    for person, absent in (("ours", "two"), ("theirs", "one")):
        alone = grid(endpoint, tmp_path / person, deals=2)
        del alone["agents"][absent]
        assert snakemake(tmp_path / person, alone, *DATABASE).code == 0
    runs = "SELECT episode_id, run_id FROM episodes"
    before = dict(query(tmp_path / "ours", runs)) | dict(query(tmp_path / "theirs", runs))
    asked = len(endpoint.requests)
    done = merge(tmp_path)
    assert done.returncode == 0, done.stderr
    assert re.search(r"\b4 episodes added\b.*\b0 conflicts\b", done.stdout), done.stdout
    united = snakemake(tmp_path / "ours", both)
    assert united.code == 0, united.output
    after = dict(query(tmp_path / "ours", runs))
    assert len(after) == 3 * 2 * 2
    assert {episode: run for episode, run in after.items() if episode in before} == before
    new = query(
        tmp_path / "ours",
        "SELECT count(*) FROM calls JOIN episodes USING (episode_id) WHERE matchup = 'one--two'",
    )
    assert len(endpoint.requests) - asked == new[0][0]
    assert "0 replies and 0 episodes added" in merge(tmp_path).stdout


def merge(folder: Path) -> subprocess.CompletedProcess[str]:
    return subprocess.run(
        [sys.executable, "-m", "gamegrid", "merge", "theirs/results", "--into", "ours/results"],
        cwd=folder, env=environment() | {"PYTHONPATH": f"{ROOT}/scripts"},
        capture_output=True, text=True, timeout=60, check=False,
    )  # fmt: skip
