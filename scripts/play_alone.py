"""Rule play_alone: single moves of one agent in one game."""

from pathlib import Path

if __name__ == "__main__":
    from gamegrid.jobs.run import run

    def work() -> None:
        """Ask for the moves."""
        from gamegrid.play.chunk import Job, play_chunk

        job = Job(
            config=snakemake.config,
            game=snakemake.wildcards.game,
            matchup=snakemake.wildcards.agent,
            block=snakemake.wildcards.asked,
            results=Path("results"),
            output=Path(snakemake.output[0]),
            threads=snakemake.threads,
        )
        play_chunk(job)

    run(work, snakemake.log[0])
