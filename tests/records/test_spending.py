"""What all jobs have spent: ledgers of dead jobs are settled by what came back, the rest may be."""

from pathlib import Path

import pytest

from gamegrid.backends.backend import (
    Attempt,
    BackendError,
    Completion,
    FinishReason,
    Message,
    Request,
    Sampling,
    Usage,
)
from gamegrid.backends.billing import bound, most_usd
from gamegrid.backends.tariff import Price, Tariff
from gamegrid.errors import UserError
from gamegrid.luck import Place
from gamegrid.records.journal import Journal, key
from gamegrid.records.ledger import Ledger, name_of, read, units
from gamegrid.records.spending import recount, release, settle, spending

TARIFF = Tariff(Price(input=1.0, output=1000.0), most_tokens=100)
REQUEST = Request(
    model="litellm_m", messages=(Message("user", "Choose."),), sampling=Sampling(max_tokens=100)
)
MOST = units(most_usd(bound(REQUEST.stated(), TARIFF), TARIFF))
COST = units(TARIFF.price.usd(10, 7))
UNKNOWN_USD = 0.5
LOST = Attempt(at="", seconds=0.0, kind="maybe_billed", status=200)
PAUSED = Attempt(at="", seconds=0.0, kind="unbilled", status=429)
REPLY = Completion(
    text="Action: a",
    finish_reason=FinishReason.STOP,
    usage=Usage(prompt_tokens=10, completion_tokens=7),
)


def tariff_of(model: str) -> Tariff | None:
    return TARIFF if model == "litellm_m" else None


def place(deal: int) -> Place:
    return Place(seed=1, game="kuhn_poker", deal=deal, matchup="a--b", seating=0, seat=1)


def name(deal: int) -> str:
    return name_of(key(place(deal), 0, 0, REQUEST))


async def buy(results: Path, *deals: int, attempts: tuple[Attempt, ...] = ()) -> Path:
    """Put replies on file as a job does, and return the path of the ledger beside them."""
    journal = results / "journal/kuhn_poker/a--b/00000-00009.jsonl"

    async def answer(request: Request) -> Completion:
        return Completion(
            text=REPLY.text, finish_reason=REPLY.finish_reason, usage=REPLY.usage, attempts=attempts
        )

    with Journal(journal) as opened:
        for deal in deals:
            await opened.ask(place(deal), 0, 0, REQUEST, answer)
    return journal.with_suffix(".spent")


async def lose(results: Path, deal: int, *attempts: Attempt) -> Path:
    """Ask for a reply that never comes."""
    journal = results / "journal/kuhn_poker/a--b/00000-00009.jsonl"

    async def fail(request: Request) -> Completion:
        raise BackendError("given up", attempts)

    with Journal(journal) as opened, pytest.raises(BackendError):
        await opened.ask(place(deal), 0, 0, REQUEST, fail)
    return journal.with_suffix(".spent")


def settled(path: Path) -> tuple[int, int, int]:
    book = Ledger(path)
    settle(book, tariff_of, UNKNOWN_USD)
    account = book.account
    book.close()
    return account.counted, account.maybe, account.in_flight


async def test_a_killed_job_is_settled_by_what_came_back(tmp_path: Path) -> None:
    path = await buy(tmp_path, 1, 2)
    book = Ledger(path)
    book.write([f"r {name(1)} {MOST}", f"s {name(1)} {COST} 0"])
    book.write([f"r {name(2)} {MOST}", f"r {name(3)} {MOST}"])
    book.close()  # frees the lock, as a kill does; attempts in flight leave no sums
    # The reply of deal 2 is on file; that of deal 3 may have been billed.
    assert settled(path) == (2 * COST + MOST, MOST, 0)
    assert settled(path) == (2 * COST + MOST, MOST, 0), "to settle again changes nothing"


async def test_replies_and_lost_attempts_of_a_run_without_a_budget_count(tmp_path: Path) -> None:
    await buy(tmp_path, 1, attempts=(LOST, PAUSED))
    path = await lose(tmp_path, 2, LOST, PAUSED, LOST)
    assert settled(path) == (COST + 3 * MOST, 3 * MOST, 0)
    await buy(tmp_path, 3)
    assert settled(path) == (2 * COST + 3 * MOST, 3 * MOST, 0)


async def test_a_lost_attempt_that_nothing_compares_with_has_the_price_given(
    tmp_path: Path,
) -> None:
    path = await lose(tmp_path, 2, LOST)
    assert settled(path) == (units(UNKNOWN_USD), units(UNKNOWN_USD), 0)


async def test_an_attempt_that_was_booked_is_not_counted_again(tmp_path: Path) -> None:
    path = await lose(tmp_path, 2, LOST, PAUSED)
    book = Ledger(path)
    book.write([f"r {name(2)} {MOST}", f"m {name(2)} {MOST}"])
    book.write([f"r {name(2)} {MOST}", f"f {name(2)}"])
    book.close()
    assert settled(path) == (MOST, MOST, 0)


async def test_models_without_a_price_cost_nothing(tmp_path: Path) -> None:
    path = await buy(tmp_path, 1, attempts=(LOST,))
    book = Ledger(path)
    settle(book, lambda model: None, 0.0)
    assert book.account.counted == 0
    book.close()


async def test_the_sum_of_all_ledgers_settles_the_dead_and_spares_the_living(
    tmp_path: Path,
) -> None:
    path = await buy(tmp_path, 1)
    living = Ledger(path.parents[1] / "a--c/00000-00009.spent")
    living.write([f"r {name(8)} {MOST}"])
    dead = Ledger(path.parents[1] / "a--d/00000-00009.spent")
    dead.write([f"r {name(9)} {MOST}"])
    dead.close()
    # The journal of a--b has no ledger yet.
    assert recount(tmp_path / "journal", tariff_of, UNKNOWN_USD) == (COST + MOST, MOST)
    assert read(living.path).in_flight == MOST and read(dead.path).in_flight == 0
    said = spending(tmp_path)
    assert said is not None
    assert tuple(map(units, (said.billed, said.maybe, said.in_flight))) == (COST, MOST, MOST)
    living.close()


async def test_what_may_have_been_billed_can_be_released(tmp_path: Path) -> None:
    path = await buy(tmp_path, 1, attempts=(LOST,))
    settled(path)
    killed = Ledger(path.parents[1] / "a--c/00000-00009.spent")
    killed.write([f"r {name(8)} {MOST}"])
    with pytest.raises(UserError, match="is being written by a job"):
        release(tmp_path)
    killed.close()
    assert units(release(tmp_path)) == 2 * MOST
    said = spending(tmp_path)
    assert said is not None
    assert (units(said.billed), said.maybe, said.in_flight) == (COST, 0, 0)
    assert release(tmp_path) == 0
    assert settled(path) == (COST, 0, 0)


def test_a_folder_without_ledgers_has_no_spending(tmp_path: Path) -> None:
    assert spending(tmp_path) is None
