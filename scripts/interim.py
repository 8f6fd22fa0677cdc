"""Rule interim: build database, tables and page from what is finished."""

from pathlib import Path

if __name__ == "__main__":
    from gamegrid.jobs.interim import build_interim
    from gamegrid.jobs.run import run
    from gamegrid.plan import plan

    def work() -> None:
        """Build them and print how much of the grid they hold."""
        held = build_interim(plan.make(snakemake.config, Path.cwd()), Path("results"))
        print(f"results/interim holds {held}")

    run(work, snakemake.log[0])
