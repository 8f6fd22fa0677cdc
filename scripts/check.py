"""Rule check: check that every model of the grid is ready."""

from pathlib import Path

if __name__ == "__main__":
    from gamegrid.jobs import check
    from gamegrid.jobs.run import run
    from gamegrid.plan import plan

    def work() -> None:
        """Print one line per model; with ``try_models``, ask each a real question."""
        prepared = plan.make(snakemake.config, Path.cwd())
        print(check.confirm(prepared, check.look(prepared, gpus_here=snakemake.params.gpus_here)))
        if prepared.config.try_models:
            print(check.try_models(prepared, Path.cwd()))

    run(work, snakemake.log[0])
