"""Fail a run with unfinished episodes, and let the next run play them."""

from collections import Counter
from collections.abc import Sequence
from pathlib import Path

from gamegrid.errors import UserError
from gamegrid.jobs.run import name_below_results
from gamegrid.records.chunkfile import check_whole, read_unfinished
from gamegrid.records.remote import Remote

SHOWN = 5


def confirm(chunks: Sequence[Path], output: Path, remote: str | None = None) -> None:
    """Write ``output`` if every episode is finished.

    Otherwise remove the chunk files that hold unfinished episodes, and no others, and raise
    UserError with their names. The journal keeps every reply, so the next run asks only what is
    missing. If the results folder is at the address ``remote``, ``chunks`` are copies, and the
    files there are removed, too.
    """
    check_whole(chunks)
    unfinished = read_unfinished(chunks)
    if not unfinished:
        output.write_text(f"all episodes of {len(chunks)} chunks are finished\n", encoding="utf-8")
        return
    for path in unfinished:
        path.unlink()
    if remote is not None:
        Remote(remote).remove(map(name_below_results, unfinished))
    causes = Counter(error for items in unfinished.values() for _, error in items)
    lines = [f"{_counted(number)}: {error}" for error, number in causes.most_common(SHOWN)]
    if len(causes) > SHOWN:
        lines.append(f"and {len(causes) - SHOWN} more reasons, in the table errors")
    raise UserError(
        f"{_counted(causes.total())} not finished and in no table. Mend the reasons; the same "
        f"command then plays only these, and asks for no reply twice.\n  " + "\n  ".join(lines)
    )


def _counted(episodes: int) -> str:
    return f"{episodes:,} episode{'' if episodes == 1 else 's'}"
