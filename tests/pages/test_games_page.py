"""docs/games.md says what the code says."""

from gamegrid.games.registry import aliases
from gamegrid.pages import games_page


def test_the_page_of_games_is_the_codes() -> None:
    page = games_page.page()
    assert page == games_page.PATH.read_text("utf-8"), "run: gamegrid write-pages"
    assert all(f"`{alias}`" in page for alias in aliases())
