"""What all jobs of a results folder have spent: the sum of their ledgers, held against journals."""

import json
import logging
from collections import Counter
from collections.abc import Callable
from dataclasses import dataclass
from pathlib import Path

from gamegrid.backends.billing import bill, bound, may_be_billed, reply_bytes
from gamegrid.backends.shared_file import SharedFile
from gamegrid.backends.tariff import Tariff
from gamegrid.errors import UserError
from gamegrid.records import ledger
from gamegrid.records.journal import LOST, Line, canonical, files, read
from gamegrid.records.ledger import SUFFIX, Account, Ledger, name_of, units

log = logging.getLogger(__name__)

TOTAL = "budget.total"
"""The file, in the folder of the journals, that holds the sum of all ledgers."""

TariffOf = Callable[[str], Tariff | None]
"""Finds the tariff of a model id; None for a model that costs nothing."""


@dataclass(frozen=True, slots=True)
class Filed:
    """What the files of one job say of a reply: its cost in units, of which ``maybe`` is unknown.

    ``lost`` is the number of attempts without a reply that may have been billed, at ``most`` each.
    """

    usd: int = 0
    maybe: int = 0
    lost: int = 0
    most: int = 0


def filed(line: Line, tariff_of: TariffOf) -> Filed:
    """Return what a reply on file has cost, and what its lost attempts may have cost."""
    request = json.loads(line.text)["request"]
    tariff = tariff_of(request["model"])
    if tariff is None:
        return Filed()
    limits = bound(request, tariff)
    cost = bill(limits, tariff, line.completion)
    reply = reply_bytes(line.completion) if limits.reply is None else limits.reply
    attempts = line.completion.attempts
    return Filed(
        units(cost.usd),
        units(cost.maybe),
        sum(may_be_billed(each.kind, each.status, each.said) for each in attempts),
        units(tariff.price.most_usd(limits.prompt, reply)),
    )


def settle(book: Ledger, tariff_of: TariffOf, unknown_usd: float) -> None:
    """Hold a ledger against the journal beside it, after its job has died or was run otherwise.

    An attempt in flight whose reply is on file is settled, any other may have been billed. Replies
    and lost attempts that the ledger lacks are added: they are from a job without a budget.
    ``unknown_usd`` is the price of a lost attempt if the journal holds no reply to compare it with.
    Raises UserError for a damaged journal.
    """
    account, lines = book.account, list[str]()
    on_file = _replies(book, tariff_of)
    lost = _lost(book.path)
    most = max((reply.most for reply in on_file.values()), default=units(unknown_usd))
    for name, amount in account.open.items():
        lines.append(f"f {name}" if name in on_file else f"m {name} {amount}")
    lines += [
        f"s {name} {reply.usd} {reply.maybe}"
        for name, reply in on_file.items()
        if name not in account.filed
    ]
    counted = account.lost + Counter(name for name in account.open if name not in on_file)
    for name in on_file.keys() | lost.keys():
        reply = on_file.get(name)
        attempts = lost[name] + (reply.lost if reply else 0)
        lines += [f"m {name} {reply.most if reply else most}"] * (attempts - counted[name])
    book.write(lines)


def _replies(book: Ledger, tariff_of: TariffOf) -> dict[str, Filed]:
    """Return the replies in a job's journal, by name."""
    block = book.path.stem
    found = dict[str, Filed]()
    for path in files(book.path.parent):
        if path.name.split(".")[0] == block:
            for line in read(path):
                found[name_of(line.key)] = filed(line, tariff_of)
    return found


def _lost(path: Path) -> Counter[str]:
    """Count the attempts of requests without a reply that may have been billed, by name."""
    found = Counter[str]()
    notes = path.with_suffix(LOST)
    for line in notes.read_bytes().splitlines() if notes.exists() else ():
        try:
            note = json.loads(line)
            found[name_of(canonical(note["key"]))] += sum(
                may_be_billed(each["kind"], each.get("status"), each.get("said"))
                for each in note["attempts"]
            )
        except (ValueError, KeyError, TypeError):
            log.warning("%s: a line cannot be read; the budget does not count it", notes)
    return found


def recount(journal: Path, tariff_of: TariffOf, unknown_usd: float) -> tuple[int, int]:
    """Return the sums of all ledgers below ``journal``: what is counted, and what is in flight.

    Settles the ledgers of jobs that have died, and makes those that are missing. The caller holds
    the lock of the total, so no job changes its ledger. Raises UserError for a damaged file.
    """
    counted = in_flight = 0
    for path in sorted(_ledgers(journal)):
        account = ledger.read_sums(path) if path.exists() else Account()
        if account.open or not path.exists():
            account = _settled(path, tariff_of, unknown_usd) or account
        counted += account.counted
        in_flight += account.in_flight
    return counted, in_flight


def _ledgers(journal: Path) -> set[Path]:
    """Return the ledgers that exist, and those of journals that lack one."""
    there = set(journal.glob(f"*/*/*{SUFFIX}"))
    for folder in journal.glob("*/*"):
        for path in files(folder):
            if path.stat().st_size:
                there.add(folder / f"{path.name.split('.')[0]}{SUFFIX}")
    return there


def _settled(path: Path, tariff_of: TariffOf, unknown_usd: float) -> Account | None:
    """Settle a ledger and return its account; None if its job is at work."""
    try:
        book = Ledger(path)
    except BlockingIOError:
        return None
    try:
        settle(book, tariff_of, unknown_usd)
        return book.account
    finally:
        book.close()


@dataclass(frozen=True, slots=True)
class Spending:
    """What all jobs have spent, in USD.

    ``billed``: what the providers stated. ``maybe``: what may have been billed as well.
    ``in_flight``: the worst price of the attempts of jobs that are at work.
    """

    billed: float
    maybe: float
    in_flight: float


def spending(results: Path) -> Spending | None:
    """Add up the ledgers of a results folder, and change nothing; None if there are none."""
    paths = sorted((results / "journal").glob(f"*/*/*{SUFFIX}"))
    counted = maybe = in_flight = 0
    for path in paths:
        account = ledger.read_sums(path)
        counted, maybe = counted + account.counted, maybe + account.maybe
        if account.open and not ledger.is_held(path):
            counted, maybe = counted + account.in_flight, maybe + account.in_flight
        else:
            in_flight += account.in_flight
    if not paths:
        return None
    return Spending(ledger.usd(counted - maybe), ledger.usd(maybe), ledger.usd(in_flight))


def release(results: Path) -> float:
    """Take what may have been billed out of the count; return how much it was, in USD.

    Raises UserError, and changes nothing, if a job is at work.
    """
    journal = results / "journal"
    books = list[Ledger]()
    total = SharedFile(journal / TOTAL)
    try:
        with total.held():
            for path in sorted(journal.glob(f"*/*/*{SUFFIX}")):
                books.append(_unheld(path))
            released = sum(map(_release, books))
    finally:
        for book in books:
            book.close()
        total.close()
    return ledger.usd(released)


def _unheld(path: Path) -> Ledger:
    try:
        return Ledger(path)
    except BlockingIOError as busy:
        raise UserError(f"{path} is being written by a job. Wait for it, or end it.") from busy


def _release(book: Ledger) -> int:
    book.write([f"m {name} {most}" for name, most in book.account.open.items()])
    maybe = book.account.maybe
    book.write([f"x {maybe}"] if maybe else [])
    return maybe
