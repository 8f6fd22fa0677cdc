"""Rule check: check that every model of the grid is ready."""

from pathlib import Path

if __name__ == "__main__":
    from gamegrid.jobs import check
    from gamegrid.jobs.run import results_of, run
    from gamegrid.plan import plan
    from gamegrid.terminal import print_wrapped

    def work() -> None:
        """Print a line on the grid and one per model; with ``try_models``, ask each first."""
        working = Path.cwd()
        prepared = plan.make(snakemake.config, working)
        results = results_of(snakemake.log[0])
        found = check.look(prepared, working, results, gpus_here=snakemake.params.gpus_here)
        if prepared.config.try_models:
            conversations, found = check.ask(prepared, working, found)
            print_wrapped(conversations)
        print_wrapped(check.confirm(prepared, found))

    run(work, snakemake.log[0])
