"""Say in one sentence what is wrong with a disk or a folder, instead of showing a stack trace."""

import errno
import os
import re

FULL = (errno.ENOSPC, errno.EDQUOT, errno.EFBIG)
READ_ONLY = (errno.EROFS, errno.EACCES, errno.EPERM)
NO_LOCKS = (errno.ENOLCK, errno.EOPNOTSUPP, errno.ENOSYS)
BROKEN = (errno.EIO, errno.ESTALE)

_QUOTED = re.compile(r'"([^"]+)"')
NO_TEMPORARY = "No usable temporary directory"


def sentence(error: BaseException) -> str | None:
    """Return what to do about an error of a disk, or None for other errors.

    DuckDB reports the system's errors as text.
    """
    text = str(error)
    if NO_TEMPORARY in text:
        return "no folder for temporary files can be written. Set TMPDIR to one that can."
    if isinstance(error, OSError):
        number, path = error.errno, error.filename
    elif type(error).__module__.partition(".")[0] in ("duckdb", "_duckdb"):
        known = (*FULL, *READ_ONLY, *NO_LOCKS, *BROKEN)
        number = next((each for each in known if os.strerror(each) in text), None)
        found = _QUOTED.search(text)
        path = found[1] if found else None
    else:
        return None
    return _advice(number, f"{path or 'a file'} cannot be written")


def _advice(number: int | None, problem: str) -> str | None:
    if number is None:
        return None
    reason = f"{problem} ({os.strerror(number)})"
    if number in FULL:
        return f"{reason}. Make room and run the same command again: no reply is asked for twice."
    if number in READ_ONLY:
        return f"{reason}. Make it writable for you, or work in another folder."
    if number in NO_LOCKS:
        return (
            f"{reason}: file locks do not work there, so two jobs could buy the same reply. Use "
            f"another folder for results (snakemake --directory)."
        )
    if number in BROKEN:
        return f"{reason}: the disk or the connection to it failed. Run the same command again."
    return None
