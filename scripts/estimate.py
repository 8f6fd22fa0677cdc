"""Rule estimate: what the grid will take."""

from pathlib import Path

if __name__ == "__main__":
    from gamegrid import plan
    from gamegrid.estimate import estimate, text
    from gamegrid.jobs import run

    def work() -> None:
        """Print the estimate of the grid."""
        print(text(estimate(plan.make(snakemake.config, Path.cwd()), Path("results"))))

    run(work, snakemake.log[0])
