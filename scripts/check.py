"""Rule check: is every model of the grid ready."""

from pathlib import Path

if __name__ == "__main__":
    from gamegrid.jobs import check
    from gamegrid.jobs.run import run
    from gamegrid.plan import plan

    def work() -> None:
        """Print one line per model, and with ``try_models`` a real question and its answer."""
        made = plan.make(snakemake.config, Path.cwd())
        print(check.confirm(made, check.look(made, gpus_here=snakemake.params.gpus_here)))
        if made.config.try_models:
            print(check.try_models(made, Path.cwd()))

    run(work, snakemake.log[0])
