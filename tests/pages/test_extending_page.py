"""docs/extending.md names every hook, with a section and an example for each."""

from documents import anchors, blocks
from gamegrid import plugins
from gamegrid.pages import extending_page

PAGE = "docs/extending.md"


def test_the_table_of_hooks_is_that_of_the_code() -> None:
    """``gamegrid write-pages`` writes it."""
    text = extending_page.PATH.read_text("utf-8")
    assert extending_page.page(text) == text
    assert f"](../{plugins.GAME.folder})" in text


def test_every_hook_has_an_example_in_a_file() -> None:
    files = [block.file for block in blocks() if block.page == PAGE and block.file]
    texts = {file: block.text for block in blocks() if (file := block.file) in files}
    for hook in plugins.HOOKS:
        examples = [
            file
            for file, text in texts.items()
            if file.endswith(hook.suffix) and f"\n{hook.variable}" in text
        ]
        assert examples, hook.what


def test_every_hook_has_a_section() -> None:
    assert len([name for name in anchors(extending_page.PATH) if name[:2] in ("a-", "an")]) == len(
        plugins.HOOKS
    )
