"""Backends: one protocol, and one file per kind of engine.

Each file that declares ``BACKEND`` is discovered. Importing this package loads no engine, because
a backend imports its library in ``open``.
"""
