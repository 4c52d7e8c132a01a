"""``gongguan today``: what is due for the person who asks, the earliest first, each with the command that does it."""

import click

from gongguan.cli.commands import generated
from gongguan.cli.operations import family


def today() -> click.Command:
    """``gongguan today``."""
    operation = family("today")["today.list"]
    command = generated.command_of(operation)
    command.name = "today"
    return command
