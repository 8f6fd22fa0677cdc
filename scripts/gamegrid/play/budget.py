"""The money that all jobs of a results folder may spend together (``budget_usd``).

Two rules hold. A request is sent only if its worst price can be paid, so what is billed stays
within the limit. A job begins a deal only if the same deal is expected to be payable in every other
paying cell, so all matchups stop at about the same deal and stay comparable. Replies on file are
free.
"""

import asyncio
import fcntl
import json
import os
from collections import defaultdict
from collections.abc import Mapping
from contextlib import suppress
from dataclasses import dataclass, field
from functools import partial
from pathlib import Path
from statistics import mean
from typing import Any

from gamegrid.backends import prices
from gamegrid.backends.backend import BackendError, ModelEntry, Request, shallow
from gamegrid.backends.billing import bound, most_usd
from gamegrid.backends.tariff import Tariff
from gamegrid.play.till import RequestTab, Till
from gamegrid.records import spending
from gamegrid.records.journal import files, read
from gamegrid.records.ledger import SUFFIX, is_held, name_of, read_sums, units, usd

PAUSE_S = 0.2
ENOUGH_DEALS = 3
"""Number of finished deals after which their mean cost replaces the estimate."""
LARGE_PROMPT = 10_000
"""Prompt tokens assumed of a lost request about which nothing is known."""
DEALS = "budget.deals"
"""The file, in the folder of the journals, that holds the accounts of all deals."""


@dataclass(frozen=True, slots=True, kw_only=True)
class Terms:
    """The budget and what a job needs to keep it.

    ``expected_usd`` is the estimated cost of one deal of the job's cell. ``paying_cells`` is the
    number of cells of the grid that buy replies. ``first_deal`` is the cell's first deal, in a
    shard not always 0.
    """

    limit_usd: float
    models: frozenset[str]
    """The ids of all models of the grid."""
    tariffs: Mapping[str, Tariff]
    """Tariffs by model id; the other models of the grid cost nothing."""
    expected_usd: float
    paying_cells: int
    first_deal: int = 0

    def tariff_of(self, model: str) -> Tariff | None:
        """Return the tariff of a model on file, which the grid may no longer name."""
        if model in self.models:
            return self.tariffs.get(model)
        entry = ModelEntry(name=model)
        price = prices.find(entry).highest()
        return None if price is None else Tariff(price, prices.most_tokens(entry))

    @property
    def unknown_usd(self) -> float:
        """The price of a lost request about which nothing is known."""
        return max(
            (
                tariff.price.most_usd(LARGE_PROMPT, tariff.most_tokens or LARGE_PROMPT)
                for tariff in self.tariffs.values()
            ),
            default=0.0,
        )


@dataclass(slots=True)
class Account:
    """What one job has spent on deals that ended. ``aside_usd``: for deals in play, as expected."""

    usd: float = 0.0
    deals: int = 0
    aside_usd: float = 0.0
    expected_usd: float = 0.0

    def per_deal(self) -> float:
        """Return the expected cost of one more deal, in USD."""
        return self.usd / self.deals if self.deals >= ENOUGH_DEALS else self.expected_usd


