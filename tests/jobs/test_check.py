"""``check`` looks at every model and prints one line for each; a probe asks each a question."""

import socket
from pathlib import Path
from typing import Any

import pytest

from gamegrid.backends import hub
from gamegrid.errors import UserError
from gamegrid.jobs import check
from gamegrid.paths import WORKFLOW
from gamegrid.plan import plan
from gamegrid.play import gpus
from gamegrid.records import dtype_record
from loopback import Body, Endpoint, Reply, choose, error

TINY = str(WORKFLOW / "config/tiny")


def llm(model: str) -> dict[str, Any]:
    return {"type": "llm", "model": model}


def made(folder: Path, entries: str, **agents: dict[str, Any]) -> plan.Plan:
    (folder / "models.yaml").write_text(f"models:\n{entries}")
    raw = {
        "games": ["tic_tac_toe"],
        "models": [str(folder / "models.yaml")],
        "agents": {"random": {"type": "random"}, **agents},
        "schedule": {"each": list(agents), "against": ["random"]},
    }
    return plan.make(raw, folder)


def closed_port() -> int:
    with socket.socket() as probe:
        probe.bind(("127.0.0.1", 0))
        return int(probe.getsockname()[1])


def test_each_model_has_one_line_whatever_is_wrong_with_the_others(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    monkeypatch.chdir(tmp_path)
    monkeypatch.setattr(gpus, "_uuids", dict)
    monkeypatch.setenv(gpus.VISIBLE, "")
    dead = f"http://127.0.0.1:{closed_port()}/v1"
    with Endpoint() as endpoint:
        entries = (
            f"  - {{name: litellm_openai/there, api_base: '{endpoint.api_base}'}}\n"
            f"  - {{name: litellm_openai/dead, api_base: '{dead}'}}\n"
            f"  - {{name: hf_nowhere, model_path: {tmp_path}/nowhere}}\n"
            f"  - {{name: litellm_openai/big, api_base: '{endpoint.api_base}', gpus: 2}}\n"
        )
        grid = made(
            tmp_path,
            entries,
            a=llm("litellm_openai/there"),
            b=llm("litellm_openai/dead"),
            c=llm("hf_nowhere"),
            d=llm("litellm_openai/big"),
            e=llm("litellm_gpt-4"),
            f=llm("litellm_gpt-4"),
        )
        found = {finding.model: finding for finding in check.look(grid, tmp_path)}
        assert endpoint.requests == [], "a question was asked"
    assert found["litellm_openai/there"].trouble is None
    assert found["litellm_gpt-4"].agents == ("e", "f")
    said = {
        "litellm_openai/dead": f"no answer from {dead}",
        "hf_nowhere": "nowhere",
        "litellm_openai/big": "needs 2 GPUs",
        "litellm_gpt-4": "OPENAI_API_KEY",
    }
    for model, words in said.items():
        assert words in (found[model].trouble or "")
    with pytest.raises(UserError) as refused:
        check.confirm(grid, list(found.values()))
    head, *lines = str(refused.value).splitlines()
    assert head == "4 of 5 models are not ready."
    assert len(lines) == 5


def look(folder: Path, entries: str, **agents: dict[str, Any]) -> list[check.Finding]:
    return check.look(made(folder, entries, **agents), folder)


def test_bots_alone_are_ready_in_one_line_which_tells_absences(tmp_path: Path) -> None:
    raw = {
        "games": ["tic_tac_toe", "kuhn_poker"],
        "models": [],
        "agents": {
            "random": {"type": "random"},
            "optimal": {"type": "optimal"},
            "mcts": {"type": "mcts", "simulations": 5},
        },
    }
    grid = plan.make(raw, tmp_path)
    [line] = check.confirm(grid, check.look(grid, tmp_path)).splitlines()
    assert line.startswith("3 agents in 2 games: 4 matchups, 4 jobs; mcts sits out kuhn_poker (")


def test_a_healthy_model_has_one_line_with_its_address_name_and_file(tmp_path: Path) -> None:
    with Endpoint(models=["there"]) as endpoint:
        entries = f"  - {{name: litellm_openai/there, api_base: '{endpoint.api_base}'}}\n"
        grid = made(tmp_path, entries, a=llm("litellm_openai/there"))
        _, line = check.confirm(grid, check.look(grid, tmp_path)).splitlines()
    assert line == (
        f"a: litellm_openai/there at {endpoint.api_base} as 'there', by models.yaml: ready; the "
        f"server lists it"
    )


def test_an_id_without_an_entry_is_told_with_the_entry_that_it_may_mean(tmp_path: Path) -> None:
    entries = "  - {name: litellm_openai/smol, api_base: 'http://127.0.0.1:9/v1'}\n"
    [found] = look(tmp_path, entries, a=llm("litellm_openai/smoll"))
    assert "(did you mean 'litellm_openai/smol' of models.yaml?)" in found.line()


def test_a_name_that_the_server_does_not_list_is_told_with_the_nearest(tmp_path: Path) -> None:
    with Endpoint(models=["small-instruct", "other"]) as endpoint:
        entries = f"  - {{name: litellm_openai/smal-instruct, api_base: '{endpoint.api_base}'}}\n"
        [found] = look(tmp_path, entries, a=llm("litellm_openai/smal-instruct"))
        grid = made(tmp_path, entries, a=llm("litellm_openai/smal-instruct"))
        _, [asked] = check.ask(grid, tmp_path, [found])
    assert found.trouble is None  # some servers answer to names that they do not list
    assert (
        "IN DOUBT: the server lists no 'smal-instruct', but small-instruct, other." in found.line()
    )
    assert "Did you mean 'small-instruct'?" in found.line()
    assert asked.line().endswith("ready; it has answered a question")


@pytest.mark.parametrize(
    ("key", "said"),
    [
        (None, "the server wants a key. Set OPENAI_API_KEY in the environment or in "),
        ("wrong", "the server refuses the key. Correct OPENAI_API_KEY (OPENAI_API_KEY is set in "),
        ("right", None),
    ],
)
def test_a_refused_key_ends_in_what_to_do(
    key: str | None, said: str | None, tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.delenv("OPENAI_API_KEY", raising=False)
    if key:
        (tmp_path / ".env").write_text(f"OPENAI_API_KEY={key}\n")
    with Endpoint(models=["there"], key="right") as endpoint:
        entries = f"  - {{name: litellm_openai/there, api_base: '{endpoint.api_base}'}}\n"
        [found] = look(tmp_path, entries, a=llm("litellm_openai/there"))
    if said is None:
        assert found.trouble is None
        return
    assert said in (found.trouble or "")
    assert f"{tmp_path}/.env" in found.line()
    assert key is None or key not in found.line()


@pytest.mark.parametrize(
    ("size", "free", "trouble", "remark"),
    [
        (1.2, 30.0, None, "to be downloaded at the first reply, 1.2 GB"),
        (None, 30.0, None, "to be downloaded at the first reply; the hub does not tell its size"),
        (40.0, 30.0, "40.0 GB are to be downloaded, and 30.0 GB are free.", None),
    ],
)
def test_a_model_of_the_hub_that_is_not_here_is_to_be_downloaded(
    size: float | None,
    free: float,
    trouble: str | None,
    remark: str | None,
    tmp_path: Path,
    monkeypatch: pytest.MonkeyPatch,
) -> None:
    """The hub is a fake that states a size: there is no network here."""
    monkeypatch.setenv("HF_HOME", str(tmp_path / "hub"))
    monkeypatch.setattr(hub, "download_gb", lambda _: size)
    monkeypatch.setattr(hub, "free_gb", lambda: free)
    [found] = look(tmp_path, "  - hf_someone/model\n", a=llm("hf_someone/model"))
    assert found.trouble == trouble
    assert remark is None or remark in found.line()


def test_the_hub_s_size_is_unknown_without_it(monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("HF_HUB_OFFLINE", "1")
    assert hub.download_gb(hub.HubModel("hf_a/b", "a/b")) is None


def test_a_probe_asks_one_real_question_and_shows_what_became_of_it(tmp_path: Path) -> None:
    with Endpoint() as endpoint:
        entries = f"  - {{name: litellm_openai/there, api_base: '{endpoint.api_base}'}}\n"
        grid = made(tmp_path, entries, a=llm("litellm_openai/there"))
        told, _ = check.ask(grid, tmp_path, check.look(grid, tmp_path))
        assert len(endpoint.requests) == 1
    assert "Legal moves: [" in told
    assert "[reply]" in told
    assert "== a: the move '" in told


def test_a_probe_of_a_server_that_takes_the_answer_for_reasoning_gives_a_hint(
    tmp_path: Path,
) -> None:
    swallowed = Reply(text="", reasoning="Action: a1")
    with Endpoint(answer=lambda _: swallowed) as endpoint:
        entries = f"  - {{name: litellm_openai/there, api_base: '{endpoint.api_base}'}}\n"
        grid = made(tmp_path, entries, a=llm("litellm_openai/there"))
        told, [found] = check.ask(grid, tmp_path, check.look(grid, tmp_path))
    assert "no move (empty)" in told
    assert "IN DOUBT: a's reply states no move (empty). Check its chat template" in found.line()
    assert "delivered only reasoning" in told.splitlines()[-1]


def test_a_probe_goes_on_after_a_model_that_fails(tmp_path: Path) -> None:
    def answer(body: Body) -> Reply:
        return error(401) if body["model"] == "locked" else choose(body)

    with Endpoint(answer=answer, models=["locked", "open"]) as endpoint:
        entries = "".join(
            f"  - {{name: litellm_openai/{name}, api_base: '{endpoint.api_base}'}}\n"
            for name in endpoint.models
        )
        grid = made(tmp_path, entries, a=llm("litellm_openai/locked"), b=llm("litellm_openai/open"))
        told, [locked, open_] = check.ask(grid, tmp_path, check.look(grid, tmp_path))
    assert "== b: the move '" in told
    assert open_.trouble is None
    assert "the key was refused" in (locked.trouble or "")
    assert "OPENAI_API_KEY" in (locked.trouble or "")
    with pytest.raises(UserError, match="1 of 2 models are not ready") as refused:
        check.confirm(grid, [locked, open_])
    assert "it has answered a question" in str(refused.value)


def test_what_a_model_does_not_take_is_refused_before_anything_is_sent(tmp_path: Path) -> None:
    with Endpoint() as endpoint:
        [found] = look(
            tmp_path,
            f"  - {{name: litellm_openai/there, api_base: '{endpoint.api_base}'}}\n",
            good=llm("litellm_openai/there"),
            bad=llm("litellm_openai/there") | {"extra_body": {"stream": True}},
        )
    assert found.trouble == ("agents.bad: extra_body may not set 'stream'; remove it there.")
    assert endpoint.requests == []


def test_a_local_model_tells_its_dtype_and_a_faster_one(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    """What these results have on record counts more than what this machine would choose."""
    pytest.importorskip("torch")
    pytest.importorskip("transformers")
    from gamegrid.backends import hf_dtypes

    monkeypatch.setattr(gpus, "_uuids", dict)
    monkeypatch.setenv(gpus.VISIBLE, "")

    def remark(engine: str) -> str | None:
        entries = f"  - {{name: hf_m, model_path: {TINY}, engine: {{{engine}}}}}\n"
        [found] = look(tmp_path, entries, a=llm("hf_m"))
        assert found.trouble is None
        return found.remark

    for factor, told in ((1.2, ""), (2.34, "; in bfloat16 this machine multiplies 2.3 times")):
        monkeypatch.setattr(hf_dtypes, "speedup", lambda width, device, factor=factor: factor)
        assert str(remark("")).startswith(f"ready; computes in float32{told}")
    assert remark("dtype: float32") == "ready; computes in float32"
    assert remark("dtype: auto") == "ready; computes in the dtype of its weights"
    assert remark("dtype: native") == "ready; computes in bfloat16"
    identity = {"model_path": TINY, "engine": {"dtype": "native"}}
    dtype_record.fix(tmp_path / "results", "hf_m", identity, lambda: "float32")
    assert remark("dtype: native") == (
        "ready; computes in float32, as these results have it on record"
    )
