"""Remarks about a model's answers, logged once each."""

import logging

log = logging.getLogger(__name__)

MOST = 20
"""Different remarks about one model that are logged. A server may word each one differently."""


class Notes:
    """Logs each remark about the answers of one model once. ``name`` is the model id."""

    def __init__(self, name: str) -> None:
        self._name = name
        self._told: set[str] = set()

    def __call__(self, remark: str) -> None:
        """Log a remark, unless it was logged before."""
        if remark not in self._told and len(self._told) < MOST:
            self._told.add(remark)
            log.warning("%s: %s", self._name, remark)
