"""Rules play and play_bundle: play one chunk of episodes, or several."""

from pathlib import Path

if __name__ == "__main__":
    from gamegrid.jobs.run import leave, results_of, run

    def work() -> None:
        """Play the chunk, or the chunks of the bundle."""
        from gamegrid.play.bundle import BundleJob, play_bundle
        from gamegrid.play.chunk import Job, play_chunk

        given = {
            "config": snakemake.config,
            "results": results_of(snakemake.log[0]),
            "output": Path(snakemake.output[0]),
            "threads": snakemake.threads,
            **snakemake.wildcards,
        }
        if "bundle" in given:
            play_bundle(BundleJob(**given))
        else:
            play_chunk(Job(**given))

    run(work, snakemake.log[0])
    leave()
