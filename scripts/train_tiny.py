"""Rule train_tiny: train the bundled model from scratch."""

from pathlib import Path

if __name__ == "__main__":
    from gamegrid.jobs.run import run
    from gamegrid.pages.tiny_recipe import Recipe, train

    folder = Path(snakemake.output[0]).parent
    run(lambda: train(folder, Recipe()), snakemake.log[0])
