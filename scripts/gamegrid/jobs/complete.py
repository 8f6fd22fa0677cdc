"""Make the exit code of a run honest: name what was not finished, and let the next run play it."""

from collections.abc import Sequence
from pathlib import Path

from gamegrid.errors import UserError
from gamegrid.records.chunkfile import check_whole, read_unfinished

SHOWN = 5


def confirm(chunks: Sequence[Path], output: Path) -> None:
    """Write ``output`` if every episode was finished.

    Otherwise remove the chunk files that hold unfinished ones, and no others, and raise UserError
    naming them: the journal has every reply, so the next run asks only what is missing.
    """
    check_whole(chunks)
    unfinished = read_unfinished(chunks)
    if not unfinished:
        output.write_text(f"all episodes of {len(chunks)} chunks are finished\n", encoding="utf-8")
        return
    for path in unfinished:
        path.unlink()
    episodes = [item for found in unfinished.values() for item in found]
    causes = list(dict.fromkeys(f"{episode}: {error}" for episode, error in episodes))
    more = f"\n  and {len(causes) - SHOWN} more" if len(causes) > SHOWN else ""
    raise UserError(
        f"{len(episodes)} episodes were not finished and are in no table. Run the same command "
        f"again: only they are played, and no reply is asked for twice.\n  "
        + "\n  ".join(causes[:SHOWN])
        + more
    )
