"""Rule play: play one chunk of episodes."""

from pathlib import Path

if __name__ == "__main__":
    from gamegrid.jobs.run import leave, results_of, run

    def work() -> None:
        """Play the chunk."""
        from gamegrid.play.chunk import Job, play_chunk

        job = Job(
            config=snakemake.config,
            results=results_of(snakemake.log[0]),
            output=Path(snakemake.output[0]),
            threads=snakemake.threads,
            remote=snakemake.params.get("remote"),
            **snakemake.wildcards,
        )
        play_chunk(job)

    run(work, snakemake.log[0])
    leave()
