"""The local server behind ``gamegrid view``: results, progress, episodes, and play."""
