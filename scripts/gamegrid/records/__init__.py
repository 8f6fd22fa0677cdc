"""The files that jobs leave for each other: chunk files, the journal, progress and stamp."""
