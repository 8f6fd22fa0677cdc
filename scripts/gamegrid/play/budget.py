"""The money that all jobs of a results folder may spend together (``budget_usd``).

A job begins a deal only if the same deal can be paid for in every other paying cell. So all
matchups stop at about the same deal and stay comparable. A deal that was begun is played to its
end. Replies on file are free. The jobs share one small file under a lock.
"""

import asyncio
import fcntl
import json
from collections import defaultdict
from collections.abc import Mapping
from dataclasses import asdict, dataclass, field
from pathlib import Path
from statistics import mean
from typing import Any

from gamegrid.backends.backend import BackendError, Completion, Price, Request
from gamegrid.backends.pace import CHARACTERS_PER_TOKEN
from gamegrid.paths import replacing
from gamegrid.records.journal import Line, files, read

PAUSE_S = 0.2
ENOUGH_DEALS = 3
"""Number of finished deals after which their mean cost replaces the estimate."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """The budget and what a job needs to keep it.

    ``expected_usd`` is the estimated cost of one deal of the job's cell. ``paying_cells`` is the
    number of cells of the grid that buy replies.
    """

    limit_usd: float
    prices: Mapping[str, Price]
    """Prices by model id; other models cost nothing."""
    expected_usd: float
    paying_cells: int


@dataclass(slots=True)
class Account:
    """What one job has spent. ``open`` holds the expected cost of deals in play, by number."""

    usd: float = 0.0
    deals: int = 0
    open: dict[str, float] = field(default_factory=dict)
    expected_usd: float = 0.0

    def per_deal(self) -> float:
        """Return the expected cost of one more deal, in USD."""
        return self.usd / self.deals if self.deals >= ENOUGH_DEALS else self.expected_usd


class Budget:
    """One job's part in the budget. ``path`` is the shared file."""

    def __init__(self, terms: Terms, path: Path, chunk: str):
        self._terms = terms
        self._path = path
        self._chunk = chunk
        self._spent = defaultdict[int, float](float)
        self._admitted = set[int]()
        self._turn = asyncio.Lock()
        with self._shared() as accounts:
            # Count the journal, which also holds what a killed job bought.
            accounts.by_chunk[chunk] = _spent(path.parent, chunk, terms)

    async def admit(self, deal: int) -> None:
        """Let a deal begin, or raise BackendError if it cannot be paid for in every cell.

        If money is short while deals of this job are in play, wait for their true cost: the
        estimate is an upper bound.
        """
        if deal in self._admitted:
            return
        async with self._turn:
            while deal not in self._admitted and not self._open(deal):
                await asyncio.sleep(PAUSE_S)

    def bought(self, deal: int, request: Request, completion: Completion) -> None:
        """Count a reply that was bought for a deal."""
        price = self._terms.prices.get(request.model)
        if price is not None:
            characters = sum(len(message.content) for message in request.messages)
            self._spent[deal] += price.usd(*_tokens(characters, completion))

    def finished(self, deal: int) -> None:
        """Book a deal whose episodes have all ended."""
        if deal not in self._admitted:
            return
        self._admitted.discard(deal)
        with self._shared() as accounts:
            mine = accounts.of(self._chunk)
            mine.open.pop(str(deal), None)
            mine.usd += self._spent.pop(deal, 0.0)
            mine.deals += 1

    def _open(self, deal: int) -> bool:
        """Begin a deal; return False if it must wait. Raises BackendError if it is refused."""
        limit = self._terms.limit_usd
        with self._shared() as accounts:
            stop = accounts.stop.get(f"{limit:g}")
            if stop is None or deal < stop:
                mine = accounts.of(self._chunk)
                cost = mine.per_deal()
                if accounts.committed() + cost <= limit and self._fair(accounts, deal):
                    mine.open[str(deal)] = cost
                    self._admitted.add(deal)
                    return True
                if mine.open:
                    return False
                accounts.stop[f"{limit:g}"] = deal
            committed = accounts.committed()
        raise BackendError(
            f"budget_usd: deal {deal} was not begun: {committed:.2f} of {limit:g} USD are spent "
            f"or reserved. Raise budget_usd and run the same command again."
        )

    def _fair(self, accounts: "Accounts", deal: int) -> bool:
        """Return True if every paying cell can afford as many deals as this cell would have."""
        known = [account.per_deal() for account in accounts.by_chunk.values()]
        return (deal + 1) * mean(known) * self._terms.paying_cells <= self._terms.limit_usd

    def _shared(self) -> "_Shared":
        return _Shared(self._path, self._terms)


