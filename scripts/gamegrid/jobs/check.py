"""Check every model of a grid before anything is spent.

``look`` starts no engine and asks no model. ``ask`` asks each agent one real question.
"""

import asyncio
import json
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from gamegrid.agents.agent import Tools, kinds
from gamegrid.agents.llm import LlmSettings
from gamegrid.backends import hub, providers
from gamegrid.backends.addresses import shown
from gamegrid.backends.backend import BackendError, Decode, RecordedCompletion, Request
from gamegrid.backends.openai_http import PROVIDERS
from gamegrid.config.models import Model
from gamegrid.errors import UserError, nearest
from gamegrid.jobs import gpu_places, whereabouts
from gamegrid.jobs.absent import absences
from gamegrid.jobs.reachable import Visit, visit
from gamegrid.luck import Place
from gamegrid.plan.plan import Plan
from gamegrid.play.episode import Episode
from gamegrid.play.gpus import visible
from gamegrid.play.setups import self_play_setup
from gamegrid.records import dtype_record
from gamegrid.records.failure_advice import ADVICE
from gamegrid.records.record_types import EpisodeRecord

SWALLOWED = (
    "The server delivered only reasoning, and no reply. If the reasoning ends with the answer, "
    "the server's reasoning parser took it: set another parser there, or switch thinking off, for "
    "example with chat_template_kwargs: {enable_thinking: false}. Otherwise raise max_tokens."
)
"""A hint for a model whose answers arrive as reasoning."""
NAMED = 5
"""Models of a server that are named."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Finding:
    """The result for one model.

    ``about`` says who plays it, where it runs and which file says so. ``trouble`` is a sentence, or
    None if the model is ready. ``remark`` is what a user should know of a model that is ready.
    """

    model: str
    agents: tuple[str, ...]
    about: str
    trouble: str | None = None
    remark: str | None = None

    def line(self) -> str:
        """Return the finding as a line of text."""
        if self.trouble:
            return f"{self.about}: NOT READY: {self.trouble}"
        return f"{self.about}: {self.remark or 'ready'}"


def look(
    plan: Plan, working: Path, results: Path | None = None, *, gpus_here: bool = True
) -> list[Finding]:
    """Check each model's settings, key, folder, GPUs and endpoint, and its server's list of models.

    ``results`` is the results folder, results/ in the working directory without it. With
    ``gpus_here`` False, jobs run on other hosts and no GPUs are counted.
    """
    by_id = {model.written.name: model for model in plan.models.values()}
    gpus = len(visible()) if gpus_here else 0
    gpu_jobs = gpu_places.gpu_jobs(plan)
    found = []
    for name, agents in whereabouts.users(plan).items():
        model = by_id[name]
        trouble = _mistake(model) or _unsupported_setting(plan, model, agents)
        if trouble is None and gpus_here:
            trouble = gpu_places.shortage(model, gpu_jobs, gpus)
        remark = None
        if trouble is None:
            trouble, remark = _whether_there(model, working)
        if trouble is None and remark is None and gpus_here:
            told = _how_it_runs(model, results or working / "results")
            unreserved = gpu_places.unreserved(model, gpus)
            remark = f"{told or 'ready'}; {unreserved}" if unreserved else told
        about = whereabouts.line(model, agents, working)
        found.append(
            Finding(model=name, agents=tuple(agents), about=about, trouble=trouble, remark=remark)
        )
    return found


def _unsupported_setting(plan: Plan, model: Model, agents: Sequence[str]) -> str | None:
    """Return a sentence if the model does not support a setting of one of its agents, else None."""
    for agent in agents:
        settings = plan.config.agents[agent]
        assert isinstance(settings, LlmSettings)
        if model.kind.unsupported_reason is None:
            return None
        decode = Decode(settings.decode)
        if reason := model.kind.unsupported_reason(
            model.entry, settings.sampling(seed=None), decode
        ):
            return f"agents.{agent}: {reason.removeprefix(f'{model.entry.name}: ')}"
    return None


def _mistake(model: Model) -> str | None:
    mistake = model.kind.check(model.entry)
    return mistake and mistake.removeprefix(f"{model.entry.name}: ")


def _whether_there(model: Model, working: Path) -> tuple[str | None, str | None]:
    """Return trouble and remark on where a model is: at a server, or still to be downloaded."""
    if model.entry.api_base is not None:
        return _server(model, model.entry.api_base, working)
    wanted = whereabouts.hub_model(model)
    if wanted is None or hub.is_cached(wanted):
        return None, None
    try:
        size = hub.download_gb(wanted)
    except UserError as error:
        return str(error).removeprefix(f"{wanted.name}: "), None
    free = hub.free_gb()
    if size is None:
        return None, "to be downloaded at the first reply; the hub does not tell its size now"
    if size > free:
        return f"{size:.1f} GB are to be downloaded, and {free:.1f} GB are free.", None
    return None, f"to be downloaded at the first reply, {size:.1f} GB"


def _how_it_runs(model: Model, results: Path) -> str | None:
    dtype = dtype_record.find(results, model.written.name, model.identity())
    return model.kind.remark(model.entry, dtype)


def _server(model: Model, address: str, working: Path) -> tuple[str | None, str | None]:
    """Return trouble and remark on the server that is to answer."""
    provider, asked = providers.split_name(model.entry.name)
    settings = providers.read_settings(working)
    answer = visit(address, providers.find_key(provider, settings))
    if answer.silence is not None:
        return (
            f"no answer from {shown(address)} ({answer.silence}). Start the server, or correct "
            f"api_base."
        ), None
    if answer.refused:
        return _key_advice(provider, working), None
    if provider not in PROVIDERS or answer.models is None:
        return None, "the server answers; it does not list its models"
    if asked in answer.models:
        return None, "ready; the server lists it"
    return None, _unlisted(asked, answer)


def _key_advice(provider: str, working: Path) -> str:
    """Return what to do about a key that a server refuses, or misses."""
    names = providers.key_variables(provider)
    file = working / ".env"
    if providers.find_key(provider, providers.read_settings(working)) is None:
        said = f"the server wants a key. Set {names[0]} in the environment or in {file}"
    else:
        said = f"the server refuses the key. Correct {' or '.join(names)}"
    return f"{said} ({providers.source(names, working)})."


def _unlisted(asked: str, answer: Visit) -> str:
    """Return the remark on a model that its server does not list."""
    listed = answer.models or ()
    named = ", ".join(listed[:NAMED]) + (
        f" and {len(listed) - NAMED} more" if listed[NAMED:] else ""
    )
    if answer.any_name:
        return f"ready; the server runs {named}, whatever the name"
    return (
        f"IN DOUBT: the server lists no {asked!r}, but {named or 'nothing'}."
        f"{nearest(asked, listed)} Correct the name, or see whether it answers with try_models=true"
    )


def confirm(plan: Plan, findings: Sequence[Finding]) -> str:
    """Return the lines to print. Raises UserError with these lines if a model is not ready."""
    bad = sum(finding.trouble is not None for finding in findings)
    lines = [finding.line() for finding in findings]
    if bad:
        head = f"{bad} of {len(findings)} models are not ready."
        raise UserError("\n  ".join([head, *lines]))
    return "\n".join([*plan.about, _grid(plan), *gpu_places.lines(plan), *lines])


def _grid(plan: Plan) -> str:
    """Return the size of the grid, and which agents sit out of which games, in one line."""
    games, cells = len(plan.grid.games), len(plan.grid.cells)
    said = f"{_count(len(plan.config.agents), 'agent')} in {_count(games, 'game')}: "
    said += f"{_count(cells, 'matchup')}, {_count(len(plan.jobs), 'job')}"
    return f"{said}; {absent}" if (absent := absences(plan)) else said


def _count(number: int, thing: str) -> str:
    return f"{number:,} {thing}{'' if number == 1 else 's'}"


def ask(plan: Plan, working: Path, findings: Sequence[Finding]) -> tuple[str, list[Finding]]:
    """Ask each agent whose model is ready the first question of its first game.

    Returns the conversations, and the findings with what came of them. One agent's failure leaves
    the others alone. Nothing of it is part of the grid.
    """
    return asyncio.run(_ask(plan, working, findings))


async def _ask(plan: Plan, working: Path, findings: Sequence[Finding]) -> tuple[str, list[Finding]]:
    shown, found = list[str](), list[Finding]()
    for finding in findings:
        if finding.trouble:
            found.append(finding)
            continue
        failures, remark = list[str](), "ready; it has answered a question"
        for agent in finding.agents:
            try:
                played = await _first_turn(plan, agent, working)
            except BackendError as error:
                failures.append(str(error).removeprefix(f"{plan.models[agent].entry.name}: "))
                continue
            shown.append(_shown(agent, played))
            if failure := played.calls[0].failure:
                remark = f"IN DOUBT: {agent}'s reply states no move ({failure}). {ADVICE[failure]}"
        trouble = failures[0] if failures else None
        found.append(replace(finding, trouble=trouble, remark=remark))
    return "\n\n".join(shown), found


async def _first_turn(plan: Plan, agent: str, working: Path) -> EpisodeRecord:
    """Play the first turn of an agent. Raises BackendError if its model does not reply."""
    model, settings = plan.models[agent], plan.config.agents[agent]
    game = next(cell.game for cell in plan.all_cells if agent in cell.matchup.agents)
    backend = model.kind.create(model.entry, working)

    async def reply(_place: Place, _ply: int, _attempt: int, sent: Request) -> RecordedCompletion:
        return RecordedCompletion(await backend.complete(sent), replayed=False)

    once = settings.model_copy(update={"rethink": 0})
    player = kinds()["llm"].build(agent, once, Tools(ask=lambda _: reply, prompts=plan.prompts))
    setup = replace(self_play_setup(plan, agent, game, deal=0), max_plies=1)
    try:
        await backend.open()
        played = await Episode(setup, {agent: player}).play()
    finally:
        await backend.close()
    if played.error is not None:
        raise BackendError(played.error)
    return played


def _shown(agent: str, played: EpisodeRecord) -> str:
    call, decision = played.calls[0], played.decisions[0]
    result = f"no move ({call.failure})" if call.failure else f"the move {decision.label!r}"
    sent = "\n".join(f"[{m['role']}]\n{m['content']}" for m in json.loads(call.messages))
    shown = f"== {agent} is asked\n{sent}\n[reply]\n{call.reply}\n== {agent}: {result}"
    return f"{shown}\n{SWALLOWED}" if call.reasoning and not call.reply.strip() else shown
