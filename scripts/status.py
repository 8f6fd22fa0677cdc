"""Rule status: report how far a running grid is."""

from pathlib import Path

if __name__ == "__main__":
    from gamegrid.jobs.preconditions import check_results
    from gamegrid.jobs.run import run
    from gamegrid.jobs.status import show
    from gamegrid.plan import plan

    def work() -> None:
        """Print the progress of the grid."""
        prepared, results = plan.make(snakemake.config, Path.cwd()), Path("results")
        check_results(prepared, results)
        print(show(prepared, results))

    run(work, snakemake.log[0])
