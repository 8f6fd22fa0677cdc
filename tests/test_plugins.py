"""Files in a user's folder, named in the configuration, add to the workflow."""

import hashlib
import json
import re
from collections.abc import Iterator
from dataclasses import fields
from pathlib import Path
from pkgutil import resolve_name
from textwrap import dedent
from typing import Any

import jsonschema
import pytest
import yaml

from gamegrid import games, plugins
from gamegrid.__main__ import main
from gamegrid.agents.agent import kinds
from gamegrid.config import load
from gamegrid.errors import UserError
from gamegrid.games import registry
from gamegrid.jobs import workflow
from gamegrid.jobs.run import run
from gamegrid.pages import config_schema
from gamegrid.paths import WORKFLOW
from gamegrid.plan import plan
from gamegrid.play.chunk import Job, play_chunk
from gamegrid.play.engines import Pool
from gamegrid.prompts import templates
from outside import AGENT, GAME

CONFIG: dict[str, Any] = {
    "plugins": ["mine"],
    "games": ["high_card", "high_card(cards=4)", "kuhn_poker"],
    "agents": {
        "careful": {"type": "eager", "wish": "High"},
        "random": {"type": "random"},
    },
    "deals": 2,
}


@pytest.fixture(autouse=True)
def nothing_stays_in_use() -> Iterator[None]:
    with plugins.using(()):
        yield


def digest(path: Path) -> str:
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def working(tmp_path: Path) -> Path:
    (tmp_path / "mine").mkdir()
    (tmp_path / "mine/eager.py").write_text(AGENT)
    (tmp_path / "mine/high_card.py").write_text(GAME)
    (tmp_path / "mine/notes.py").write_text("# neither a game nor an agent\n")
    return tmp_path


def test_a_folder_of_ones_own_is_part_of_the_grid(working: Path) -> None:
    made = plan.make(CONFIG, working)
    assert [game.name for game in made.grid.games][::2] == ["high_card", "kuhn_poker"]
    assert [cell.matchup.name for cell in made.grid.cells] == ["careful--random"] * 3
    eager, game = (digest(working / f"mine/{name}.py") for name in ("eager", "high_card"))
    assert made.identity.agent("careful") == {
        "type": "eager", "wish": "High", "plugin_digests": {"agent": eager},
    }  # fmt: skip
    assert made.identity.agent("random") == {"type": "random"}
    params = [json.loads(made.identity.params(cell)) for cell in made.grid.cells]
    assert [each.get("game_digests") for each in params] == [{"high_card": game}] * 2 + [None]
    assert games.load("high_card(cards=3)").load_string == "high_card"
    [again, params] = [
        each.identity.params(each.grid.cells[0]) for each in (plan.make(CONFIG, working), made)
    ]
    assert again == params


def test_the_next_configuration_has_nothing_of_it(working: Path) -> None:
    plan.make(CONFIG, working)
    assert "eager" in kinds() and "high_card" in registry.aliases()
    bare = {key: value for key, value in CONFIG.items() if key != "plugins"}
    with pytest.raises(UserError, match="the type 'eager' is unknown"):
        plan.make(bare, working)
    assert "eager" not in kinds() and "high_card" not in registry.aliases()
    with pytest.raises(UserError, match="games: 'high_card' is unknown"):
        games.load("high_card")


def test_keys_of_an_outside_agent_are_checked_like_any_others(working: Path) -> None:
    for entry, said in (
        ({"type": "eager"}, r"agents\.careful\.wish: the key is missing"),
        ({"type": "eager", "wish": 3}, r"agents\.careful\.wish: .*found 3"),
        ({"type": "eager", "wish": "x", "whish": "y"}, "unknown key 'whish'.*Did you mean 'wish'"),
        ({"type": "eagre", "wish": "x"}, "the type 'eagre' is unknown. Did you mean 'eager'"),
    ):
        with pytest.raises(UserError, match=said):
            load.read(CONFIG | {"agents": {"careful": entry}}, working)


def test_the_schema_leaves_unknown_types_to_the_plug_ins() -> None:
    fits = jsonschema.Draft202012Validator(config_schema.schema()).is_valid
    assert fits(CONFIG)
    assert not fits({key: value for key, value in CONFIG.items() if key != "plugins"})
    assert not fits(CONFIG | {"agents": {"a": {"type": "random", "wish": "High"}}})
    assert not fits(CONFIG | {"plugins": "mine"})


def test_an_edited_file_is_another_agent_and_another_game(working: Path) -> None:
    before = params(working)
    for name, changes in (
        ("eager", [True, True, True]),
        ("high_card", [True, True, False]),
        ("notes", [False, False, False]),
    ):
        with (working / f"mine/{name}.py").open("a") as file:
            file.write("# edited\n")
        after = params(working)
        assert [old != new for old, new in zip(before, after, strict=True)] == changes
        before = after


