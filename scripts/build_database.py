"""Rule build_database: build the DuckDB database from the chunk files."""

import json
from pathlib import Path

if __name__ == "__main__":
    from gamegrid.jobs.run import run
    from gamegrid.store import looks
    from gamegrid.store.database import Sources, build
    from gamegrid.store.grid_rows import Rows

    database = Path(snakemake.output[0])
    looks_file = database.with_name(looks.NAME)
    sources = Sources(
        chunks=[
            Path(path)
            for task in ("chunks", "positions", "probes")
            for path in snakemake.input[task]
        ],
        judged=[Path(path) for path in snakemake.input.judged],
        corrections=[Path(path) for path in snakemake.input.corrections],
        exploitability_estimates=[Path(path) for path in snakemake.input.exploitability],
        references=Path(snakemake.input.references),
        looks=looks_file,
    )

    def work() -> None:
        """Build the database, and record the look at the results."""
        build(database, Rows.of(json.loads(snakemake.params.rows)), sources)
        looks.note(looks_file, database)

    run(work, snakemake.log[0])
