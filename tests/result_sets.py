"""A small result set with models, played, judged and built as the workflow does."""

import hashlib
import json
from pathlib import Path

from gamegrid.analysis.judge import judge_game
from gamegrid.jobs import workflow
from gamegrid.plan import plan
from gamegrid.play.chunk import Job, play_chunk
from gamegrid.store.database import Sources, build
from loopback import Body, Endpoint, Reply, choose

ONE_IN = 4
"""One question in this many gets an unusable reply."""


def answer(body: Body) -> Reply:
    """Answer with a legal move and a reason or, for some questions, with nothing usable."""
    question = hashlib.sha256(json.dumps(body, sort_keys=True).encode()).digest()
    return Reply(text="I cannot say.") if question[0] % ONE_IN == 0 else choose(body)


def make(folder: Path) -> Path:
    """Play a grid into ``folder`` and return its results folder."""
    results = folder / "results"
    with Endpoint(answer=answer) as endpoint:
        models = folder / "models.yaml"
        models.write_text(
            f"models:\n  - {{name: litellm_openai/m, api_base: '{endpoint.api_base}', "
            f"input_price: 1.0, output_price: 2.0}}\n"
        )
        model = {"type": "llm", "model": "litellm_openai/m"}
        raw = {
            "games": ["tic_tac_toe", "kuhn_poker"],
            "deals": 4,
            "models": [str(models)],
            "agents": {
                "alone": {**model, "rethink": 1},
                "talking": {**model, "memory": "chat", "rethink": 1, "system": "You play games."},
                "random": {"type": "random"},
                "optimal": {"type": "optimal"},
            },
        }
        made = plan.make(raw, folder)
        chunks = [results / "chunks" / f"{chunk.path}.parquet" for chunk in made.chunks]
        for chunk, output in zip(made.chunks, chunks, strict=True):
            play_chunk(
                Job(config=raw, game=chunk.cell.game.name, matchup=chunk.cell.matchup.name,
                    block=chunk.block, results=results, output=output, threads=1)
            )  # fmt: skip
    judged = []
    for game in made.judged:
        judged.append(results / "judged" / f"{game}.parquet")
        judge_game(made.grid.game_named[game], chunks, judged[-1])
    build(results / "gamegrid.duckdb", workflow.rows(made), Sources(chunks=chunks, judged=judged))
    return results
