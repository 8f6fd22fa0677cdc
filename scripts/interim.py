"""Rule interim: build database, tables and page from what is finished."""

from pathlib import Path

if __name__ == "__main__":
    from gamegrid.jobs.allocation import advice
    from gamegrid.jobs.interim import DATABASE, build_interim
    from gamegrid.jobs.run import results_of, run
    from gamegrid.plan import plan

    def work() -> None:
        """Build them; print how much of the grid they hold, and where to play on."""
        prepared = plan.make(snakemake.config, Path.cwd())
        results = results_of(snakemake.log[0])
        print(f"{results}/interim holds {build_interim(prepared, results)}")
        print(advice(prepared, results / DATABASE))

    run(work, snakemake.log[0])
