"""Rule build_database: build the DuckDB database from the chunk files."""

import json
from pathlib import Path

if __name__ == "__main__":
    from gamegrid.jobs.run import run
    from gamegrid.records import registrations
    from gamegrid.records.bundle_file import expand
    from gamegrid.records.registrations import PlannedQuestions
    from gamegrid.store import looks
    from gamegrid.store.database import Sources, build
    from gamegrid.store.grid_rows import Rows

    database = Path(snakemake.output[0])
    looks_file = database.with_name(looks.NAME)
    sources = Sources(
        chunks=[
            file
            for task in ("chunks", "positions", "probes")
            for file in expand(snakemake.input[task])
        ],
        judged=[Path(path) for path in snakemake.input.judged],
        corrections=[Path(path) for path in snakemake.input.corrections],
        exploitability_estimates=[Path(path) for path in snakemake.input.exploitability],
        references=Path(snakemake.input.references),
        looks=looks_file,
        registrations=database.with_name(registrations.NAME),
    )
    plan = json.loads(snakemake.params.planned)

    def work() -> None:
        """Record the plan, build the database, and record the look at the results."""
        registrations.note(database.parent, plan and PlannedQuestions.model_validate(plan))
        build(database, Rows.of(json.loads(snakemake.params.rows)), sources)
        looks.note(looks_file, database)

    run(work, snakemake.log[0])
