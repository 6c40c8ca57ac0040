"""docs/commands.md has every command of ours with every option, and no other."""

from __future__ import annotations

import re
from argparse import ArgumentParser, _SubParsersAction
from pathlib import Path

import pytest
from django.conf import settings
from django.core.management import get_commands, load_command_class
from django.core.management.base import BaseCommand

OURS = ("fleet", "economics", "kerne_site")
COMMANDS = {name: app for name, app in get_commands().items() if app in OURS}
ROW = re.compile(r"^\| (`(\w+)[^|]*) \|[^|]*\|([^|]*)\|$", re.MULTILINE)
PAGE = (Path(settings.BASE_DIR) / "docs" / "commands.md").read_text()


def options_of(parser: ArgumentParser) -> set[str]:
    """The long options of a command and of its subcommands."""
    found: set[str] = set()
    for action in parser._actions:
        if isinstance(action, _SubParsersAction):
            for each in action.choices.values():
                found |= options_of(each)
        found |= {name for name in action.option_strings if name.startswith("--")}
    return found


DJANGOS = options_of(BaseCommand().create_parser("manage.py", "any"))


def documented() -> dict[str, set[str]]:
    rows: dict[str, set[str]] = {}
    for _, name, options in ROW.findall(PAGE):
        rows.setdefault(name, set()).update(re.findall(r"`(--[\w-]+)`", options))
    return rows


def test_every_command_has_a_row_and_every_row_a_command():
    assert set(documented()) == set(COMMANDS)


@pytest.mark.parametrize("name", sorted(COMMANDS))
def test_a_row_names_the_options_of_its_command(name):
    command = load_command_class(COMMANDS[name], name)
    parser = command.create_parser("manage.py", name)
    assert documented()[name] == options_of(parser) - DJANGOS
