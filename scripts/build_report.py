"""Rule build_report: build the page of the results."""

from pathlib import Path

if __name__ == "__main__":
    from gamegrid.jobs.run import run
    from gamegrid.plan import plan

    def work() -> None:
        """Build the page. Its replays need the games that the plan loads from plug-ins."""
        from gamegrid.report.page import build

        plan.make(snakemake.config, Path.cwd())
        build(Path(snakemake.input[0]), Path(snakemake.output[0]))

    run(work, snakemake.log[0])
