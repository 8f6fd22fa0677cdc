"""Rule estimate: estimate what the grid will take."""

from pathlib import Path

if __name__ == "__main__":
    from gamegrid.jobs.estimate import estimate, text
    from gamegrid.jobs.run import run
    from gamegrid.plan import plan

    def work() -> None:
        """Print the estimate of the grid."""
        print(text(estimate(plan.make(snakemake.config, Path.cwd()), Path("results"))))

    run(work, snakemake.log[0])
