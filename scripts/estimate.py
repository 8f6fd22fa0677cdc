"""Rule estimate: what the grid will take."""

from pathlib import Path

if __name__ == "__main__":
    from gamegrid import plan
    from gamegrid.estimate import estimate, text
    from gamegrid.jobs import run

    made = plan.make(snakemake.config, Path.cwd())
    run(lambda: print(text(estimate(made, Path("results")))), snakemake.log[0])
