"""Rule status: how far a running grid is."""

from pathlib import Path

if __name__ == "__main__":
    from gamegrid.jobs import run
    from gamegrid.status import show

    wanted = (snakemake.params.chunks, snakemake.params.episodes)
    run(lambda: print(show(*wanted, Path("results"))), snakemake.log[0])
