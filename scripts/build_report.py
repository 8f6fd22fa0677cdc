"""Rule build_report: the page of the results."""

from pathlib import Path

if __name__ == "__main__":
    from gamegrid.jobs.run import run
    from gamegrid.plan import plan

    def work() -> None:
        """Build it; the plan knows games of the user's own, which replays play again."""
        from gamegrid.report.page import build

        plan.make(snakemake.config, Path.cwd())
        build(Path(snakemake.input[0]), Path(snakemake.output[0]))

    run(work, snakemake.log[0])
