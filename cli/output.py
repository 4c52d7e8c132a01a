"""What a person (or with ``--json`` a program) reads: answers on standard output, refusals on standard error.

Lists are tables, single things are lines, actions are one sentence, and what to do next comes last. Bytes of an answer
are saved beside the file that was sent in; the answer then names where. People read China's time, programs UTC.
"""

import json
import os
import re
import shlex
import sys
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any, Final, TextIO

import click

from gongguan.cli import client, tables
from gongguan.cli.columns import BEGINNING, LONG_ID, beginnings
from gongguan.cli.commands import DATA_DEFAULT, Settings
from gongguan.cli.daily import DAILY
from gongguan.cli.locale import _, language
from gongguan.cli.operations import Operation, Record, nested, record, record_of
from gongguan.cli.readable import in_china, prose_of, visible, visible_in
from gongguan.node.operations import FAMILIES
from gongguan.node.operations.said import Said
from gongguan.protocol.errors import ProtocolError, refuse
from gongguan.sync.label import Label
from gongguan.sync.lists import LISTS
from gongguan.sync.roles import ROLES, role_name

WIDTH_WITHOUT_TERMINAL: Final = 160
"""Columns of a table that goes into a file or a pipe."""
WIDTH_UNKNOWN: Final = 80
COMMAND: Final = re.compile(r"(?<!对方运行 )(?<!they run )(?<![\w-])gongguan ([a-z-]+)( [a-z-]+)?", re.ASCII)
"""A command in a sentence, unless it is one for the partner to run."""
Saved = Mapping[str, str]
"""Field name of an answer → path under which its bytes were saved."""


def answer(
    operation: Operation,
    found: Record,
    source: Path | None,
    as_json: bool,
    *,
    hints: bool = True,
    tried_with: Mapping[str, Any] | None = None,
) -> None:
    """Print the answer of an operation. ``hints``: what to do next, unless something else comes next.

    ``tried_with``: the request, where it was only tried: an id that it did not name would be drawn anew.
    """
    saved, unsaved = _saved(found, source)
    if unsaved is not None and (operation.reads or tried_with is not None):
        raise unsaved
    _print_answer(operation, found, saved, as_json, hints=hints and unsaved is None, tried_with=tried_with)
    if unsaved is not None:
        # What was done stays done, and whoever did it again would do it twice.
        raise refuse("D-file-not-kept", **unsaved.facts) from unsaved


def _print_answer(
    operation: Operation,
    found: Record,
    saved: Saved,
    as_json: bool,
    *,
    hints: bool,
    tried_with: Mapping[str, Any] | None,
) -> None:
    if as_json:
        _print_json(sys.stdout, _plain(found, saved))
        return
    labels = [label for label in found.labels if not label.programs]
    told = operation.told(found)
    drawn = _drawn_anew(found, tried_with) if tried_with is not None else frozenset()
    if told.done is None:
        shown = [label for label in labels if label.form not in _OWN_PLACE and label.name not in drawn]
        _lines([(label, getattr(found, label.name)) for label in shown])
    else:
        later = dict.fromkeys(drawn, _("办理后才有"))
        print(told.done.text(language()).format(**{**_readable(found), **later}))
    _parts(found, saved)
    if hints and told.hint is not None:
        next_step(told.hint)


def _drawn_anew(found: Record, request: Mapping[str, Any]) -> frozenset[str]:
    """Fields of an answer that hold an id which the request does not name."""
    values = {label.name: getattr(found, label.name) for label in found.labels}
    return frozenset(
        name for name, value in values.items() if DRAWN.fullmatch(str(value)) and value not in request.values()
    )


DRAWN: Final = re.compile("[0-9a-f]{32}|[0-9a-f]{64}")
"""What is drawn, or computed of what is drawn."""


