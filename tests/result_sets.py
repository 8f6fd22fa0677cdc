"""Result sets with models, played, judged and built as the workflow does, in this process.

``make`` plays a small one for tests. Run the file to make those that the page is looked at with:

    PYTHONPATH=scripts:tests python tests/result_sets.py FOLDER [small] [middle] [big]

It writes FOLDER/small/results and so on, each with its database and its page. The models are the
bundled hf_tiny and servers on this machine, whose models answer some questions with nothing usable.
"""

import hashlib
import json
import sys
import time
from collections.abc import Mapping
from contextlib import chdir
from pathlib import Path
from typing import Any

from gamegrid.analysis.control_variates import correct_game, known_policies
from gamegrid.analysis.exploitability import measure_game
from gamegrid.analysis.judge import judge_game
from gamegrid.analysis.references import write
from gamegrid.jobs import workflow
from gamegrid.paths import WORKFLOW
from gamegrid.plan import plan
from gamegrid.plan.plan import Plan
from gamegrid.plan.single_moves import SingleMoves
from gamegrid.play.chunk import Job, play_chunk
from gamegrid.records.record_types import Task
from gamegrid.store.database import Sources, build
from loopback import Answer, Body, Endpoint, Reply, choose

ONE_IN = 4
"""One question in this many gets an unusable reply in ``make``."""

FAILURES = (
    Reply(text="I cannot say."),
    Reply(text="Let me think about this position. First, I", finish_reason="length"),
    Reply(text=""),
    Reply(text='{"action": "take the moon"}'),
    Reply(text="I'm sorry, but I can't help with gambling.", finish_reason="stop"),
)
"""What models say that state no legal move."""

SHARES = {
    "steady": 0.0,
    "hasty": 0.1,
    "wordy": 0.35,
    "llama_3.1_8b_instruct_q4": 0.2,
    "llama_3.1_8b_instruct_q8": 0.05,
    "silent": 1.0,
}
"""The models of the server, and the share of questions that each answers with a failure."""

SMALL = {
    "deals": 6,
    "games": ["tic_tac_toe", "connect_four", "kuhn_poker"],
    "agents": {
        "random": {"type": "random"},
        "mcts": {"type": "mcts", "simulations": 30},
        "optimal": {"type": "optimal"},
        "tiny": {
            "type": "llm", "model": "hf_tiny", "prompt": "terse", "temperature": 0.0,
            "max_tokens": 16, "games": ["tic_tac_toe", "kuhn_poker"],
        },
    },
    "positions": 12,
    "probes": 2,
}  # fmt: skip


def llm(model: str, **settings: Any) -> dict[str, Any]:
    """Return the entry of a model of the server."""
    return {"type": "llm", "model": f"litellm_openai/{model}", **settings}


MIDDLE = {
    "deals": 4,
    "games": [
        "tic_tac_toe", "number_scrabble", "connect_four_4x4", "nim", "chess", "goofspiel_4",
        "kuhn_poker", "leduc_poker", "matrix_pd", "blackjack",
    ],
    "max_plies": 40,
    "agents": {
        "random": {"type": "random"},
        "mcts_10": {"type": "mcts", "simulations": 10},
        "mcts_50": {"type": "mcts", "simulations": 50},
        "optimal": {"type": "optimal"},
        "noisy": {"type": "noisy_optimal", "epsilon": 0.3},
        "steady": llm("steady"),
        "hasty": llm("hasty", memory="chat", rethink=0),
        "wordy": llm("wordy", fallback="forfeit"),
    },
    "positions": 12,
    "probes": 2,
    "preregister": {"pairs": [["steady", "hasty"]], "games": {"tic_tac_toe": {"deals": 4}}},
}  # fmt: skip

BIG = {
    "deals": 2,
    "games": [
        "tic_tac_toe", "number_scrabble", "misere_tic_tac_toe", "connect_four_4x4", "nim",
        "lanterns", "hex_4", "goofspiel_4", "matrix_rps", "kuhn_poker", "sealed_parcels",
        "leduc_poker", "matrix_pd", "repeated_prisoners_dilemma", "blackjack",
    ],
    "agents": {
        "random": {"type": "random"},
        "optimal": {"type": "optimal"},
        "noisy_20": {"type": "noisy_optimal", "epsilon": 0.2},
        "noisy_50": {"type": "noisy_optimal", "epsilon": 0.5},
        "noisy_80": {"type": "noisy_optimal", "epsilon": 0.8},
        "mcts_10": {"type": "mcts", "simulations": 10},
        "mcts_40": {"type": "mcts", "simulations": 40},
        "ismcts_10": {"type": "ismcts", "simulations": 10},
        "tit_for_tat": {"type": "scripted", "strategy": "tit_for_tat"},
        "always_bets": {"type": "preference", "prefer": ["bet", "raise", "call"]},
        "steady": llm("steady"),
        "hasty": llm("hasty", memory="chat"),
        "wordy": llm("wordy", fallback="forfeit", rethink=2),
        "llama_3.1_8b_instruct_q4": llm("llama_3.1_8b_instruct_q4"),
        "llama_3.1_8b_instruct_q8": llm("llama_3.1_8b_instruct_q8"),
        "silent": llm("silent", games=["tic_tac_toe", "kuhn_poker"]),
        "hosted": {
            **llm("hasty"), "sweep": {"prompt": ["default", "terse"], "temperature": [0.0, 0.7]},
        },
    },
    "schedule": {
        "each": [
            "random", "optimal", "noisy_20", "noisy_50", "noisy_80", "mcts_10", "mcts_40",
            "ismcts_10", "tit_for_tat", "always_bets", "steady", "hasty", "wordy",
            "llama_3.1_8b_instruct_q4", "llama_3.1_8b_instruct_q8", "silent", "hosted",
        ],
        "against": ["random", "optimal", "noisy_50", "mcts_10", "tit_for_tat", "steady"],
    },
    "positions": 8,
    "probes": 1,
}  # fmt: skip

