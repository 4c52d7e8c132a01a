"""The command ``gongguan``: help rendered beforehand is shown at once (``pages``), the rest runs (``program``).

Nothing else is imported before that is known.
"""

import os
import sys

from gongguan.cli import pages


def main(arguments: "list[str] | tuple[str, ...] | None" = None) -> None:
    """Run one command and leave with its exit code."""
    given = list(sys.argv[1:] if arguments is None else arguments)
    page = pages.shown(given, os.environ)
    # A console that lacks characters is ``consoles``' matter.
    if page is not None and sys.stdout.encoding.lower() == "utf-8":
        try:
            sys.stdout.write(page)
            sys.stdout.flush()
        except BrokenPipeError:
            # Whoever read it has seen enough; Python would complain once more at its end.
            os.dup2(os.open(os.devnull, os.O_WRONLY), sys.stdout.fileno())
        sys.exit(0)
    from gongguan.cli import consoles, locale, program  # noqa: PLC0415 - not for who only reads the help

    locale.use(pages.chosen(given, os.environ))
    consoles.make_safe(sys.stdout, sys.stderr)
    code = program.run(given)
    consoles.say_what_was_replaced(sys.stderr)
    consoles.finish(sys.stdout)
    sys.exit(code)


if __name__ == "__main__":
    main()
