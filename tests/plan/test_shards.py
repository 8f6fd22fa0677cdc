"""Shards: together they are the whole grid, and each has an equal part of every cell."""

from pathlib import Path
from typing import Any

import pytest
import yaml

from gamegrid.errors import UserError
from gamegrid.plan import plan
from gamegrid.plan.plan import Plan
from gamegrid.play.setups import episode_setups

GRID: dict[str, Any] = {
    "games": ["kuhn_poker", "tic_tac_toe", "nim"],
    "deals": 21,
    "game_deals": {"nim": 8},
    "positions": 5,
    "probes": 2,
    "budget_usd": 7.0,
    "models": ["models.yaml"],
    "agents": {
        "paid": {"type": "llm", "model": "litellm_openai/x", "max_tokens": 5},
        "random": {"type": "random"},
        "mcts": {"type": "mcts", "simulations": 2},
    },
}
PRICES = {"models": [{"name": "litellm_openai/x", "input_price": 1, "output_price": 2}]}


def make(folder: Path, **more: Any) -> Plan:
    (folder / "models.yaml").write_text(yaml.safe_dump(PRICES))
    return plan.make({**GRID, **more}, folder)


def keys(made: Plan) -> list[tuple[Any, ...]]:
    """Return what files replies and results: the luck of each episode, and its cell's params."""
    return [
        (made.identity.params(chunk.cell), setup.episode_id, setup.seed, setup.seats, setup.opening)
        for chunk in made.chunks
        for setup in episode_setups(made, chunk.cell, chunk.block, "run")
    ]


@pytest.mark.parametrize("parts", [1, 2, 8])
def test_the_shards_of_a_grid_are_the_whole_grid_and_each_cell_is_split_evenly(
    parts: int, tmp_path: Path
) -> None:
    whole = make(tmp_path)
    shards = [make(tmp_path, shard=f"{part}/{parts}") for part in range(1, parts + 1)]
    assert sorted(key for shard in shards for key in keys(shard)) == sorted(keys(whole))
    for game in whole.grid.games:
        sizes = [len(shard.deals(game)) for shard in shards]
        assert max(sizes) - min(sizes) <= 1
    for shard in shards:
        assert {chunk.cell for chunk in shard.chunks} == {*whole.grid.cells}
    moves = [job for shard in shards for job in shard.single_moves]
    assert sorted(moves) == sorted(whole.single_moves)
    jobs = [len(shard.single_moves) for shard in shards]
    assert max(jobs) - min(jobs) <= 1
    money = [shard.budget_usd or 0 for shard in shards]
    assert sum(money) == pytest.approx(7.0)
    assert max(money) == pytest.approx(min(money), rel=0.4)  # 2 and 3 deals of 21 differ


def test_the_blocks_of_a_shard_begin_at_its_first_deal(tmp_path: Path) -> None:
    made = make(tmp_path, shard="2/3", chunk=5, game_deals={})
    blocks = {(chunk.start, chunk.stop) for chunk in made.chunks}
    assert blocks == {(7, 12), (12, 14)}


@pytest.mark.parametrize(
    ("shard", "said"),
    [
        ("3/2", "shard: there are 2 shards and no shard 3, found '3/2'"),
        ("0/2", "shard: string should match pattern"),
        ("2", "shard: string should match pattern"),
        (0.25, "shard: input should be a valid string, found 0.25"),
        ("1/9", "shard: 1/9: nim has 8 deals, so a grid has at most 8 shards"),
    ],
)
def test_a_shard_that_there_cannot_be_is_refused(shard: Any, said: str, tmp_path: Path) -> None:
    with pytest.raises(UserError, match=said):
        make(tmp_path, shard=shard)
