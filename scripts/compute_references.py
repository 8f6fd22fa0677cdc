"""Rule compute_references: compute what known policies score in each game and seat."""

from pathlib import Path

if __name__ == "__main__":
    from gamegrid.analysis.references import write
    from gamegrid.jobs.run import run
    from gamegrid.plan import plan

    output = Path(snakemake.output[0])
    run(lambda: write(plan.make(snakemake.config, Path.cwd()), output), snakemake.log[0])
