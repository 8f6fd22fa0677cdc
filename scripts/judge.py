"""Rule judge_decisions: what each decision of a game was worth."""

from pathlib import Path

if __name__ == "__main__":
    from gamegrid.analysis.judge import judge_game
    from gamegrid.jobs.run import run
    from gamegrid.plan import plan

    def work() -> None:
        """Judge the game by the plan, which knows it whatever its name."""
        made = plan.make(snakemake.config, Path.cwd())
        chunks = [Path(path) for path in snakemake.input]
        judge_game(
            made.grid.game_named[snakemake.wildcards.game], chunks, Path(snakemake.output[0])
        )

    run(work, snakemake.log[0])
