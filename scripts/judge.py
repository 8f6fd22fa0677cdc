"""Rule judge_decisions: what each decision of a game was worth."""

from pathlib import Path

if __name__ == "__main__":
    from gamegrid import plan
    from gamegrid.jobs import run
    from gamegrid.judge import judge_game

    def work() -> None:
        """Judge the game by the plan, which knows it whatever its name."""
        made = plan.make(snakemake.config, Path.cwd())
        chunks = [Path(path) for path in snakemake.input]
        judge_game(made.games[snakemake.wildcards.game], chunks, Path(snakemake.output[0]))

    run(work, snakemake.log[0])
