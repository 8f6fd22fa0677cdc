"""Rule build_database: the DuckDB database from the chunk files."""

import json
from pathlib import Path

if __name__ == "__main__":
    from gamegrid.jobs import run
    from gamegrid.store import looks
    from gamegrid.store.database import AgentRow, GameRow, LadderRow, build

    rows = json.loads(snakemake.params.rows)
    agents = [AgentRow(**row) for row in rows["agents"]]
    games = [GameRow(**row) for row in rows["games"]]
    ladder = [LadderRow(**row) for row in rows["ladder"]]
    chunks = [Path(path) for path in snakemake.input.chunks]
    judged = [Path(path) for path in snakemake.input.judged]
    positions = [Path(path) for path in snakemake.input.positions]
    probes = [Path(path) for path in snakemake.input.probes]
    readings = [Path(path) for path in snakemake.input.exploitability]
    references = Path(snakemake.input.references)
    database, usd_per_gpu_hour = Path(snakemake.output[0]), rows["usd_per_gpu_hour"]
    asked = (judged, positions, probes, readings)
    told = (usd_per_gpu_hour, *asked, references)
    seen = database.with_name(looks.NAME)

    def work() -> None:
        """Build it, and note what can be seen now."""
        build(database, chunks, agents, games, *told, ladder=ladder, seen=seen)
        looks.note(seen, database)

    run(work, snakemake.log[0])