def letter(operation: Operation, found: Record, as_json: bool) -> None:
    """Save a letter and its reply sheet and say where; a program that reads the answer finds this beside it."""
    saved, unsaved = _saved(found, None)
    if unsaved is not None:
        raise unsaved
    stream = sys.stderr if as_json else sys.stdout
    told = operation.told(found)
    if told.done is not None:
        print(told.done.text(language()).format(**_readable(found)), file=stream)
    _parts(found, saved, stream)
    if told.hint is not None and not as_json:
        next_step(told.hint)


def tried() -> None:
    """Say on standard error that what follows was only tried."""
    print(_("试办，什么都没有登记。如果办理，结果会是："), file=sys.stderr)


def tried_letters(count: int) -> None:
    """Say on standard error that the act would write letters to partners without a node."""
    print(_("对方没有节点：办理后还会生成公函 {count} 封，要答复的随带回执表。").format(count=count), file=sys.stderr)


def tables_of(found: object) -> None:
    """Print the tables of a struct that is no answer of an operation."""
    _parts(record_of(found), {})


def next_step(said: Said) -> None:
    """Print what to do next."""
    print(_("下一步：") + addressed(said.text(language())))


CLAUSE: Final = re.compile("[；。;.]")
THEIRS: Final = re.compile("请对方|由对方|对方核对|对方运行|[Tt]hey run|ask them|the partner")
"""In such a clause a command is the partner's to type, at its own node."""
_DAILY_NAMES: Final = {row.words: name for name, row in DAILY.items()}


def addressed(text: str, settings: Settings | None = None) -> str:
    """Commands in a sentence for this person, with the ``--data`` or ``--node`` that this command was given."""
    if settings is None:
        settings = getattr(click.get_current_context(silent=True), "obj", None)
    given = []
    for option, variable, usual in (("data", "GONGGUAN_DATA", DATA_DEFAULT), ("node", "GONGGUAN_NODE", None)):
        value = getattr(settings, option, None)
        if value not in (None, usual, os.environ.get(variable)):
            given += [f"--{option}", shlex.quote(value)]

    def whole(found: re.Match[str]) -> str:
        family, command = found.groups("")
        clause = CLAUSE.split(text[: found.start()])[-1]
        own = [] if THEIRS.search(clause) else given
        words, rest = (family + command, "") if family in {*FAMILIES, "keys"} else (family, command)
        if language() == "zh":
            words = _DAILY_NAMES.get(tuple(words.split()), words)
        return " ".join(["gongguan", words, *own]) + rest

    return COMMAND.sub(whole, text)


def plain(facts: Mapping[str, Any]) -> None:
    """Print facts for a program."""
    _print_json(sys.stdout, dict(facts))


def logged_in(found: client.LoginAnswer, said: Said, as_json: bool) -> None:
    """Print that a login succeeded; the token itself is never shown."""
    shown = {"name": found.name, "role": found.role, "expires_at": found.expires_at}
    if as_json:
        _print_json(sys.stdout, shown)
        return
    role = role_name(found.role, language()) if found.role in ROLES else found.role
    print(said.text(language()).format(name=found.name, role=role, expires_at=in_china(found.expires_at)))


def failure(error: Exception, as_json: bool, settings: Settings | None = None) -> str:
    """Print a refusal (of the node, or of ours) and return its code. Result workbooks that come with it are saved."""
    found, detail, saved = _failure_in(error)
    if as_json:
        _print_json(sys.stderr, found._asdict() | {"detail": None if detail is None else _plain(detail, saved)})
        return found.code
    if detail is not None:
        _parts(detail, saved, sys.stderr)
    from gongguan.cli.facts import fact  # noqa: PLC0415 - brings all refusals along

    zh = language() == "zh"
    what = found.what if zh else found.what_en
    known = (fact(name, value) for name, value in found.facts.items())
    facts = ("，" if zh else ", ").join(one for one in known if one != what)
    around = ("（{}）" if zh else " ({})").format(facts) if facts else ""
    print(_("错误：") + what + around, file=sys.stderr)
    print(_("怎么办：") + addressed(found.next if zh else found.next_en, settings), file=sys.stderr)
    print(_("代码：") + found.code, file=sys.stderr)
    return found.code


