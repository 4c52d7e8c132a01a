"""All help, rendered beforehand: whoever only reads it waits for no library.

``python -m gongguan.cli.pages`` writes the pages anew, after what they are made of (``cli/operations``). In
``locale/zh/help`` and ``locale/en/help`` there is a file for the program and one for each word behind it, in which
pages stand one behind the other, each after a form feed and its name.
A narrow console is served by click itself. Nothing is imported here that the interpreter has not loaded already: even
``typing`` takes as long as all of the rest::

    shown(["member", "list", "--help"], os.environ)   ->  the text, or None
"""

import os
import sys

LANGUAGES = ("zh", "en")
FOLDER = os.path.join(os.path.dirname(__file__), "locale")
PROGRAM = "program"
"""The file of the program's own page; no command has that name."""
WORDS_MAX = 2
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
    words = named[:-1]
    if named[-1:] != ["--help"] or len(words) > WORDS_MAX or _columns(environment) < COLUMNS:
        return None
    # Only words become the name of a file.
    if not all(word.replace("-", "").isalnum() for word in words):
        return None
    try:
        with open(_file(language, *words[:1]), encoding="utf-8", newline="") as file:
            pages = file.read()
    except OSError:
        return None
    _, found, rest = pages.partition(f"{END}{' '.join(words)}\n")
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


def _file(language: str, word: str = PROGRAM) -> str:
    return os.path.join(FOLDER, language, "help", f"{word}.txt")


def rendered(language: str) -> "dict[str, str]":
    """All pages of one language as click makes them: the first word, or ``PROGRAM``, and what stands in its file."""
    import click  # noqa: PLC0415 - not for whoever only reads

    from gongguan.cli import locale  # noqa: PLC0415
    from gongguan.cli.commands import ROOT, Settings  # noqa: PLC0415

    locale.use(language)
    # A new one: its options are in the language in which they were first asked for.
    program = type(ROOT)(name=ROOT.name)
    root = program.make_context("gongguan", [], resilient_parsing=True, obj=Settings(), terminal_width=COLUMNS - 2)

    def pages(command: click.Command, above: click.Context, *words: str) -> "list[str]":
        here = command.make_context(words[-1], [], parent=above, resilient_parsing=True, terminal_width=COLUMNS - 2)
        found = [f"{END}{' '.join(words)}\n{command.get_help(here)}\n"]
        if isinstance(command, click.Group):
            for name in command.list_commands(here):
                inside = command.get_command(here, name)
                found += pages(inside, here, *words, name) if inside is not None else ()
        return found

    files = {PROGRAM: f"{END}\n{program.get_help(root)}\n"}
    for name in program.list_commands(root):
        command = program.get_command(root, name)
        if command is not None:
            files[name] = "".join(pages(command, root, name))
    return files


def write(language: str) -> None:
    """All files of one language anew."""
    folder = os.path.join(FOLDER, language, "help")
    os.makedirs(folder, exist_ok=True)
    files = rendered(language)
    for name in os.listdir(folder):
        if name.removesuffix(".txt") not in files:
            os.remove(os.path.join(folder, name))
    for word, text in files.items():
        with open(_file(language, word), "w", encoding="utf-8", newline="") as to:
            to.write(text)


if __name__ == "__main__":
    from gongguan.cli.operations import writing

    # What the help is made of comes first.
    writing.write()
    for each in LANGUAGES:
        write(each)
