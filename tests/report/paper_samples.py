"""Results with long names in two games, for what papers print."""

from pathlib import Path

from store_samples import agent, database, episode, game

NAMES = (
    "provider_a_model_one_instruct_70b_temperature_0.7",
    "provider_a_model_one_instruct_70b_temperature_0.1",
    "mcts_1000",
    "random",
)


def results(folder: Path) -> Path:
    """Build a database in ``folder``: each agent beats the next ones more often than not."""
    games = ("tic_tac_toe", "misere_tic_tac_toe")
    episodes = [
        each
        for name in games
        for at, one in enumerate(NAMES)
        for other in NAMES[at + 1 :]
        for deal in range(5)
        for each in (
            episode(name, (one, other), deal, 0, scores=[1, 0]),
            episode(name, (other, one), deal, 1, scores=[0.5 * (deal % 2), 1 - 0.5 * (deal % 2)]),
        )
    ]
    return database(folder, episodes, list(map(agent, NAMES)), list(map(game, games)))
