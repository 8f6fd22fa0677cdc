"""Check every model of a grid before anything is spent.

``look`` starts no engine and asks no model. ``try_models`` asks each agent one real question.
"""

import asyncio
import json
from collections import defaultdict
from collections.abc import Sequence
from dataclasses import dataclass, replace
from pathlib import Path

from gamegrid.agents.agent import Tools, kinds
from gamegrid.agents.llm import LlmSettings
from gamegrid.backends.addresses import shown
from gamegrid.backends.backend import BackendError, Decode, RecordedCompletion, Request
from gamegrid.config.models import Model
from gamegrid.errors import UserError
from gamegrid.jobs.reachable import silence
from gamegrid.luck import Place
from gamegrid.plan.plan import Plan
from gamegrid.play.episode import Episode
from gamegrid.play.gpus import visible
from gamegrid.play.setups import self_play_setup
from gamegrid.records.record_types import EpisodeRecord

SWALLOWED = (
    "The server delivered only reasoning, and no reply. If the reasoning ends with the answer, "
    "the server's reasoning parser took it: set another parser there, or switch thinking off, for "
    "example with chat_template_kwargs: {enable_thinking: false}. Otherwise raise max_tokens."
)
"""A hint for a model whose answers arrive as reasoning."""


@dataclass(frozen=True, slots=True)
class Finding:
    """The result for one model. ``trouble`` is a sentence, or None if the model is ready."""

    model: str
    agents: tuple[str, ...]
    trouble: str | None

    def line(self) -> str:
        """Return the finding as a line of text."""
        used = ", ".join(self.agents)
        return f"{self.model} ({used}): {self.trouble or 'ready'}"


def look(plan: Plan, *, gpus_here: bool = True) -> list[Finding]:
    """Check each model's settings, key, folder, GPUs and endpoint.

    With ``gpus_here`` False, jobs run on other hosts and no GPUs are counted.
    """
    agents = defaultdict[str, list[str]](list)
    models = dict[str, Model]()
    for agent, model in plan.models.items():
        agents[model.written.name].append(agent)
        models[model.written.name] = model
    return [
        Finding(
            name,
            tuple(agents[name]),
            _trouble(model, gpus_here) or _unsupported_setting(plan, model, agents[name]),
        )
        for name, model in models.items()
    ]


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


def _trouble(model: Model, gpus_here: bool) -> str | None:
    entry = model.entry
    if mistake := model.kind.check(entry):
        return mistake.removeprefix(f"{entry.name}: ")
    if gpus_here and entry.gpus and (there := len(visible())) < entry.gpus:
        return f"it needs {entry.gpus} GPUs (gpus: in the model file); {there} are visible here."
    return _silence(entry.api_base) if entry.api_base else None


def _silence(address: str) -> str | None:
    """Return a sentence if no server answers at an address, else None."""
    if (reason := silence(address)) is None:
        return None
    return f"no answer from {shown(address)} ({reason}). Start the server, or correct api_base."


def confirm(plan: Plan, findings: Sequence[Finding]) -> str:
    """Return the lines to print. Raises UserError with these lines if a model is not ready."""
    lines = [finding.line() for finding in findings]
    lines += [f"{out.agent} sits out {out.game.name}: {out.reason}" for out in plan.grid.absences]
    bad = sum(finding.trouble is not None for finding in findings)
    if bad:
        head = f"{bad} of {len(findings)} models are not ready."
        raise UserError("\n  ".join([head, *lines]))
    return "\n".join(lines or ["no model is asked; the grid is ready"])


def try_models(plan: Plan, working: Path) -> str:
    """Ask each model agent the first question of its first game, outside the grid.

    Returns prompts, replies and the moves parsed from them. Raises UserError if a model cannot be
    asked.
    """
    return asyncio.run(_first_turns(plan, working))


async def _first_turns(plan: Plan, working: Path) -> str:
    return "\n\n".join([await _first_turn(plan, agent, working) for agent in plan.models])


async def _first_turn(plan: Plan, agent: str, working: Path) -> str:
    model, settings = plan.models[agent], plan.config.agents[agent]
    game = next(cell.game for cell in plan.grid.cells if agent in cell.matchup.agents)
    backend = model.kind.create(model.entry, working)

    async def ask(_place: Place, _ply: int, _attempt: int, request: Request) -> RecordedCompletion:
        return RecordedCompletion(await backend.complete(request), replayed=False)

    once = settings.model_copy(update={"rethink": 0})
    player = kinds()["llm"].build(agent, once, Tools(ask=lambda _: ask, prompts=plan.prompts))
    setup = replace(self_play_setup(plan, agent, game, deal=0), max_plies=1)
    try:
        await backend.open()
        played = await Episode(setup, {agent: player}).play()
    except BackendError as error:
        raise UserError(f"agents.{agent}: {error}") from error
    finally:
        await backend.close()
    if played.error is not None:
        raise UserError(f"agents.{agent}: {played.error}")
    return _shown(agent, played)


def _shown(agent: str, played: EpisodeRecord) -> str:
    call, decision = played.calls[0], played.decisions[0]
    result = f"no move ({call.failure})" if call.failure else f"the move {decision.label!r}"
    sent = "\n".join(f"[{m['role']}]\n{m['content']}" for m in json.loads(call.messages))
    shown = f"== {agent} is asked\n{sent}\n[reply]\n{call.reply}\n== {agent}: {result}"
    return f"{shown}\n{SWALLOWED}" if call.reasoning and not call.reply.strip() else shown
