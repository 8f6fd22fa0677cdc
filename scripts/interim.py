"""Rule interim: database, tables and page from what is finished."""

from pathlib import Path

if __name__ == "__main__":
    from gamegrid import plan
    from gamegrid.interim import build_interim
    from gamegrid.jobs import run

    def work() -> None:
        """Build them, and say how much of the grid they hold."""
        held = build_interim(plan.make(snakemake.config, Path.cwd()), Path("results"))
        print(f"results/interim holds {held}")

    run(work, snakemake.log[0])
