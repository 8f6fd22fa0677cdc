"""The package is easy to navigate: few files at its root, and no two modules share a name."""

from collections import Counter

from gamegrid.paths import WORKFLOW

PACKAGE = WORKFLOW / "scripts/gamegrid"


def test_no_two_modules_share_a_name() -> None:
    stems = Counter(path.stem for path in PACKAGE.rglob("*.py"))
    assert [stem for stem, count in stems.items() if count > 1] == ["__init__"]


def test_the_root_holds_what_every_room_needs_and_nothing_else() -> None:
    modules = {path.stem for path in PACKAGE.glob("*.py")}
    held = {"errors", "garbage", "paths", "luck", "plugins", "quick_json", "terminal"}
    assert modules == {"__init__", "__main__", *held}