class Budget:
    """One job's part in the budget. ``journal`` is the folder of all journals."""

    def __init__(self, terms: Terms, journal: Path, chunk: str):
        self._terms = terms
        self._path = journal / DEALS
        self._chunk = chunk
        self._spent = defaultdict[int, int](int)
        self._admitted = dict[int, float]()
        """The expected cost of each deal in play."""
        self._turn = asyncio.Lock()
        self._largest = 0
        lost = terms.unknown_usd
        self._till = Till(
            units(terms.limit_usd),
            journal / spending.TOTAL,
            journal / f"{chunk}{SUFFIX}",
            partial(spending.settle, tariff_of=terms.tariff_of, unknown_usd=lost),
            partial(spending.recount, journal, terms.tariff_of, lost),
        )
        with self._shared() as accounts:
            # The ledger also counts what a killed job bought, or may have bought.
            accounts.by_chunk[chunk] = Account(
                usd=usd(self._till.counted),
                deals=_deals(journal, chunk),
                expected_usd=terms.expected_usd,
            )

    async def tab(self, deal: int, key: str, request: Request) -> RequestTab | None:
        """Open the account of a request; None if it costs nothing. Begins its deal.

        Raises BackendError if the deal cannot be paid for in every cell.
        """
        tariff = self._terms.tariffs.get(request.model)
        if tariff is None:
            await self._admit(deal, 0)
            return None
        limits = bound(request.stated(), tariff)
        most = units(most_usd(limits, tariff))
        await self._admit(deal, most)
        spent = partial(self._spend, deal)
        return RequestTab(self._till, spent, name_of(key), tariff, limits, most)

    async def _admit(self, deal: int, most: int) -> None:
        """Let a deal begin, or raise BackendError if it cannot be paid for in every cell.

        ``most`` is the worst price of its first request. If money is short while deals of this job
        are in play, wait for their true cost: the estimate is an upper bound.
        """
        if deal in self._admitted:
            return
        self._largest = max(self._largest, most)
        async with self._turn:
            while deal not in self._admitted and not self._open(deal):
                await asyncio.sleep(PAUSE_S)

    def _spend(self, deal: int, amount: int) -> None:
        self._spent[deal] += amount

    def finished(self, deal: int) -> None:
        """Book a deal whose episodes have all ended."""
        if deal not in self._admitted:
            return
        expected = self._admitted.pop(deal)
        with self._shared() as accounts:
            mine = accounts.of(self._chunk)
            mine.aside_usd = max(0.0, mine.aside_usd - expected) if self._admitted else 0.0
            mine.usd += usd(self._spent.pop(deal, 0))
            mine.deals += 1

    def stop(self) -> None:
        """Refuse the requests that wait for money: the job is ending."""
        self._till.stop("budget_usd: a request was not sent, the job is ending.")

    def close(self) -> None:
        """Leave the other jobs, at the end."""
        self._till.close()

    def _open(self, deal: int) -> bool:
        """Begin a deal; return False if it must wait. Raises BackendError if it is refused."""
        limit, number = self._terms.limit_usd, deal - self._terms.first_deal
        with self._shared() as accounts:
            stop = accounts.stop.get(f"{limit:g}")
            if stop is None or number < stop:
                mine = accounts.of(self._chunk)
                cost = mine.per_deal()
                # A deal is begun only if its last request can still be reserved at its worst.
                needed = cost + usd(self._largest)
                if accounts.committed() + needed > limit:
                    self._close_dead(accounts)
                if accounts.committed() + needed <= limit and self._fair(accounts, number):
                    mine.aside_usd += cost
                    self._admitted[deal] = cost
                    return True
                if self._admitted:
                    return False
                accounts.stop[f"{limit:g}"] = number
            committed, whole = accounts.committed(), self._cost_up_to(accounts, number)
        raise BackendError(
            f"budget_usd: deal {deal} was not begun: {committed:.4g} of {limit:g} USD are spent or "
            f"set aside for deals in play, and all deals up to this one, in every matchup with a "
            f"paid model, may cost {whole:.4g}. Raise budget_usd and run the same command again."
        )

    def _cost_up_to(self, accounts: "Accounts", number: int) -> float:
        """Return what every paying cell has cost, in USD, when it has played deal ``number``.

        Like the stop, it counts from the first deal of each cell, as a shard does not begin at 0.
        """
        known = [account.per_deal() for account in accounts.by_chunk.values()]
        deals = (number + 1) * mean(known) * self._terms.paying_cells
        return deals + usd(self._largest)

    def _fair(self, accounts: "Accounts", number: int) -> bool:
        """Return True if every paying cell can afford as many deals as this cell would have."""
        return self._cost_up_to(accounts, number) <= self._terms.limit_usd

    def _close_dead(self, accounts: "Accounts") -> None:
        """Set nothing aside for deals of jobs that have died."""
        for chunk, account in accounts.by_chunk.items():
            if account.aside_usd and not is_held(self._path.parent / f"{chunk}{SUFFIX}"):
                account.aside_usd = 0.0

    def _shared(self) -> "_Shared":
        return _Shared(self._path, self._terms)


