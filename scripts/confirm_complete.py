"""Rule confirm_complete: fail if an episode is unfinished, so that the next run plays it.

If all are finished, it says what the preregistered questions found.
"""

from pathlib import Path

if __name__ == "__main__":
    from gamegrid.jobs.answered import tell
    from gamegrid.jobs.complete import confirm
    from gamegrid.jobs.run import run
    from gamegrid.records.bundle_file import expand

    def finish() -> None:
        """Confirm, and then say what was asked for."""
        confirm(expand(snakemake.input.chunks), Path(snakemake.output[0]))
        tell(Path(snakemake.input.database))

    run(finish, snakemake.log[0])
