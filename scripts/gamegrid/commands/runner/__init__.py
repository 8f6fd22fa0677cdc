"""The command line of Game Reasoning Arena, translated into grids."""
