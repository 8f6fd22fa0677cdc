"""Rule verify: compute the results again from chunks and journal, and compare."""

from pathlib import Path

if __name__ == "__main__":
    from gamegrid.jobs.run import results_of, run

    def work() -> None:
        """Verify the results with the plug-ins of the user's configuration."""
        from gamegrid import plugins
        from gamegrid.jobs.verify import verify

        plugins.use_configured(snakemake.config, Path.cwd())
        print(verify(results_of(snakemake.log[0]), Path.cwd()))

    run(work, snakemake.log[0])
