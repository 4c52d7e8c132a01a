"""The help of the program and of its families, rendered beforehand: whoever only reads it waits for no library.

``python -m gongguan.cli.pages`` writes the pages anew (``locale/zh/help.txt``, ``locale/en/help.txt``), one behind the
other, each after a form feed and its name. A narrow console is served by click itself. Nothing is imported here that
the interpreter has not loaded already: even ``typing`` takes as long as all of the rest::

    shown(["member", "--help"], os.environ)   ->  the text, or None
"""

import os
import sys

LANGUAGES = ("zh", "en")
FOLDER = os.path.join(os.path.dirname(__file__), "locale")
COLUMNS = 80
"""Click writes its help no wider than this."""
END = "\f"


def chosen(arguments: "list[str]", environment: "os._Environ[str] | dict[str, str]") -> str:
    """``zh`` or ``en``: ``--lang``, else ``GONGGUAN_LANG``, else English where ``LANG`` says so, else Chinese."""
    for at, argument in enumerate(arguments):
        value = argument.partition("=")[2] if argument.startswith("--lang=") else None
        if argument == "--lang" and at + 1 < len(arguments):
            value = arguments[at + 1]
        if value in LANGUAGES:
            return str(value)
    asked = environment.get("GONGGUAN_LANG") or environment.get("LC_ALL") or environment.get("LANG") or ""
    return "en" if asked.lower().startswith("en") else "zh"


def shown(arguments: "list[str]", environment: "os._Environ[str] | dict[str, str]") -> "str | None":
    """The page that these arguments ask for; None for whatever else they say."""
    language = chosen(arguments, environment)
    named = _without_language(arguments)
    if named[-1:] != ["--help"] or len(named) > 2 or _columns(environment) < COLUMNS:
        return None
    try:
        with open(_file(language), encoding="utf-8", newline="") as file:
            pages = file.read()
    except OSError:
        return None
    _, found, rest = pages.partition(f"{END}{' '.join(named[:-1])}\n")
    return rest.partition(END)[0] if found else None


def _without_language(arguments: "list[str]") -> "list[str]":
    """What is left without ``--lang``; an unknown language is left too, for click to refuse."""
    left: list[str] = []
    for word in arguments:
        if left[-1:] == ["--lang"] and word in LANGUAGES:
            left.pop()
        elif word not in map("--lang={}".format, LANGUAGES):
            left.append(word)
    return left


def _columns(environment: "os._Environ[str] | dict[str, str]") -> int:
    """How wide the console is; no console at all is wide enough."""
    told = environment.get("COLUMNS", "")
    if told.isdecimal() and int(told):
        return int(told)
    try:
        return os.get_terminal_size(sys.stdout.fileno()).columns or COLUMNS
    except (AttributeError, ValueError, OSError):
        return COLUMNS


def _file(language: str) -> str:
    return os.path.join(FOLDER, language, "help.txt")


def rendered(language: str) -> str:
    """All pages of one language as click makes them."""
    from gongguan.cli import locale  # noqa: PLC0415 - not for whoever only reads
    from gongguan.cli.commands import HIDDEN, ROOT, Settings  # noqa: PLC0415
    from gongguan.node.operations import FAMILIES  # noqa: PLC0415

    locale.use(language)
    program = type(ROOT)(
        name=ROOT.name
    )  # a new one: its options are in the language in which they were first asked for
    root = program.make_context("gongguan", [], resilient_parsing=True, obj=Settings(), terminal_width=COLUMNS - 2)
    pages = [("", program.get_help(root))]
    for name in FAMILIES:
        command = program.get_command(root, name) if name not in HIDDEN else None
        if command is not None:
            inside = command.make_context(name, [], parent=root, resilient_parsing=True, terminal_width=COLUMNS - 2)
            pages.append((name, command.get_help(inside)))
    return "".join(f"{END}{name}\n{text}\n" for name, text in pages)


if __name__ == "__main__":
    for each in LANGUAGES:
        with open(_file(each), "w", encoding="utf-8", newline="") as to:
            to.write(rendered(each))
