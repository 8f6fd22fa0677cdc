"""Put the workflow's files into the wheel: gamegrid_workflow/, beside the package."""

from pathlib import Path
from typing import Any

from hatchling.builders.hooks.plugin.interface import BuildHookInterface

PATTERNS = (
    "Snakefile",
    "config",
    "constraints.txt",
    "envs",
    "locks",
    "profiles",
    "rules",
    "scripts/*.py",
)


class WorkflowFiles(BuildHookInterface):
    """Adds what ``gamegrid.paths.WORKFLOW`` has to hold where there is no checkout."""

    def initialize(self, version: str, build_data: dict[str, Any]) -> None:
        """Add the files to a wheel; an editable install reads them in the checkout."""
        if version == "editable":
            return
        root = Path(self.root)
        for path in (path for pattern in PATTERNS for path in root.glob(pattern)):
            place = f"gamegrid_workflow/{path.relative_to(root).as_posix()}"
            build_data["force_include"][str(path)] = place
