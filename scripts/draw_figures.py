"""Rule draw_figures: draw every figure as SVG and PNG."""

from pathlib import Path

if __name__ == "__main__":
    from gamegrid.jobs.run import run

    def work() -> None:
        """Draw the figures, those in the user's folders included."""
        from gamegrid import plugins
        from gamegrid.report.drawing import write_figures

        plugins.use_configured(snakemake.config, Path.cwd())
        write_figures(Path(snakemake.input[0]), Path(snakemake.output[0]))

    run(work, snakemake.log[0])
