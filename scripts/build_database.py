"""Rule build_database: the DuckDB database from the chunk files."""

import json
from pathlib import Path

if __name__ == "__main__":
    from gamegrid.jobs import run
    from gamegrid.store.database import AgentRow, GameRow, build

    rows = json.loads(snakemake.params.rows)
    agents = [AgentRow(**row) for row in rows["agents"]]
    games = [GameRow(**row) for row in rows["games"]]
    chunks = [Path(path) for path in snakemake.input]
    run(lambda: build(Path(snakemake.output[0]), chunks, agents, games), snakemake.log[0])
