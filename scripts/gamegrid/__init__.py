"""gamegrid: play language models against games, bots and each other, and compare them.

Data flows one way: config -> grid -> play -> judge -> aggregate -> report. Each of
these is a folder or module of that name; none looks back upstream.
"""

__version__ = "0.1.0"

PROTOCOL = 1
"""Raised by hand when rules texts, parsing or play change what an episode would be."""
