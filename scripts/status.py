"""Rule status: how far a running grid is."""

from pathlib import Path

if __name__ == "__main__":
    from gamegrid import plan
    from gamegrid.jobs import run
    from gamegrid.status import show

    def work() -> None:
        """Print how far the grid is."""
        print(show(plan.make(snakemake.config, Path.cwd()), Path("results")))

    run(work, snakemake.log[0])
