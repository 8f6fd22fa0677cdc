"""The replies on file of each job, and which of them the settings of now would ask for again."""

import json
from collections import defaultdict
from collections.abc import Callable, Iterable, Iterator, Mapping
from dataclasses import dataclass, replace
from pathlib import Path
from typing import Any

from gamegrid.agents.llm import LlmSettings
from gamegrid.backends.backend import Decode, shallow
from gamegrid.jobs.staleness import Work
from gamegrid.plan.grid import Chunk
from gamegrid.plan.plan import Plan
from gamegrid.records.blocks import overlap
from gamegrid.records.journal import Line, files, read


@dataclass(frozen=True, slots=True)
class Filed:
    """A reply on file. ``fits`` says that its model and sampling are those of ``agent`` now."""

    agent: str
    line: Line
    fits: bool


def of_cell(plan: Plan, results: Path, work: Work) -> Iterator[Filed]:
    """Yield the replies on file of a cell's model agents, in the deals of ``work``.

    A line of the journal names the model, not the agent. Its seating and seat name the agent.
    """
    fits = {
        agent: _fits(plan, agent) for agent in set(work.cell.matchup.agents) & plan.models.keys()
    }
    for path in files(results / "journal" / work.path.rpartition("/")[0]):
        if isinstance(work, Chunk) and not overlap(path.stem, work.block):
            continue
        for line in read(path):
            key = json.loads(line.key)
            agent = _agent(plan, work, key)
            if agent in fits:
                yield Filed(agent, line, fits[agent](key, line))


def _agent(plan: Plan, work: Work, key: Mapping[str, Any]) -> str | None:
    if not isinstance(work, Chunk):
        return work.agent
    seatings = work.cell.matchup.seatings(plan.config.seatings)
    if key["seating"] >= len(seatings) or not work.start <= key["deal"] < work.stop:
        return None
    agent: str = seatings[key["seating"]][key["seat"]]
    return agent


def _fits(plan: Plan, agent: str) -> Callable[[Mapping[str, Any], Line], bool]:
    """Return the test whether a request is one that an agent would send now, but for its text."""
    settings, model = plan.config.agents[agent], plan.models[agent]
    assert isinstance(settings, LlmSettings)
    sampling, decode = settings.sampling(seed=None), Decode(settings.decode)
    if decode is Decode.SCORE:
        sampling = replace(sampling, temperature=None)
    wanted = json.loads(json.dumps(shallow(sampling)))
    identity = json.loads(json.dumps(model.identity()))

    def fits(key: Mapping[str, Any], line: Line) -> bool:
        request = json.loads(line.text)["request"]
        return bool(
            key.get("model_entry", {}) == identity
            and request["model"] == settings.model
            and request.get("decode", Decode.GENERATE) == decode
            and request["sampling"] | {"seed": None} == wanted
        )

    return fits


def counts(filed: Iterable[Filed]) -> Mapping[str, int]:
    """Count the replies that fit, by agent."""
    found = defaultdict[str, int](int)
    for each in filed:
        found[each.agent] += each.fits
    return found


REQUEST_KEYS = (
    "model", "model_entry", "decode", "temperature", "top_p", "max_tokens", "reasoning_effort",
    "thinking_budget", "extra_body", "chat_template_kwargs",
)  # fmt: skip
"""Settings of a model agent that each request on file states."""


def only_requests_differ(before: Mapping[str, Any], now: Mapping[str, Any]) -> bool:
    """Return whether two params of a job differ only in what requests on file state."""
    return _without_requests(before) == _without_requests(now)


def _without_requests(stated: Mapping[str, Any]) -> dict[str, Any]:
    return {
        **stated,
        "agents": {
            name: {key: value for key, value in identity.items() if key not in REQUEST_KEYS}
            if "model" in identity
            else identity
            for name, identity in stated["agents"].items()
        },
    }
