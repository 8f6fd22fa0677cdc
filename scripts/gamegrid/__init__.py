"""gamegrid: play language models against games, bots and each other, and compare them.

Data flows one way: config -> plan -> play -> judge -> store -> report. No step reads what a later
one produces.
"""

__version__ = "0.1.0"

PROTOCOL = 1
"""Version of rules, parsing and play. Raise it by hand when a change alters what an episode would
be."""
