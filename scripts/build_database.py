"""Rule build_database: the DuckDB database from the chunk files."""

import json
from pathlib import Path

if __name__ == "__main__":
    from gamegrid.jobs.run import run
    from gamegrid.store import looks
    from gamegrid.store.database import Sources, build
    from gamegrid.store.grid_rows import Rows

    database = Path(snakemake.output[0])
    seen = database.with_name(looks.NAME)
    sources = Sources(
        chunks=[Path(path) for path in snakemake.input.chunks],
        judged=[Path(path) for path in snakemake.input.judged],
        positions=[Path(path) for path in snakemake.input.positions],
        probes=[Path(path) for path in snakemake.input.probes],
        exploitability_estimates=[Path(path) for path in snakemake.input.exploitability],
        references=Path(snakemake.input.references),
        looks=seen,
    )

    def work() -> None:
        """Build it, and note what can be seen now."""
        build(database, Rows.of(json.loads(snakemake.params.rows)), sources)
        looks.note(seen, database)

    run(work, snakemake.log[0])
