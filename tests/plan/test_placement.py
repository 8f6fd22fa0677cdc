"""Each model of a job gets its GPUs; shares are packed, and what no process can hold is refused."""

import random
from fractions import Fraction

import pytest

from gamegrid.backends.backend import ModelEntry
from gamegrid.config.models import Model, backends
from gamegrid.plan.placement import Placement, place

KINDS = backends()


def model(name: str, gpus: float | None) -> Model:
    entry = ModelEntry(name=name, gpus=gpus)
    return Model(KINDS[name.partition("_")[0]], entry, entry)


def placed(**gpus: float | None) -> Placement:
    return place([model(name, number) for name, number in gpus.items()])


@pytest.mark.parametrize(
    ("gpus", "count", "indices"),
    [
        ({}, 0, {}),
        ({"hf_a": None, "vllm_b": None}, 0, {}),
        ({"hf_a": 0, "vllm_b": 1}, 1, {"vllm_b": (0,)}),
        ({"hf_a": 1, "hf_b": 1}, 2, {"hf_a": (0,), "hf_b": (1,)}),
        ({"hf_a": 0.5, "hf_b": 0.5}, 1, {"hf_a": (0,), "hf_b": (0,)}),
        ({"hf_a": 0.5, "hf_b": 0.6}, 2, {"hf_a": (1,), "hf_b": (0,)}),
        ({"hf_a": 0.7, "hf_b": 0.1, "hf_c": 0.2}, 1, dict.fromkeys(("hf_a", "hf_b", "hf_c"), (0,))),
        # vLLM loads onto the first GPUs, so it goes first, whatever the names.
        ({"hf_a": 1, "vllm_b": 2}, 3, {"vllm_b": (0, 1), "hf_a": (2,)}),
        ({"hf_a": 0.9, "vllm_b": 0.2}, 2, {"vllm_b": (0,), "hf_a": (1,)}),
        ({"hf_a": 0.3, "vllm_b": 0.2, "vllm_c": 0.5}, 1,
         {"hf_a": (0,), "vllm_b": (0,), "vllm_c": (0,)}),
        # A whole GPU is the model's own, even if it could share.
        ({"hf_a": 0.1, "vllm_b": 1}, 2, {"vllm_b": (0,), "hf_a": (1,)}),
        ({"hf_a": 1, "litellm_openai/c": None}, 1, {"hf_a": (0,)}),
    ],
)  # fmt: skip
def test_each_model_gets_its_gpus(
    gpus: dict[str, float | None], count: int, indices: dict[str, tuple[int, ...]]
) -> None:
    assert placed(**gpus) == Placement(count, indices)


def test_two_agents_of_one_model_load_it_once() -> None:
    assert place([model("hf_a", 1), model("hf_a", 1)]).count == 1


@pytest.mark.parametrize(
    ("gpus", "said"),
    [
        ({"vllm_a": 1, "vllm_b": 1}, "vllm_a and vllm_b would load onto the same GPU"),
        ({"vllm_a": 2, "vllm_b": 0.5}, "shares that add up to at most 1"),
        ({"vllm_a": 0.6, "vllm_b": 0.5}, "run one of them as a server"),
        ({"hf_a": 0.5, "hf_b": None}, "the entry of hf_b does not state gpus. Write gpus: 0"),
    ],
)
def test_what_one_process_cannot_load_is_refused_with_a_remedy(
    gpus: dict[str, float | None], said: str
) -> None:
    with pytest.raises(ValueError, match=said):
        placed(**gpus)


def drawn(draw: random.Random) -> dict[str, float]:
    """Return models that fit: at most one of vLLM with whole GPUs, or shares of one GPU."""
    numbers = [0.05, 0.1, 0.2, 0.25, 0.3, 0.33, 0.4, 0.5, 0.6, 0.7, 0.75, 0.9, 1]
    gpus = {f"hf_{n}": draw.choice(numbers) for n in range(draw.randint(0, 8))}
    if draw.random() < 0.3:
        gpus["vllm_whole"] = draw.randint(1, 4)
    else:
        room = 1.0
        for n in range(draw.randint(0, 3)):
            gpus[f"vllm_{n}"] = round(room * draw.uniform(0.1, 0.9), 3)
            room -= gpus[f"vllm_{n}"]
    return gpus


@pytest.mark.parametrize("seed", range(300))
def test_any_models_are_packed_without_overlap_or_waste(seed: int) -> None:
    draw = random.Random(seed)
    gpus = drawn(draw)
    found = placed(**gpus)
    assert set(found.indices) == set(gpus)
    users: list[list[str]] = [[] for _ in range(found.count)]
    for name, indices in found.indices.items():
        assert len(indices) == max(1, int(gpus[name]))
        for index in indices:
            users[index].append(name)
    loads = []
    for names in users:
        assert names, "a GPU that no model uses"
        if any(gpus[name] >= 1 for name in names):
            assert len(names) == 1, "a whole GPU is shared"
        else:
            loads.append(sum(Fraction(str(gpus[name])) for name in names))
    assert all(load <= 1 for load in loads)
    assert all(one + other > 1 for n, one in enumerate(loads) for other in loads[:n])
    # vLLM's engine counts from the first GPU that it sees.
    for name in gpus:
        if name.startswith("vllm_"):
            assert found.indices[name] == tuple(range(max(1, int(gpus[name]))))
    names = list(gpus)
    draw.shuffle(names)
    assert placed(**{name: gpus[name] for name in names}) == found
