"""The bundled model, loaded by a real engine, against a hosted one on a loopback endpoint."""

import re
from pathlib import Path

from loopback import Endpoint
from workflow_runs import DATABASE, ROOT, query, snakemake


def test_one_job_mixes_a_local_and_a_hosted_model(tmp_path: Path) -> None:
    with Endpoint() as endpoint:
        (tmp_path / "models.yaml").write_text(
            "models:\n"
            f'  - {{name: litellm_gpt-4, api_base: "{endpoint.api_base}",'
            " input_price: 2.0, output_price: 8.0}\n"
            f'  - {{name: litellm_openai/small, api_base: "{endpoint.api_base}"}}\n'
        )
        run = snakemake(
            tmp_path,
            {
                "deals": 3,
                "opening_plies": 0,
                "games": ["tic_tac_toe"],
                "models": ["config/models.yaml", "models.yaml"],
                "agents": {
                    "tiny": {
                        "type": "llm",
                        "model": "hf_tiny",
                        "prompt": "terse",
                        "temperature": 0.0,
                        "max_tokens": 16,
                    },
                    "gpt": {"type": "llm", "model": "litellm_gpt-4"},
                    "small": {"type": "llm", "model": "litellm_openai/small", "memory": "chat"},
                },
                "schedule": {"each": ["tiny"], "against": ["gpt", "small"]},
            },
            *DATABASE,
        )
        assert run.code == 0, run.output
        assert {body["model"] for body in endpoint.requests} == {"gpt-4", "small"}
    assert query(tmp_path, "SELECT DISTINCT status FROM episodes") == [("complete",)]
    # The bundled model chooses every move itself, and does not lose at tic_tac_toe.
    assert query(tmp_path, "SELECT DISTINCT status FROM decisions WHERE agent = 'tiny'") == [
        ("ok",)
    ]
    lost = "SELECT count(*) FROM seats WHERE agent = 'tiny' AND score < 0.5"
    assert query(tmp_path, lost) == [(0,)]
    # A cost is known where a price is known.
    known = "SELECT agent, count(*) = count(cost_usd), count(cost_usd) FROM decisions GROUP BY 1"
    costs = {agent: (all_known, known) for agent, all_known, known in query(tmp_path, known)}
    assert costs["gpt"][0] and costs["gpt"][1] > 0
    assert costs["small"][1] == 0
    # The README's query runs as printed.
    [question] = re.findall(r"```sql\n(.*?)```", (ROOT / "README.md").read_text(), re.DOTALL)
    assert query(tmp_path, question) == []
