"""The configuration: typed, read once, refused in one sentence."""
