"""Game Reasoning Arena's command line: its commands run as they are, and play a grid."""

import sys

from gamegrid.commands.runner.arena import main

if __name__ == "__main__":
    sys.exit(main())