def usage(message: str, where: str, as_json: bool) -> None:
    """Print that a command was not written as it must be."""
    if as_json:
        _print_json(sys.stderr, {"code": "usage", "what": message, "next": where})
        return
    print(_("用法不对：") + message, file=sys.stderr)
    print(_("怎么办：") + _("运行 {command} 查看写法").format(command=where), file=sys.stderr)


class Rejection(Exception):
    """A refusal of the node with the file that it is about, beside which a result workbook is saved."""

    def __init__(self, refused: client.Refused, source: Path | None) -> None:
        super().__init__(refused.failure.code)
        self.refused = refused
        self.source = source


_OWN_PLACE: Final = frozenset({"rows", "record", "file"})


def _failure_in(error: Exception) -> tuple[client.Failure, Record | None, Saved]:
    if isinstance(error, client.Refused):
        error = Rejection(error, None)
    if isinstance(error, Rejection):
        operation, found = error.refused.operation, error.refused.failure
        if operation is None or found.detail is None:
            return found, None, {}
        detail = _detail(found.detail, operation)
        # The refusal is what has to be said, also where its workbook finds no room.
        return found, detail, _saved(detail, error.source)[0]
    ours = error if isinstance(error, ProtocolError) else refuse("I-internal", error=type(error).__name__)
    return client.Failure.of(ours), None, {}


def _detail(told: Mapping[str, Any], operation: Operation) -> Record:
    """What comes with a refusal: an answer of the operation, or rows that were refused one by one."""
    if told.keys() == {"refused"}:
        from gongguan.sync.rows import RowsToCorrect  # noqa: PLC0415 - few requests have rows

        return record(nested(RowsToCorrect), told)
    return record(operation.answer, told)


def _parts(found: Record, saved: Saved, stream: TextIO | None = None) -> None:
    """Tables, records and saved files of an answer."""
    out = stream or sys.stdout
    labels = [label for label in found.labels if not label.programs]
    only = len(labels) == 1
    for label in labels:
        value = getattr(found, label.name)
        if label.form == "rows" and label.of is not None:
            _table(label, value, out)
            if not value and only:
                # Else nothing but the next step would be read, as if something were missing.
                print(f"{label.title(language())}{_('：')}{_('没有')}", file=out)
        elif label.form == "record" and label.of is not None and value is not None:
            filled = [(part, getattr(value, part.name)) for part in label.of if part.form not in _OWN_PLACE]
            _lines([(part, item) for part, item in filled if item not in (0, None)], out)
            _parts(value, {}, out)
        elif label.name in saved:
            print(f"{label.title(language())}{_('：')}{saved[label.name]}", file=out)


def _table(label: Label, rows: Sequence[Record], out: TextIO) -> None:
    if label.of is None or not rows:
        return
    columns = [column for column in label.of if not column.programs]
    short_ids = {column.name: beginnings(column, rows) for column in columns}
    cells = [[_cell(row, column) for column in columns] for row in rows]
    shown = [
        [short_ids[column.name].get(cell, cell) for column, cell in zip(columns, line, strict=True)] for line in cells
    ]
    headings = [column.title(language()) for column in columns]
    print(*tables.lines(label.title(language()), headings, shown, _room(out), _rule(out)), sep="\n", file=out)


def _room(out: TextIO) -> int:
    """How wide the console is."""
    if not out.isatty():
        return WIDTH_WITHOUT_TERMINAL
    told = os.environ.get("COLUMNS", "")
    if told.isdecimal() and int(told):
        return int(told)
    try:
        return os.get_terminal_size(out.fileno()).columns or WIDTH_UNKNOWN
    except OSError:
        return WIDTH_UNKNOWN


def _rule(out: TextIO) -> str:
    """What a line is drawn with."""
    try:
        "─".encode(out.encoding or "utf-8")
    except UnicodeEncodeError:
        return "-"
    return "─"


