"""Rule check_results: do bots of known policies get what these give; one sentence per failure."""

from pathlib import Path

if __name__ == "__main__":
    from gamegrid.jobs.run import run
    from gamegrid.store.control_verdict import confirm

    run(lambda: print(confirm(Path(snakemake.input[0]))), snakemake.log[0])
