"""docs/finish-reasons.md says what the table says."""

from gamegrid.backends.finish_reasons import sources
from gamegrid.pages import finish_reasons_page


def test_the_page_of_finish_reasons_is_the_table_s() -> None:
    page = finish_reasons_page.page()
    assert page == finish_reasons_page.PATH.read_text("utf-8"), "run: gamegrid write-pages"
    for source in sources():
        assert f"[{source.name}]({source.url})" in page
        assert all(f"`{word}`" in page for words in source.words.values() for word in words)
