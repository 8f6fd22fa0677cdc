"""Regenerate every generated page and the schema."""

from argparse import ArgumentParser, Namespace

from gamegrid.commands.command import Command
from gamegrid.pages import (
    config_page,
    config_schema,
    errors_page,
    extending_page,
    finish_reasons_page,
    games_page,
    schema_picture,
    statistics_page,
)


def arguments(parser: ArgumentParser) -> None:
    """Declare no arguments: the command takes none."""


def run(_: Namespace) -> int:
    """Write all files and print their paths."""
    for whole in (games_page, finish_reasons_page):
        whole.PATH.write_text(whole.page(), encoding="utf-8")
    config_schema.PATH.write_text(config_schema.text(), encoding="utf-8")
    schema_picture.PATH.write_text(schema_picture.picture(), encoding="utf-8")
    for path, refresh in (
        (config_page.PATH, config_page.page),
        (errors_page.PATH, errors_page.page),
        (extending_page.PATH, extending_page.page),
        (statistics_page.PATH, statistics_page.refreshed),
    ):
        path.write_text(refresh(path.read_text(encoding="utf-8")), encoding="utf-8")
    for module in (
        games_page, finish_reasons_page, config_schema, config_page, errors_page, extending_page,
        schema_picture, statistics_page,
    ):  # fmt: skip
        print(module.PATH)
    return 0


COMMAND = Command("Regenerate the generated pages and the schema", arguments, run)