def params(working: Path) -> list[str]:
    made = plan.make(CONFIG, working)
    return [made.identity.params(cell) for cell in made.grid.cells]


def test_a_game_around_an_edited_game_changes_with_it(working: Path) -> None:
    plugins.use([working / "mine"])
    assert set(registry.user_files("misere(game=high_card())")) == {"high_card"}
    assert registry.user_files("misere(game=kuhn_poker())") == {}


def test_every_hook_names_a_type_and_a_folder_that_exist() -> None:
    for hook in plugins.HOOKS:
        assert (WORKFLOW / hook.folder).is_dir()
        assert getattr(plugins, hook.variable or hook.what.upper()) is hook
        if hook.suffix == plugins.MODULE:
            assert resolve_name(hook.type)
            assert plugins.values(hook)
        else:
            assert list((WORKFLOW / hook.folder).glob(f"*{hook.suffix}"))


def test_the_workflow_s_own_files_obey_the_rule_of_names() -> None:
    for hook in plugins.HOOKS:
        if hook.suffix == plugins.MODULE:
            each = [set(hook.names(value)) for value in plugins.values(hook)]
            names = [name for one in each for name in one]
            assert len(names) == len(set(names)), hook.what


def test_every_field_of_every_declaration_is_checked(working: Path) -> None:
    """``NotImplemented`` is of no field's type."""
    declarations = {
        "AGENT": "gamegrid.agents.random",
        "BACKEND": "gamegrid.backends.vllm",
        "FIGURE": "gamegrid.report.figures.latency_figure",
        "BOARD": "gamegrid.report.boards.tic_tac_toe_board",
    }
    for variable, module in declarations.items():
        for field in fields(resolve_name(f"{module}:{variable}")):
            (working / "mine/wrong.py").write_text(
                f"from copy import copy\nfrom {module} import {variable}\n"
                f"{variable} = copy({variable})\n"
                f"object.__setattr__({variable}, {field.name!r}, NotImplemented)\n"
            )
            plugins.use([working / "mine"])
            with pytest.raises(UserError, match=rf"wrong\.py' declares .* {field.name} must be "):
                plugins.declared(getattr(plugins, variable))


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("FIGURE = None", "declares a FIGURE that is not a Figure"),
        ("BOARD = None", "declares a BOARD that is not a Board"),
        ("BACKEND = None", "declares a BACKEND that is not a BackendKind"),
        (
            "from gamegrid.backends.vllm import BACKEND",
            "declares the backend 'vllm', which is taken",
        ),
        (
            "from dataclasses import replace\n"
            "from gamegrid.backends.vllm import BACKEND\n"
            "BACKEND = replace(BACKEND, prefix='my_own')",
            "cannot be run: ValueError: the prefix 'my_own' must be letters and digits only",
        ),
        (
            "from gamegrid.report.figures.latency_figure import FIGURE",
            "declares the figure 'latency', which is taken",
        ),
        (
            "from gamegrid.report.boards.tic_tac_toe_board import BOARD",
            "declares the board of the game class 'TicTacToe', which is taken",
        ),
    ],
)
def test_a_file_for_the_end_of_a_run_is_checked_before_its_beginning(
    working: Path, content: str, said: str
) -> None:
    (working / "mine/wrong.py").write_text(content)
    with pytest.raises(UserError) as refusal:
        workflow.prepare(CONFIG, working, working / "results", main=True)
    assert str(refusal.value) == f"config: plugins: '{working}/mine/wrong.py' {said}."


def test_a_model_id_finds_a_backend_of_ones_own(working: Path) -> None:
    (working / "mine/echo.py").write_text(
        "from dataclasses import replace\n"
        "from gamegrid.backends.vllm import BACKEND\n"
        "BACKEND = replace(BACKEND, prefix='echo')"
    )
    agent = {"type": "llm", "model": "echo_small"}
    made = plan.make(CONFIG | {"agents": {"echo": agent, "random": {"type": "random"}}}, working)
    assert made.needs.environment(made.grid.cells[0]) == "vllm"
    echo = digest(working / "mine/echo.py")
    assert made.identity.agent("echo")["plugin_digests"] == {"backend": echo}
    assert "plugin_digests" not in made.identity.agent("echo")["model_entry"]  # the journal's key


def test_a_template_is_found_in_a_folder_of_plug_ins(working: Path) -> None:
    source = (WORKFLOW / "config/prompts/terse.jinja").read_text("utf-8")
    (working / "mine/curt.jinja").write_text(source)
    plugins.use([working / "mine"])
    assert templates.load("curt").digest == templates.load("terse").digest
    with plugins.using(()), pytest.raises(UserError, match="no template 'curt'"):
        templates.load("curt")


