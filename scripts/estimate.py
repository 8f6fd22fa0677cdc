"""Rule estimate: estimate what the grid will take."""

from pathlib import Path

if __name__ == "__main__":
    from gamegrid.jobs.estimate import estimate, text
    from gamegrid.jobs.preconditions import check_results
    from gamegrid.jobs.resolution import resolutions
    from gamegrid.jobs.resolution import text as resolution_text
    from gamegrid.jobs.run import run
    from gamegrid.plan import plan

    def work() -> None:
        """Print the estimate of the grid."""
        prepared, results = plan.make(snakemake.config, Path.cwd()), Path("results")
        check_results(prepared, results)
        estimated = estimate(prepared, results)
        print(text(estimated))
        print(resolution_text(resolutions(prepared, results), estimated.costs))

    run(work, snakemake.log[0])
