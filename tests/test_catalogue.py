"""docs/games.md says what the code says."""

from gamegrid import catalogue
from gamegrid.games.registry import aliases


def test_the_page_of_games_is_the_codes() -> None:
    page = catalogue.page()
    assert page == catalogue.PATH.read_text("utf-8"), "run: python -m gamegrid.catalogue"
    assert all(f"`{alias}`" in page for alias in aliases())
