"""The forest plot of differences: every pair once, and from the side that the figure names."""

from contextlib import closing
from pathlib import Path

from gamegrid.report import drawing
from gamegrid.report.figures.figure import FigureRow
from gamegrid.report.figures.paired_figure import ALL, FIGURE
from gamegrid.store.tables import connect
from store_samples import database, pair


def results(folder: Path) -> tuple[list[FigureRow], list[FigureRow]]:
    """Return the figure's rows and those of the table, of three agents in two games.

    By rating, c is ahead of b and b of a, against the order of their names.
    """
    episodes = [
        each
        for game in ("tic_tac_toe", "hex_4")
        for deal in range(12)
        for one, other in (("c", "b"), ("c", "a"), ("b", "a"))
        for each in pair(game, one, other, deal, 1, 0.5 if deal % 3 else 0)
    ]
    with closing(connect(database(folder, episodes))) as connection:
        return drawing.read(connection, FIGURE)[1], drawing.select(connection, "FROM paired")[1]


def test_every_pair_is_there_once_over_games_and_in_each_game(tmp_path: Path) -> None:
    shown, _ = results(tmp_path)
    found = [(row["over"], row["agent"], row["rival"]) for row in shown]
    pairs = [("c", "b"), ("c", "a"), ("b", "a")]
    assert found == [(over, *names) for over in (ALL, "hex_4", "tic_tac_toe") for names in pairs]
    titles = [panel.title for panel in FIGURE.panels(shown)]
    assert titles == [
        f"{ALL}: c minus each of these", f"{ALL}: b minus each of these",
        "hex_4: c minus each of these", "tic_tac_toe: c minus each of these",
    ]  # fmt: skip


def test_a_difference_seen_from_the_other_side_changes_its_sign(tmp_path: Path) -> None:
    shown, table = results(tmp_path)
    stored = {(row["game"] or ALL, row["agent"], row["rival"]): row for row in table}
    turned = 0
    for row in shown:
        ends = (row["adjusted_low"], row["adjusted_high"])
        key = (row["over"], row["agent"], row["rival"])
        sign = 1 if key in stored else -1
        turned += sign < 0
        same = stored[key if sign > 0 else (key[0], key[2], key[1])]
        assert row["difference"] == sign * same["difference"]
        assert ends == tuple(
            sign * same[f"adjusted_{end}"] for end in (("low", "high"), ("high", "low"))[sign < 0]
        )
        assert (row["verdict"] == "better") == (ends[0] > 0)
    assert turned
