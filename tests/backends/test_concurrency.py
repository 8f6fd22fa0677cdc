"""The number of requests in flight adapts to what the server takes, and no request gets stuck."""

import asyncio

import pytest

from gamegrid.backends.concurrency import CEILING, START, Adaptive


async def test_a_stated_number_is_begun_with_and_never_passed() -> None:
    gate = Adaptive(8)
    assert [await gate.enter() for _ in range(8)] == [0] * 8
    with pytest.raises(TimeoutError):
        async with asyncio.timeout(0.01):
            await gate.enter()
    for _ in range(100):
        gate.succeeded()
    assert gate.bound == 8


async def test_without_a_number_the_bound_grows_to_the_ceiling() -> None:
    gate = Adaptive(None)
    assert gate.bound == START
    for _ in range(START):
        gate.succeeded()
    assert gate.bound == 2 * START
    for _ in range(2 * CEILING):
        gate.succeeded()
    assert gate.bound == CEILING


async def test_complaints_of_one_window_halve_once_and_success_adds_one_per_window() -> None:
    gate = Adaptive(64)
    windows = [await gate.enter() for _ in range(64)]
    for window in windows:
        gate.complained(window)
        gate.leave()
    assert gate.bound == 32
    window = await gate.enter()
    gate.complained(window)
    assert gate.bound == 16
    for _ in range(16):
        gate.succeeded()
    assert gate.bound == 17
    for _ in range(17):
        gate.succeeded()
    assert gate.bound == 18


async def test_the_bound_is_never_less_than_one() -> None:
    gate = Adaptive(2)
    for _ in range(5):
        gate.complained(await gate.enter())
        gate.leave()
    assert gate.bound == 1


async def test_the_bound_is_kept_first_come_first_served() -> None:
    gate, order = Adaptive(2), list[int]()

    async def ask(number: int) -> None:
        await gate.enter()
        order.append(number)
        await asyncio.sleep(0)
        gate.leave()

    await asyncio.gather(*(ask(number) for number in range(9)))
    assert order == list(range(9))


async def test_a_closed_gate_admits_nobody_until_it_opens_and_refused_ones_first() -> None:
    gate, order = Adaptive(2), list[str]()

    async def ask(name: str, first: bool) -> None:
        await gate.enter(first)
        order.append(name)
        gate.leave()

    gate.close(0.02)
    gate.close(0.05)
    began = asyncio.get_running_loop().time()
    await asyncio.gather(ask("new", False), ask("newer", False), ask("refused", True))
    assert asyncio.get_running_loop().time() - began >= 0.05
    assert order == ["refused", "new", "newer"]


async def test_refusals_in_a_row_are_counted_once_a_window() -> None:
    gate = Adaptive(4)
    windows = [await gate.enter() for _ in range(4)]
    assert [gate.complained(window) for window in windows] == [True, False, False, False]
    for _ in windows:
        gate.leave()
    assert gate.complained(await gate.enter())
    assert (gate.refusals, gate.level) == (2, 2)
    gate.succeeded()
    assert (gate.refusals, gate.level) == (0, 1)
    gate.succeeded()
    gate.succeeded()
    assert (gate.refusals, gate.level) == (0, 0)


async def test_one_who_gave_up_waiting_keeps_no_place() -> None:
    gate = Adaptive(1)
    await gate.enter()
    waiting = asyncio.create_task(gate.enter())
    await asyncio.sleep(0)
    gate.leave()  # hands over the place; the task that gets it is cancelled at that moment
    waiting.cancel()
    with pytest.raises(asyncio.CancelledError):
        await waiting
    async with asyncio.timeout(1):
        await gate.enter()
