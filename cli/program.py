"""One command is run, and whatever went wrong becomes a sentence and an exit code.

Exit codes: 0 done, 1 refused, 2 wrong usage, 3 not reachable, 130 broken off. A person never sees a traceback
(``GONGGUAN_DEBUG=1`` shows it to a technician).
"""

import os
import sys
from collections.abc import Sequence
from typing import TYPE_CHECKING

import click

from gongguan.cli.locale import _

if TYPE_CHECKING:
    from gongguan.cli.commands import Settings

EXIT_REFUSED, EXIT_USAGE, EXIT_UNREACHABLE, EXIT_BROKEN_OFF = 1, 2, 3, 130


def run(arguments: Sequence[str]) -> int:
    """Run one command and return its exit code."""
    from gongguan.cli.commands import ROOT, Settings  # noqa: PLC0415

    settings = Settings(json="--json" in arguments)
    try:
        outcome = ROOT.main(args=list(arguments), prog_name="gongguan", standalone_mode=False, obj=settings)
    except click.exceptions.NoArgsIsHelpError as error:
        print(error.ctx.get_help() if error.ctx else "")
        return EXIT_USAGE
    except click.UsageError as error:
        return _usage(error, settings.json)
    except (click.Abort, KeyboardInterrupt):
        print(_("已取消。"), file=sys.stderr)
        return EXIT_BROKEN_OFF
    except SystemExit:
        # click leaves so where whoever reads, as `head` does, wants no more of the answer. What was to be done is done.
        return 0
    except Exception as error:
        return _refused(error, settings)
    return outcome if isinstance(outcome, int) else 0


def _usage(error: click.UsageError, as_json: bool) -> int:
    from gongguan.cli import output  # noqa: PLC0415

    where = f"{error.ctx.command_path} --help" if error.ctx else "gongguan --help"
    output.usage(error.format_message(), where, as_json)
    return EXIT_USAGE


def _refused(error: Exception, settings: "Settings") -> int:
    from gongguan.cli import output  # noqa: PLC0415
    from gongguan.protocol.errors import ProtocolError  # noqa: PLC0415

    if os.environ.get("GONGGUAN_DEBUG") and not isinstance(error, (ProtocolError, output.Rejection)):
        raise error
    code = output.failure(error, settings.json, settings)
    # A file that is no bundle came from a person, not over a line.
    return EXIT_UNREACHABLE if code.startswith("T-") and code != "T-not-a-bundle" else EXIT_REFUSED