def _cell(row: Record, column: Label) -> str:
    """A cell; a command is said as this person types it, with the name of whom it is about in place of the id."""
    shown = _shown(column, _said(row, column.name))
    if column.name != "command":
        return shown
    name = getattr(row, "who", None) or getattr(row, "name", None)
    for field in ("subject", "member_id"):
        number = getattr(row, field, None)
        if name and number:
            shown = shown.replace(number, shlex.quote(name) if " " in name else name)
    return _in_words(addressed(shown, Settings()))


def _in_words(command: str) -> str:
    """Codes of kinds in a command as a person chooses them."""
    if language() != "zh":
        return command
    known = LISTS["contact_kind"]
    return KIND.sub(lambda found: f"--kind {known[found[1]][0]}" if found[1] in known else found[0], command)


KIND: Final = re.compile(r"--kind ([a-z_]+)")


def _said(row: Record, name: str) -> object:
    """A field, in English from its sister ``…_en`` where there is one."""
    other = getattr(row, f"{name}_en", None) if language() == "en" else None
    return getattr(row, name) if other is None else other


def _lines(pairs: Sequence[tuple[Label, object]], out: TextIO | None = None) -> None:
    for label, value in pairs:
        shown = _shown(label, value)
        if shown:
            print(f"{label.title(language())}{_('：')}{shown}", file=out or sys.stdout)


def _shown(label: Label, value: object) -> str:
    if value is None:
        return ""
    if isinstance(value, bool):
        return _("是") if value else _("否")
    if isinstance(value, Record):
        return _of_record(value)
    if isinstance(value, list | tuple) and value and isinstance(value[0], Record):
        return "；".join(map(_of_record, value))
    if isinstance(value, list | tuple):
        return visible("、".join(label.shown(str(item), language()) for item in value))
    if label.prose:
        whole = _("（以上是正文；全文连同机器文本和签名：加 --save 存成文件，或用 --json）")
        return f"{visible(prose_of(str(value)))}\n{whole}"
    return visible_in(label.name, in_china(label.shown(str(value), language())))


def _of_record(value: Record) -> str:
    """A row inside a cell: what it says without the names of its columns; of an id the beginning."""
    said = []
    for label in value.labels:
        item = getattr(value, label.name)
        if isinstance(item, bool):
            said += [label.title(language())] if item else []
        elif not label.programs and item not in (None, ""):
            shown = _shown(label, item)
            said.append(shown[:BEGINNING] if LONG_ID.fullmatch(shown) else shown)
    return " ".join(said)


def _readable(found: Record) -> dict[str, str]:
    return {label.name: _shown(label, getattr(found, label.name)) for label in found.labels}


def _plain(found: Record, saved: Saved) -> dict[str, Any]:
    """The answer for a program: bytes give way to the path under which they were saved."""
    return {name: saved.get(name) if isinstance(value, bytes) else value for name, value in found.plain().items()}


def _saved(found: Record, source: Path | None) -> tuple[Saved, ProtocolError | None]:
    """Where the files of an answer now are; and the refusal of the first that found no room."""
    saved: dict[str, str] = {}
    for label in found.labels:
        data = getattr(found, label.name)
        if label.form == "file" and data is not None:
            from gongguan.node.files.new_files import save  # noqa: PLC0415 - few answers hold a file

            # A file that has a name of its own says it in the field beside it.
            name = getattr(found, f"{label.name}_name", None) or label.suffix or label.name
            # Beside the sheet that was sent in, or in the folder where the command runs.
            wanted = source.with_name(f"{source.stem}-{name}") if source else Path(name)
            try:
                saved[label.name] = str(save(wanted, data))
            except ProtocolError as error:
                return saved, error
    return saved, None


def _print_json(stream: TextIO, value: object) -> None:
    # What a console's own encoding lacks is escaped as JSON escapes it; a program reads it back unchanged.
    plain_text = (stream.encoding or "").lower().replace("-", "").startswith("utf8")
    print(json.dumps(value, ensure_ascii=not plain_text, indent=2, default=_told), file=stream)


def _told(fact: object) -> object:
    """A fact of one of our own refusals that JSON has no form for."""
    return sorted(map(str, fact)) if isinstance(fact, set | frozenset) else str(fact)