SETS: Mapping[str, Mapping[str, Any]] = {"small": SMALL, "middle": MIDDLE, "big": BIG}


def answer(body: Body) -> Reply:
    """Answer with a legal move and a reason or, for some questions, with nothing usable."""
    return Reply(text="I cannot say.") if _drawn(body) % ONE_IN == 0 else choose(body)


def answer_by_model(body: Body) -> Reply:
    """Answer with a legal move or, for the model's share of questions, with nothing usable."""
    drawn = _drawn(body)
    if drawn % 1000 < 1000 * SHARES[body["model"]]:
        return FAILURES[drawn // 1000 % len(FAILURES)]
    return choose(body)


def _drawn(body: Body) -> int:
    """Return a number that depends on the question only."""
    return int.from_bytes(hashlib.sha256(json.dumps(body, sort_keys=True).encode()).digest()[:8])


def make(folder: Path) -> Path:
    """Play a grid of four agents in two games into ``folder`` and return its results folder."""
    model = {"type": "llm", "model": "litellm_openai/m"}
    grid = {
        "games": ["tic_tac_toe", "kuhn_poker"],
        "deals": 4,
        "agents": {
            "alone": {**model, "rethink": 1},
            "talking": {**model, "memory": "chat", "rethink": 1, "system": "You play games."},
            "random": {"type": "random"},
            "optimal": {"type": "optimal"},
        },
    }
    return play(folder, grid, ["m"], answer)


def play(folder: Path, grid: Mapping[str, Any], models: list[str], said: Answer) -> Path:
    """Play ``grid`` into ``folder``, its ``models`` behind a server that says ``said``.

    Returns the results folder.
    """
    folder.mkdir(parents=True, exist_ok=True)
    with Endpoint(answer=said) as endpoint, chdir(folder):
        priced = [
            {
                "name": f"litellm_openai/{name}",
                "api_base": endpoint.api_base,
                "input_price": 1.0 + place,
                "output_price": 2.0 + place,
            }
            for place, name in enumerate(models)
        ]
        tiny = [{"name": "hf_tiny", "model_path": str(WORKFLOW / "config/tiny")}]
        (folder / "models.yaml").write_text(json.dumps({"models": [*priced, *tiny]}))
        raw = {**grid, "models": [str(folder / "models.yaml")]}
        made = plan.make(raw, folder)
        chunks = [_chunk(raw, *chunk.path.split("/")) for chunk in made.chunks]
        moves = {key: _moves(raw, asked) for key, asked in made.single_moves.items()}
    _build(folder / "results", made, [folder / path for path in chunks],
           {key: folder / path for key, path in moves.items()})  # fmt: skip
    return folder / "results"


def _chunk(raw: Mapping[str, Any], game: str, matchup: str, block: str) -> Path:
    """Play a chunk and return its file."""
    output = Path(f"results/chunks/{game}/{matchup}/{block}.parquet")
    play_chunk(Job(config=raw, game=game, matchup=matchup, block=block, results=Path("results"),
                   output=output, threads=1))  # fmt: skip
    return output


def _moves(raw: Mapping[str, Any], asked: SingleMoves) -> Path:
    """Ask an agent for single moves and return the file with them."""
    output = Path("results") / asked.file
    play_chunk(Job(config=raw, task=asked.task, game=asked.game.name, matchup=asked.agent,
                   results=Path("results"), output=output, threads=1))  # fmt: skip
    return output


def _build(
    results: Path,
    made: Plan,
    chunks: list[Path],
    moves: Mapping[tuple[Task, str, str], Path],
) -> None:
    """Compute everything that follows from the episodes, and build the database."""
    played = {game: [each for each in chunks if each.parent.parent.name == game]
              for game in made.grid.game_named}  # fmt: skip
    judged, corrections, measured = [], [], []
    for name in made.judged:
        asked = [file for (task, game, _), file in moves.items()
                 if task is Task.POSITION and game == name]  # fmt: skip
        judged.append(results / f"judged/{name}.parquet")
        judge_game(made.grid.game_named[name], [*played[name], *asked], judged[-1])
    for name in made.corrected:
        game = made.grid.game_named[name]
        corrections.append(results / f"corrections/{name}.parquet")
        known = known_policies(made.config.agents, game)
        correct_game(game, played[name], known, corrections[-1])
    for name, game in made.grid.game_named.items():
        probed = [file for (task, of, _), file in moves.items()
                  if task is Task.PROBE and of == name]  # fmt: skip
        if probed:
            measured.append(results / f"exploitability/{name}.parquet")
            measure_game(game, probed, measured[-1], made.probed(game))
    write(made, results / "references.json")
    build(
        results / "gamegrid.duckdb",
        workflow.rows(made),
        Sources(
            chunks=[*chunks, *moves.values()],
            judged=judged,
            corrections=corrections,
            exploitability_estimates=measured,
            references=results / "references.json",
            registrations=results / "preregistration.jsonl",
        ),
    )


def main(folder: Path, names: list[str]) -> None:
    """Make the named sets, or all, with their pages."""
    from gamegrid.report import page

    for name in names or SETS:
        began = time.monotonic()
        results = play(folder / name, SETS[name], list(SHARES), answer_by_model)
        page.build(results / "gamegrid.duckdb", results / "report.html")
        print(f"{results}: {time.monotonic() - began:.0f} s", flush=True)


if __name__ == "__main__":
    main(Path(sys.argv[1]).absolute(), sys.argv[2:])
