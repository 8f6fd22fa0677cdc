"""Rule write_manifest: record what the results were made of."""

import json
from pathlib import Path

if __name__ == "__main__":
    from gamegrid.jobs.run import run
    from gamegrid.records.bundle_file import expand
    from gamegrid.store import manifest

    played = {
        kind: expand(snakemake.input[kind])
        for kind in ("chunks", "judged", "corrections", "positions", "probes", "exploitability")
    }
    played["references"] = [Path(snakemake.input.references)]
    rows = {**json.loads(snakemake.params.rows), "plugins": snakemake.params.plugins}
    database, output = Path(snakemake.input.database), Path(snakemake.output[0])
    run(
        lambda: manifest.write(output, database, snakemake.config, rows, played),
        snakemake.log[0],
    )
