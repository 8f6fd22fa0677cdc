"""Rule status: report how far a running grid is."""

import sys
import time
from contextlib import suppress
from pathlib import Path

if __name__ == "__main__":
    from gamegrid.jobs.preconditions import check_results
    from gamegrid.jobs.run import results_of, run
    from gamegrid.jobs.status import LINE_S, LOOK_S, show, watch
    from gamegrid.plan import plan
    from gamegrid.terminal import clear_screen, print_wrapped

    def work() -> None:
        """Print the progress of the grid, once or until nobody works on it."""
        prepared = plan.make(snakemake.config, Path.cwd())
        results = results_of(snakemake.log[0])
        check_results(prepared, results)
        if not prepared.config.watch:
            print_wrapped(show(prepared, results))
            return
        with suppress(KeyboardInterrupt):
            for text in watch(prepared, results):
                on_terminal = clear_screen()
                print_wrapped(text)
                sys.stdout.flush()
                time.sleep(LOOK_S if on_terminal else LINE_S)

    run(work, snakemake.log[0])
