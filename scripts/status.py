"""Rule status: report how far a running grid is."""

from pathlib import Path

if __name__ == "__main__":
    from gamegrid.jobs.run import run
    from gamegrid.jobs.status import show
    from gamegrid.plan import plan

    def work() -> None:
        """Print the progress of the grid."""
        print(show(plan.make(snakemake.config, Path.cwd()), Path("results")))

    run(work, snakemake.log[0])
