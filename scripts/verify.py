"""Rule verify: compute the results again from chunks and journal, and compare."""

from pathlib import Path

if __name__ == "__main__":
    from gamegrid.jobs.run import run
    from gamegrid.jobs.verify import verify

    run(lambda: print(verify(Path("results"), Path.cwd())), snakemake.log[0])
