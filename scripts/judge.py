"""Rule judge_decisions: compute the value of each decision in a game."""

from pathlib import Path

if __name__ == "__main__":
    from gamegrid.analysis.judge import judge_game
    from gamegrid.jobs.run import run
    from gamegrid.plan import plan
    from gamegrid.records.bundle_file import expand

    def work() -> None:
        """Judge the game, which the plan may load from a plug-in."""
        prepared = plan.make(snakemake.config, Path.cwd())
        chunks = expand(snakemake.input)
        judge_game(
            prepared.grid.game_named[snakemake.wildcards.game], chunks, Path(snakemake.output[0])
        )

    run(work, snakemake.log[0])
