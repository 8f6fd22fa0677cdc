"""Fail a run with unfinished episodes, and let the next run play them."""

from collections.abc import Sequence
from pathlib import Path

from gamegrid.errors import UserError
from gamegrid.records.chunkfile import check_whole, read_unfinished

SHOWN = 5


def confirm(chunks: Sequence[Path], output: Path) -> None:
    """Write ``output`` if every episode is finished.

    Otherwise remove the chunk files that hold unfinished episodes, and no others, and raise
    UserError with their names. The journal keeps every reply, so the next run asks only what is
    missing.
    """
    check_whole(chunks)
    unfinished = read_unfinished(chunks)
    if not unfinished:
        output.write_text(f"all episodes of {len(chunks)} chunks are finished\n", encoding="utf-8")
        return
    for path in unfinished:
        path.unlink()
    episodes = [item for items in unfinished.values() for item in items]
    causes = list(dict.fromkeys(f"{episode}: {error}" for episode, error in episodes))
    more = f"\n  and {len(causes) - SHOWN} more" if len(causes) > SHOWN else ""
    raise UserError(
        f"{len(episodes)} episodes were not finished and are in no table. Run the same command "
        f"again: it plays only these, and asks for no reply twice.\n  "
        + "\n  ".join(causes[:SHOWN])
        + more
    )
