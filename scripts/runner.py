"""The command line of Game Reasoning Arena: its commands run unchanged and play a grid."""

import sys

from gamegrid.commands.runner.arena import main

if __name__ == "__main__":
    sys.exit(main())
