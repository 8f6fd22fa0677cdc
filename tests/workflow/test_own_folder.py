"""A grid with a game and agents from a user's folder; an agent may ask a model several times."""

import json
import re
from collections import Counter
from pathlib import Path

import pytest

from loopback import Body, Endpoint, Reply
from outside import AGENT, GAME, TWICE
from workflow_runs import DATABASE, query, snakemake


class FirstThenLast:
    """Answers a question with its first legal move, and with its last if the question returns."""

    def __init__(self) -> None:
        self.met: Counter[str] = Counter()

    def __call__(self, body: Body) -> Reply:
        [listed] = re.findall(r"^Legal moves: (\[.*\])$", body["messages"][-1]["content"], re.M)
        question = json.dumps(body, sort_keys=True)
        self.met[question] += 1
        return Reply(text=json.dumps({"action": json.loads(listed)[self.met[question] % 2 - 1]}))


@pytest.mark.nightly
def test_an_own_agent_asks_twice_and_plays_the_second_answer(tmp_path: Path) -> None:
    (tmp_path / "mine").mkdir()
    for name, content in (("eager", AGENT), ("high_card", GAME), ("twice", TWICE)):
        (tmp_path / f"mine/{name}.py").write_text(content)
    grid = {
        "plugins": ["mine"],
        "deals": 2,
        "games": ["high_card(cards=4)", "coordinated_mp"],
        "models": ["models.yaml"],
        "agents": {
            "twice": {"type": "twice", "model": "litellm_openai/small"},
            "eager": {"type": "eager", "wish": "High"},
        },
    }
    with Endpoint(answer=FirstThenLast()) as endpoint:
        (tmp_path / "models.yaml").write_text(
            f'models:\n  - {{name: litellm_openai/small, api_base: "{endpoint.api_base}"}}\n'
        )
        run = snakemake(tmp_path, grid, *DATABASE)
        assert run.code == 0, run.output
        asked = len(endpoint.requests)
    moves = query(
        tmp_path,
        "SELECT attempts, status, label, legal->>-1, list(reply ORDER BY attempt), "
        "list(attempt ORDER BY attempt) FROM decisions JOIN calls USING (episode_id, ply, seat) "
        "GROUP BY episode_id, ply, seat, attempts, status, label, legal",
    )
    assert moves
    assert asked == 2 * len(moves)
    for attempts, status, label, last, replies, numbers in moves:
        assert (attempts, status, numbers) == (2, "ok", [0, 1])
        assert label == last == json.loads(replies[1])["action"]
    told = "SELECT load_string, generic, disguise_of FROM games ORDER BY load_string"
    assert query(tmp_path, told) == [
        ("coordinated_mp", True, None),
        ("high_card(cards=4)", False, None),
    ]
    # The endpoint is gone: every answer, including the second ones, comes from the journal.
    again = snakemake(tmp_path, grid, "--forceall")
    assert again.code == 0, again.output
    assert query(tmp_path, "SELECT DISTINCT replayed FROM calls") == [(True,)]
