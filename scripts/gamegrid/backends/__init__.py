"""The shared backend module: one protocol, one file per kind of engine.

A file here that declares ``BACKEND`` is found by itself. Importing this package loads no
engine: a backend imports its library in ``open``.
"""
