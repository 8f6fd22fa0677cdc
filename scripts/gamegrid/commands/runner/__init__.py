"""The command line of Game Reasoning Arena's runner, as a way to write a grid and play it."""