@pytest.mark.parametrize(
    ("content", "said"),
    [
        ("import nosuchmodule", "cannot be run: ModuleNotFoundError: No module named"),
        ("def broken(:", "cannot be run: SyntaxError: "),
        ("GAME = 3", "declares a GAME that is not a subclass of Game"),
        (
            "from gamegrid.games.game import Game\nclass Bare(Game): pass\nGAME = Bare",
            "declares a GAME, Bare, that lacks ",
        ),
        (
            "from gamegrid.games.tic_tac_toe import GAME",
            "declares the game 'tic_tac_toe', which is taken",
        ),
        ("AGENT = 'me'", "declares an AGENT that is not an AgentKind"),
        (
            "from gamegrid.agents.random import AGENT",
            "declares the agent type 'random', which is taken",
        ),
        ("raise SystemError('no\\nway.')", "cannot be run: SystemError: no way"),
        (
            AGENT.replace("eager", "keen").replace("lambda settings: Traits", "Traits"),
            "declares an AGENT whose traits must be a function of 1 argument (Any) that returns "
            "Traits, not Traits(",
        ),
        (
            AGENT.replace("eager", "keen").replace(", settings, tools:", ", settings:"),
            "declares an AGENT whose build must be a function of 3 arguments (str, Any, Tools) "
            "that returns Agent, not a function (name, settings)",
        ),
        (
            AGENT.replace("eager", "keen").replace('Literal["keen"]', "str"),
            "cannot be run: ValueError: the settings need the field type: Literal['keen']",
        ),
        (
            GAME.replace("high_card", "low").replace("Scoring.WIN_LOSS", "'win'"),
            "declares a GAME whose scoring must be a Scoring, not 'win'",
        ),
        (
            GAME.replace("high_card", "low") + "\nHighCard.label = lambda self, state: 'x'",
            "declares a GAME whose label must be a method (self, state, seat, action), not ",
        ),
        (
            GAME.replace("high_card", "low").replace("    @classmethod\n", ""),
            "declares a GAME whose open must be a method (parameters), not a function (cls, ",
        ),
        (
            AGENT.replace("eager", "keen").replace("=lambda settings, game: None", "=''")
            + "object.__setattr__(AGENT, 'repeatable', 1)",
            "declares an AGENT whose unsupported_reason must be a function of 2 arguments (Any, "
            "Game) that returns str | None, not ''; whose repeatable must be a bool, not 1",
        ),
        (
            "from dataclasses import replace\n"
            "from gamegrid.backends.vllm import BACKEND\n"
            "few = replace(BACKEND.capabilities, in_flight='8')\n"
            "BACKEND = replace(BACKEND, prefix='few', capabilities=few)",
            "declares a BACKEND whose capabilities.in_flight must be an int, not '8'",
        ),
    ],
)
def test_a_broken_file_is_one_sentence_that_names_it(
    working: Path, content: str, said: str
) -> None:
    (working / "mine/wrong.py").write_text(dedent(content))
    with pytest.raises(UserError) as refusal:
        workflow.prepare(CONFIG, working, working / "results", main=True)
    text = str(refusal.value)
    assert text.startswith(f"config: plugins: '{working}/mine/wrong.py' {said}")
    assert text.endswith(".") and "\n" not in text


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("async def decide", "async def move", "Eager lacks 'decide'."),
        (
            "wanted[0] if",
            "wanted[9] if",
            "line 22, in decide: IndexError: list index",
        ),
        ("draws_luck=", "luck=", "line 30, in <lambda>: TypeError: "),
    ],
)
def test_a_fault_of_a_file_is_one_sentence_that_names_it_when_it_shows(
    right: str, wrong: str, said: str, working: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(working)
    file = working / "mine/eager.py"
    file.write_text(AGENT.replace(right, wrong))
    with pytest.raises((AttributeError, IndexError, TypeError)) as fault:
        play_high_card(working)
    told = plugins.blame(fault.value)
    assert told is not None and told.startswith(f"plug-in '{file}'") and said in told


def play_high_card(working: Path) -> None:
    high = {"plugins": ["mine"], "games": ["high_card"], "agents": CONFIG["agents"], "deals": 1}
    made = workflow.prepare(high, working, working / "results", main=True)
    workflow.rows(made)
    [chunk] = made.chunks
    play_chunk(
        Job(config=high, game="high_card", matchup=chunk.cell.matchup.name, block=chunk.block,
            results=working / "results", output=working / "chunk.parquet", threads=1)
    )  # fmt: skip


@pytest.mark.parametrize(
    ("right", "wrong", "said"),
    [
        ("def sit", "def seat", "an Eager, which has no method sit(place)"),
        (
            "def sit(self, place)",
            "def sit(self)",
            "an Eager, which must have a method sit(place), not sit()",
        ),
        ("Eager(settings.wish)", "None", "None, which has no method sit(place)"),
    ],
)
def test_what_build_returns_is_checked_before_anything_is_played(
    right: str, wrong: str, said: str, working: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    monkeypatch.chdir(working)
    file = working / "mine/eager.py"
    assert right in AGENT
    file.write_text(AGENT.replace(right, wrong))
    with pytest.raises(UserError) as refusal:
        play_high_card(working)
    assert str(refusal.value) == (
        f"config: plugins: '{file}' declares an AGENT whose build returned {said}; "
        "see Agent in gamegrid.agents.agent."
    )
    assert not (working / "chunk.parquet").exists()


def test_what_create_returns_is_checked(working: Path) -> None:
    (working / "mine/echo.py").write_text(
        "from dataclasses import replace\n"
        "from gamegrid.backends.vllm import BACKEND\n"
        "class Half:\n"
        "    async def open(self): pass\n"
        "    async def complete(self): pass\n"
        "BACKEND = replace(BACKEND, prefix='echo', create=lambda entry, working: Half())"
    )
    agent = {"type": "llm", "model": "echo_small"}
    made = plan.make(CONFIG | {"agents": {"echo": agent, "random": {"type": "random"}}}, working)
    with pytest.raises(UserError) as refusal:
        Pool({"echo": made.models["echo"]}, working, working / "results")
    assert str(refusal.value) == (
        f"config: plugins: '{working}/mine/echo.py' declares a BACKEND whose create returned "
        "a Half, which must have a method complete(request), not complete() and has no method "
        "close(); see Backend in gamegrid.backends.backend."
    )


@pytest.mark.parametrize(
    ("returned", "said"),
    [("0", "it must be a Traits, not 0"), ("Traits(draws_luck='no')", "draws_luck must be a bool")],
)
def test_traits_that_cannot_be_stored_are_refused(returned: str, said: str, working: Path) -> None:
    file = working / "mine/eager.py"
    file.write_text(AGENT.replace("Traits(draws_luck=False)", returned))
    with pytest.raises(UserError, match=f"eager.py' declares traits that .*: {re.escape(said)}"):
        workflow.prepare(CONFIG, working, working / "results", main=True)


def test_an_error_of_gamegrid_s_own_is_blamed_on_no_file(working: Path) -> None:
    plan.make(CONFIG, working)
    with pytest.raises(ZeroDivisionError) as fault:
        raise ZeroDivisionError("1 / 0")
    assert plugins.blame(fault.value) is None


@pytest.mark.parametrize("name", [None, 3, "gamegrid_plugin_gone", "__main__"])
def test_an_error_in_code_without_a_file_is_blamed_on_none(name: object) -> None:
    """Snakemake runs its files with ``exec``."""
    unnamed = type("Unnamed", (), {"__module__": name})
    for code in ("1 / 0", "unnamed.x", "unnamed().x", "(lambda: 0)(1)", "unnamed(1, 2)"):
        with pytest.raises((ZeroDivisionError, AttributeError, TypeError)) as fault:
            exec(code, {"__name__": name, "unnamed": unnamed})
        assert plugins.blame(fault.value) is None


def test_the_command_and_a_job_name_a_faulty_file(
    working: Path, monkeypatch: pytest.MonkeyPatch, capsys: pytest.CaptureFixture[str]
) -> None:
    monkeypatch.chdir(working)
    (working / "mine/eager.py").write_text(AGENT.replace("def sit", "def seat"))
    (working / "grid.yaml").write_text(yaml.safe_dump(CONFIG))
    line = ["human", "kuhn_poker", "--against", "careful", "--configfile", "grid.yaml"]
    assert main(line) == 1
    assert "an Eager, which has no method sit(place)" in capsys.readouterr().err
    with pytest.raises(SystemExit) as ended:
        run(lambda: kinds()["eager"].build("x", {}, {}), str(working / "job.log"))
    assert ended.value.code == 1
    assert "in <lambda>: AttributeError" in (working / "job.log").read_text()
    assert "Traceback" not in (working / "job.log").read_text()


def test_a_folder_that_is_not_there_is_named(tmp_path: Path) -> None:
    with pytest.raises(UserError, match=r"config: plugins: there is no folder '.*/mine'"):
        load.read(CONFIG, tmp_path)
    for listed in ("mine", [3], {"a": 1}):
        with pytest.raises(UserError, match="config: plugins"):
            load.read(CONFIG | {"plugins": listed}, tmp_path)
