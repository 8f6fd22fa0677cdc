"""The table of hooks in docs/extending.md, written from the module that names them."""

from gamegrid import plugins
from gamegrid.paths import WORKFLOW
from gamegrid.plugins import Hook

PATH = WORKFLOW / "docs/extending.md"
START, END = "<!-- hooks -->\n", "<!-- /hooks -->"


def page(text: str) -> str:
    """Return the page with its table of hooks made anew."""
    before, _, rest = text.partition(START)
    return f"{before}{START}{table()}{END}{rest.partition(END)[2]}"


def table() -> str:
    """Return every hook as a Markdown table: its section, what a file declares, where it shows."""
    head = (
        "| what | a file of yours | gamegrid's own files | where it appears |\n|---|---|---|---|\n"
    )
    return head + "".join(_row(hook) for hook in plugins.HOOKS)


def _row(hook: Hook) -> str:
    word = hook.what.split()[0]
    article = "an" if word[0] in "aeiou" else "a"
    return (
        f"| [{word}](#{article}-{word}) | {_file(hook)} | [`{hook.folder}/`](../{hook.folder}) "
        f"| {hook.appears} |\n"
    )


def _file(hook: Hook) -> str:
    if hook.suffix == plugins.MODULE:
        name = hook.type.rpartition(".")[2]
        return f"`*{hook.suffix}` that declares `{hook.variable}`, of type `{name}`"
    return f"`*{hook.suffix}`"
