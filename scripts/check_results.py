"""Rule check_results: check that bots of known policies score what these policies give."""

from pathlib import Path

if __name__ == "__main__":
    from gamegrid.jobs.run import run
    from gamegrid.store.control_verdict import confirm

    run(lambda: print(confirm(Path(snakemake.input[0]))), snakemake.log[0])
