"""Rule correct_returns: correct the returns of a margin game for luck of known probabilities."""

from pathlib import Path

if __name__ == "__main__":
    from gamegrid.analysis.control_variates import correct_game, known_policies
    from gamegrid.jobs.run import run
    from gamegrid.plan import plan
    from gamegrid.records.bundle_file import expand

    def work() -> None:
        """Correct the episodes of the game, which the plan may load from a plug-in."""
        prepared = plan.make(snakemake.config, Path.cwd())
        game = prepared.grid.game_named[snakemake.wildcards.game]
        chunks = expand(snakemake.input)
        policies = known_policies(prepared.config.agents, game)
        correct_game(game, chunks, policies, Path(snakemake.output[0]))

    run(work, snakemake.log[0])
