"""Rule write_tables: write the tables from the database."""

from pathlib import Path

if __name__ == "__main__":
    from gamegrid.jobs.run import run
    from gamegrid.store.tables import write_tables

    folder = Path(snakemake.output[0]).parent
    run(lambda: write_tables(Path(snakemake.input[0]), folder), snakemake.log[0])
