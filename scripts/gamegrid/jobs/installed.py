"""Hold the package to the version of the workflow that uses it."""

from importlib.metadata import PackageNotFoundError, version

from gamegrid.errors import UserError


def check_version(wanted: str) -> None:
    """Refuse an installed package of another version than the workflow's. Raises UserError.

    A checkout that is not installed has no version of its own.
    """
    try:
        found = version("gamegrid")
    except PackageNotFoundError:
        return
    if found != wanted:
        raise UserError(
            f"the workflow has version {wanted}, and the installed package gamegrid has {found}. "
            f"Install version {wanted} of the package, or use the tag v{found} of the workflow."
        )