@dataclass(slots=True)
class Accounts:
    """The content of the shared file. ``stop`` is the first deal refused, by limit."""

    by_chunk: dict[str, Account] = field(default_factory=dict)
    stop: dict[str, int] = field(default_factory=dict)

    def of(self, chunk: str) -> Account:
        """Return the account of one job; open it if it is new."""
        return self.by_chunk.setdefault(chunk, Account())

    def committed(self) -> float:
        """Return the USD spent and the expected cost of deals in play."""
        return sum(a.usd + sum(a.open.values()) for a in self.by_chunk.values())


class _Shared:
    """Hold the lock and read the accounts; write them back on exit."""

    def __init__(self, path: Path, terms: Terms):
        self._path = path
        self._terms = terms
        path.parent.mkdir(parents=True, exist_ok=True)

    def __enter__(self) -> Accounts:
        self._lock = self._path.with_suffix(".lock").open("a")
        fcntl.flock(self._lock, fcntl.LOCK_EX)
        self._accounts = _load(self._path, self._terms)
        return self._accounts

    def __exit__(self, *error: object) -> None:
        try:
            with replacing(self._path) as temporary:
                temporary.write_text(json.dumps(asdict(self._accounts)))
        finally:
            self._lock.close()


def forget(path: Path) -> None:
    """Drop the shared file before a run without a budget; the next budget counts the journals."""
    path.unlink(missing_ok=True)


def _load(path: Path, terms: Terms) -> Accounts:
    if not path.exists():
        journal = path.parent
        chunks = {
            f"{file.parent.relative_to(journal)}/{file.name.split('.')[0]}"
            for folder in journal.glob("*/*")
            for file in files(folder)
        }
        return Accounts({chunk: _spent(journal, chunk, terms) for chunk in sorted(chunks)})
    stored: dict[str, Any] = json.loads(path.read_text())
    accounts = {chunk: Account(**account) for chunk, account in stored["by_chunk"].items()}
    return Accounts(accounts, stored["stop"])


def _spent(journal: Path, chunk: str, terms: Terms) -> Account:
    """Return what the replies of one journal have cost."""
    usd, deals = 0.0, set[int]()
    for path in files((journal / chunk).parent):
        if path.name.split(".")[0] != Path(chunk).name:
            continue
        for line in read(path):
            deals.add(json.loads(line.key)["deal"])
            usd += cost_usd(line, terms.prices)
    return Account(usd=usd, deals=len(deals), expected_usd=terms.expected_usd)


def cost_usd(line: Line, prices: Mapping[str, Price]) -> float:
    """Return what a reply on file has cost, in USD; 0 if its model is not among ``prices``."""
    model, characters = _request(line)
    price = prices.get(model)
    return price.usd(*_tokens(characters, line.completion)) if price else 0.0


def _request(line: Line) -> tuple[str, int]:
    """Return the model that was asked and the length of the request in characters."""
    request = json.loads(line.text)["request"]
    return request["model"], sum(len(message["content"]) for message in request["messages"])


def _tokens(characters: int, completion: Completion) -> tuple[float, float, float]:
    """Return prompt and completion tokens, as stated or by the rule of thumb, and cached tokens."""
    usage = completion.usage
    prompt, said = usage.prompt_tokens, usage.completion_tokens
    return (
        characters / CHARACTERS_PER_TOKEN if prompt is None else prompt,
        len(completion.text) / CHARACTERS_PER_TOKEN if said is None else said,
        usage.cached_tokens or 0,
    )
