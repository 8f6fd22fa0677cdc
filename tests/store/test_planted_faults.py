"""The controls find planted faults of a stated size, and the honest grid beside them is green."""

import pytest

from planted_faults import FAULTS, Fault, failed

STATED = [fault for fault in FAULTS if fault.deals is not None]
QUICK = [fault for fault in STATED if fault.games != ("leduc_poker",) and fault.deals != 1000]


def named(fault: Fault) -> str:
    return f"{fault.name}, {' and '.join(fault.games)}"


@pytest.mark.parametrize("fault", QUICK, ids=named)
def test_a_planted_fault_is_found(fault: Fault) -> None:
    assert fault.deals is not None
    assert failed(fault, fault.deals, 1)


@pytest.mark.nightly
@pytest.mark.parametrize("fault", STATED, ids=named)
def test_planted_faults_are_found_in_four_of_five_grids(fault: Fault) -> None:
    assert fault.deals is not None
    found = [bool(failed(fault, fault.deals, seed)) for seed in range(5)]
    assert sum(found) >= 4


@pytest.mark.nightly
def test_honest_grids_are_green() -> None:
    [honest] = [fault for fault in FAULTS if fault.name == "none"]
    assert [failed(honest, 300, seed) for seed in range(3)] == [[], [], []]
