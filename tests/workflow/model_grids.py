"""A grid of two hosted models and a bot, and the questions that their endpoint gets."""

import json
from collections import Counter
from pathlib import Path

from loopback import Body, Endpoint
from workflow_runs import Grid


def grid(endpoint: Endpoint, folder: Path, **more: object) -> Grid:
    """Two models and a bot on two games, five deals a job."""
    folder.mkdir(parents=True, exist_ok=True)
    names = ["litellm_openai/one", "litellm_openai/two"]
    (folder / "models.yaml").write_text(
        "models:\n"
        + "".join(
            f'  - {{name: {n}, api_base: "{endpoint.api_base}", input_price: 1, output_price: 2}}\n'
            for n in names
        )
    )
    return {
        "seed": 3,
        "deals": 10,
        "chunk": 5,
        "games": ["kuhn_poker"],
        "models": ["models.yaml"],
        "agents": {
            "random": {"type": "random"},
            "one": {"type": "llm", "model": names[0], "temperature": 0.0},
            "two": {"type": "llm", "model": names[1], "temperature": 0.0},
        },
        **more,
    }


def one_model(endpoint: Endpoint, folder: Path, **more: object) -> Grid:
    """The same grid with one model against the bot, in a third of the jobs."""
    pair = grid(endpoint, folder, **more)
    return {**pair, "agents": {name: pair["agents"][name] for name in ("one", "random")}}


def questions(endpoint: Endpoint) -> Counter[str]:
    """Count how often each question was asked; the sampling seed makes each one unique."""
    return Counter(question(body) for body in endpoint.requests)


def question(body: Body) -> str:
    """Return a question without its messages, which a journal holds apart; the seed is unique."""
    return json.dumps({key: body[key] for key in body if key != "messages"}, sort_keys=True)
