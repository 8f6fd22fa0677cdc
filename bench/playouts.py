"""The baseline for bots: random tic_tac_toe games in a bare loop. Prints one line of JSON."""

import argparse
import json
import random
import time

import pyspiel


def main() -> None:
    """Play the games and print the result."""
    parser = argparse.ArgumentParser()
    parser.add_argument("episodes", type=int)
    episodes = parser.parse_args().episodes
    game, luck = pyspiel.load_game("tic_tac_toe"), random.Random(1)
    began = time.process_time()
    for _ in range(episodes):
        state = game.new_initial_state()
        while not state.is_terminal():
            state.apply_action(luck.choice(state.legal_actions()))
        state.returns()
    seconds = time.process_time() - began
    print(json.dumps({"episodes": episodes, "cpu_s": seconds, "rate": episodes / seconds}))


if __name__ == "__main__":
    main()
