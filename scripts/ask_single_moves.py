"""Rules ask_positions and ask_probes: ask one agent for single moves in one game."""

from pathlib import Path

if __name__ == "__main__":
    from gamegrid.jobs.run import leave, results_of, run

    def work() -> None:
        """Ask for the moves."""
        from gamegrid.play.chunk import Job, play_chunk
        from gamegrid.records.record_types import Task

        job = Job(
            config=snakemake.config,
            task=Task(snakemake.params.task),
            game=snakemake.wildcards.game,
            matchup=snakemake.wildcards.agent,
            results=results_of(snakemake.log[0]),
            output=Path(snakemake.output[0]),
            threads=snakemake.threads,
            remote=snakemake.params.get("remote"),
        )
        play_chunk(job)

    run(work, snakemake.log[0])
    leave()
