"""Rule estimate: estimate what the grid will take."""

from pathlib import Path

if __name__ == "__main__":
    from gamegrid.jobs import registered
    from gamegrid.jobs.estimate import ending, estimate, text
    from gamegrid.jobs.preconditions import check_results
    from gamegrid.jobs.resolution import resolutions
    from gamegrid.jobs.resolution import text as resolution_text
    from gamegrid.jobs.run import results_of, run
    from gamegrid.plan import plan
    from gamegrid.terminal import print_wrapped

    def work() -> None:
        """Print the estimate of the grid."""
        prepared = plan.make(snakemake.config, Path.cwd())
        results = results_of(snakemake.log[0])
        check_results(prepared, results)
        estimated = estimate(prepared, results)
        said = [text(estimated), resolution_text(resolutions(prepared, results), estimated.costs)]
        said += [registered.line(prepared, results) or "", ending(estimated)]
        print_wrapped("\n".join(part for part in said if part))

    run(work, snakemake.log[0])
