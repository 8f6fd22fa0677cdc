"""Rule confirm_complete: fail if an episode is unfinished, so that the next run plays it."""

from pathlib import Path

if __name__ == "__main__":
    from gamegrid.jobs.complete import confirm
    from gamegrid.jobs.run import run

    chunks = [Path(path) for path in snakemake.input.chunks]
    run(lambda: confirm(chunks, Path(snakemake.output[0])), snakemake.log[0])
