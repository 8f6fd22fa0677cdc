"""How agents are shown: one order, label, colour and shape per agent, on the page and in files."""

import json
import re
from collections import Counter
from collections.abc import Collection, Iterable, Mapping, Sequence
from dataclasses import dataclass
from functools import cached_property
from importlib.resources import files
from typing import Any, TypeVar

import duckdb

from gamegrid.report import palette
from gamegrid.store.short_names import shortened

LONGEST = 24
"""The longest label, in characters: a chart with such labels fits the screen of a phone."""

SHAPES = ("circle", "square", "triangle-up", "diamond", "cross", "triangle-down")
"""Vega's names of the shapes of dots."""
DASHES = ((), (6, 3), (2, 2), (8, 3, 2, 3), (12, 4))
"""How lines are dashed, in pixels. Their number, that of the shapes and that of the colours share
no divisor, so that far more agents than colours can be told apart, in grey too."""

Row = TypeVar("Row", bound=Mapping[str, Any])


@dataclass(frozen=True, slots=True)
class AgentShown:
    """One agent as every figure and table shows it."""

    agent: str
    label: str
    """At most ``LONGEST`` characters; no two agents have the same."""
    colour: palette.Colour
    shape: str
    """One of ``SHAPES``."""
    dash: tuple[int, ...]
    """One of ``DASHES``."""
    bot: bool
    """Whether it plays without a model."""


@dataclass(frozen=True)
class AgentsShown:
    """All agents of a database in the order of the page, the strongest first."""

    agents: tuple[AgentShown, ...]

    @cached_property
    def by_name(self) -> Mapping[str, AgentShown]:
        """The agents by their names, in the order of the page."""
        return {each.agent: each for each in self.agents}

    @cached_property
    def _places(self) -> Mapping[str, int]:
        return {each.agent: place for place, each in enumerate(self.agents)}

    def label(self, agent: str) -> str:
        """Return an agent's label; the name itself for one that the database does not list."""
        known = self.by_name.get(agent)
        return agent if known is None else known.label

    def place(self, agent: str) -> int:
        """Return an agent's place in the order, from 0; unknown agents come last."""
        return self._places.get(agent, len(self.agents))

    def in_order(self, rows: Iterable[Row], *columns: str) -> list[Row]:
        """Sort rows by the agents in these columns, and leave rows that agree as they stand."""
        chosen = columns or ("agent",)
        return sorted(rows, key=lambda row: [self.place(row[column]) for column in chosen])


def read(connection: duckdb.DuckDBPyConnection) -> AgentsShown:
    """Read the agents of a database."""
    sql = (files("gamegrid.report") / "agents_shown.sql").read_text("utf-8")
    return shown(connection.execute(sql).fetchall())


def shown(agents: Sequence[tuple[str, str | None, str, bool]]) -> AgentsShown:
    """Return how to show ``agents``, in this order.

    Each has a name, a sweep or None, settings as JSON, and whether it is a bot.
    """
    names = [agent for agent, *_ in agents]
    wanted = _told_apart([each[:3] for each in agents])
    labels = shortened([wanted[name] for name in names], LONGEST)
    return AgentsShown(
        tuple(
            AgentShown(
                agent=name,
                label=label,
                colour=palette.CATEGORIES[place % len(palette.CATEGORIES)],
                shape=SHAPES[place % len(SHAPES)],
                dash=DASHES[place % len(DASHES)],
                bot=bot,
            )
            for place, (name, label, (*_, bot)) in enumerate(
                zip(names, labels, agents, strict=True)
            )
        )
    )


def _told_apart(agents: Sequence[tuple[str, str | None, str]]) -> dict[str, str]:
    """Return what to call each agent: variants of a sweep by the settings in which they differ.

    An agent keeps its name if another one would be called the same.
    """
    called = {agent: agent for agent, _, _ in agents}
    sweeps: dict[str, dict[str, set[str]]] = {}
    for agent, sweep, params in agents:
        if sweep is not None:
            sweeps.setdefault(sweep, {})[agent] = set(json.loads(params))
    for sweep, variants in sweeps.items():
        keys = set().union(*variants.values())
        called |= _variants(sweep, {agent: _words(agent, sweep, keys) for agent in variants})
    texts = Counter(called.values())
    return {agent: text if texts[text] == 1 else agent for agent, text in called.items()}


def _words(variant: str, sweep: str, keys: Collection[str]) -> list[tuple[str, str]]:
    """Return the settings and values in a variant's name, such as temperature and 0.5.

    ``keys`` are the settings that its name may hold.
    """
    key = "|".join(sorted(map(re.escape, keys), key=len, reverse=True))
    found = re.split(rf"\.({key})_", variant.removeprefix(sweep))
    return list(zip(found[1::2], found[2::2], strict=True))


def _variants(sweep: str, words: Mapping[str, Sequence[tuple[str, str]]]) -> dict[str, str]:
    """Return what to call the variants of a sweep: with the settings' names if these fit."""
    everywhere = set.intersection(*(set(each) for each in words.values()))
    differing = {
        agent: [word for word in each if word not in everywhere] for agent, each in words.items()
    }
    named, plain = (
        {
            agent: f"{sweep}: {', '.join(form.format(*word) for word in each)}"
            for agent, each in differing.items()
            if each
        }
        for form in ("{0} {1}", "{1}")
    )
    return named if max(map(len, named.values()), default=0) <= LONGEST else plain