@dataclass(slots=True)
class Accounts:
    """The content of the shared file. ``stop``: the number of the first deal refused, by limit."""

    by_chunk: dict[str, Account] = field(default_factory=dict)
    stop: dict[str, int] = field(default_factory=dict)

    def of(self, chunk: str) -> Account:
        """Return the account of one job; open it if it is new."""
        return self.by_chunk.setdefault(chunk, Account())

    def text(self) -> str:
        """Return the content of the file."""
        chunks = {chunk: shallow(account) for chunk, account in self.by_chunk.items()}
        return json.dumps({"by_chunk": chunks, "stop": self.stop})

    def committed(self) -> float:
        """Return the USD spent and the expected cost of deals in play."""
        return sum(account.usd + account.aside_usd for account in self.by_chunk.values())


class _Shared:
    """Hold the lock of the accounts and read them; write them back on exit.

    They are written in place, since to replace a file can take milliseconds. If a crash of the host
    damages them, they are made again from the ledgers.
    """

    def __init__(self, path: Path, terms: Terms):
        self._path = path
        self._terms = terms

    def __enter__(self) -> Accounts:
        self._file = os.open(self._path, os.O_RDWR | os.O_CREAT | os.O_CLOEXEC, 0o666)
        fcntl.flock(self._file, fcntl.LOCK_EX)
        self._accounts = _load(self._path, self._terms)
        return self._accounts

    def __exit__(self, *error: object) -> None:
        try:
            text = self._accounts.text().encode("ascii") + b"\n"
            os.pwrite(self._file, text, 0)
            os.ftruncate(self._file, len(text))
        finally:
            os.close(self._file)


def forget(journal: Path) -> None:
    """Clear the sums before a run without a budget; the next budget counts ledgers and journals."""
    for name in (DEALS, spending.TOTAL):
        with suppress(FileNotFoundError):
            os.truncate(journal / name, 0)


def release(results: Path) -> float:
    """Take what may have been billed out of the budget; return how much it was, in USD.

    Raises UserError, and changes nothing, if a job is at work.
    """
    released = spending.release(results)
    forget(results / "journal")
    return released


def _load(path: Path, terms: Terms) -> Accounts:
    first, end, _ = path.read_bytes().partition(b"\n")
    try:
        stored: dict[str, Any] = json.loads(first) if end else {}
        accounts = {chunk: Account(**account) for chunk, account in stored["by_chunk"].items()}
        return Accounts(accounts, stored["stop"])
    except (ValueError, TypeError, KeyError):
        journal = path.parent
        ledgers = sorted(journal.glob(f"*/*/*{SUFFIX}"))
        chunks = [ledger.relative_to(journal).with_suffix("").as_posix() for ledger in ledgers]
        return Accounts({chunk: _account(journal, chunk, terms) for chunk in chunks})


def _account(journal: Path, chunk: str, terms: Terms) -> Account:
    """Return what one job has spent, from its ledger."""
    sums = read_sums(journal / f"{chunk}{SUFFIX}")
    spent = usd(sums.counted + sums.in_flight)
    return Account(usd=spent, deals=_deals(journal, chunk), expected_usd=terms.expected_usd)


def _deals(journal: Path, chunk: str) -> int:
    """Return of how many deals a job has replies on file."""
    block = Path(chunk).name
    paths = [p for p in files((journal / chunk).parent) if p.name.split(".")[0] == block]
    return len({json.loads(line.key)["deal"] for path in paths for line in read(path)})
