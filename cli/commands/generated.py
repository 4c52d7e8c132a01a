"""Commands made from operations: a field of the request is an option, an argument, a file or a hidden prompt.

``member.import`` with a positional file field and an outflow file becomes::

    gongguan member import 党员名册.xlsx --outflow 流出花名册.xlsx
"""

import json
import shlex
from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import TYPE_CHECKING, Any, Final

import click

from gongguan.cli import persons
from gongguan.cli.asking import AskedArgument, AskedOption, names_of
from gongguan.cli.commands import DRY_RUN, Settings, common_options, current_settings, dry_run_option
from gongguan.cli.daily import DAILY, EXAMPLES, WANTED
from gongguan.cli.locale import _, language
from gongguan.cli.moments import Moment
from gongguan.cli.operations import Operation, named
from gongguan.cli.passwords import read_secrets, stdin_option
from gongguan.protocol.errors import refuse
from gongguan.sync.label import FILE_BYTES_MAX, Label
from gongguan.sync.lists import LISTS
from gongguan.sync.roles import ROLES

if TYPE_CHECKING:  # loaded inside the functions: whoever only wants to read the help asks no node
    from gongguan.cli import client

FOR_PARTNERS = ("heard", "their_clerk", "their_number", "said_on", "letter")
"""Fields by which the word of a partner without a node is entered (``sync/paper/word.py``, not loaded here)."""

PURPOSE = "reading_purpose"
"""Parameter of commands that is no field of a request, as ``DRY_RUN``."""


class Coded(click.ParamType[str]):
    """One of a list of codes; the Chinese label is understood too."""

    name = "code"

    def __init__(self, label: Label) -> None:
        self._label = label

    def get_metavar(self, param: click.Parameter, ctx: click.Context) -> str:
        return "[" + "|".join(self._label.shown(code, language()) for code in self._label.choices) + "]"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> str:
        for code in self._label.choices:
            if value in (code, *names_of(self._label, code)):
                return code
        allowed = "、".join(f"{self._label.shown(code, language())}（{code}）" for code in self._label.choices)
        return self.fail(_("可填：{allowed}").format(allowed=allowed), param, ctx)


class Structured(click.ParamType[Any]):
    """A list or a record, given as JSON or as @ and the name of a file that holds it."""

    name = "JSON|@FILE"

    def convert(self, value: Any, param: click.Parameter | None, ctx: click.Context | None) -> Any:
        try:
            text = read_file(Path(value[1:])).decode() if value.startswith("@") else value
            return json.loads(text)
        except ValueError:
            self.fail(_("不是合规的 JSON"), param, ctx)


def command_of(operation: Operation) -> click.Command:
    """The command of one operation."""
    # What is for partners without a node comes last: most people never need it.
    labels = sorted(operation.request, key=lambda label: label.name in FOR_PARTNERS)
    wanted, unless = WANTED.get(operation.name, ("", ()))
    parameters = [
        _parameter(label, unless if label.name == wanted else None) for label in labels if label.form != "secret"
    ]
    if any(label.form == "secret" for label in labels):
        parameters.append(stdin_option())
    parameters += _manner(operation)
    roles = "、".join(ROLES[role].zh if language() == "zh" else ROLES[role].en for role in _in_order(operation))
    return click.Command(
        name=operation.tail,
        help=operation.said(language()),
        epilog="\n\n".join([_("可办理的角色：{roles}").format(roles=roles), *_examples(operation)]),
        params=[*parameters, *common_options(hidden=True)],
        callback=lambda **values: run(operation, values),
    )


def run(operation: Operation, values: dict[str, Any]) -> None:
    """Ask the node and show the answer."""
    settings = current_settings()
    from_stdin = bool(values.pop("password_stdin", False))
    dry_run, purpose = bool(values.pop(DRY_RUN, False)), values.pop(PURPOSE, None)
    labels = operation.request
    fields: dict[str, Any] = {}
    source: Path | None = None
    for label in labels:
        value = values.get(label.name)
        if value is None or value == ():
            continue
        if label.form == "file":
            source = source or Path(value)
            value = read_file(Path(value))
        fields[label.name] = list(value) if label.form == "texts" else value
    from gongguan.cli import client, output  # noqa: PLC0415 - see above

    node = client.reach(settings.folder, settings.node, named=settings.names_folder)
    calls = client.StaffClient(node, client.token_of(node, settings.staff))
    secrets = [label for label in labels if label.form == "secret"]
    new = {label.name for label in secrets if operation.family == "staff" or label.name == "new_password"}
    fields |= read_secrets(secrets, from_stdin, new)
    try:
        fields |= {
            label.name: persons.resolve(calls, label, fields.get(label.name)) for label in _persons(labels, fields)
        }
        answer = calls.call(operation, fields, dry_run=dry_run, purpose=purpose)
    except client.Refused as error:
        raise output.Rejection(error, source) from None
    if dry_run:
        output.tried()
    # With a partner without a node what comes next is the letter.
    letters = calls.letters
    trying = fields if dry_run else None
    output.answer(operation, answer, source, settings.json, hints=not letters, tried_with=trying)
    if letters and dry_run:
        output.tried_letters(len(letters))
    elif letters:
        _print_letters(calls, letters, settings)


def _print_letters(calls: "client.StaffClient", codes: Sequence[str], settings: Settings) -> None:
    """Where two nodes would exchange a bundle: the letter to print, and the sheet that comes back filled in."""
    from gongguan.cli import client, output  # noqa: PLC0415 - see above

    printing = named("letter.print")
    assert printing is not None  # it is in the table
    for code in codes:
        try:
            printed = calls.call(printing, {"code": code})
        except client.Refused as error:
            raise output.Rejection(error, None) from None
        output.letter(printing, printed, settings.json)


LOCK_FILES: Final = ("~$", ".~")
"""How WPS, Excel and LibreOffice begin the name of what they leave beside a file that is open."""


def read_file(path: Path) -> bytes:
    """The bytes of a file that a person named.

    Raises D-file-missing, D-file-lock, D-file-folder, D-file-permission, D-file-unreadable, D-file-too-large.
    """
    if path.name.startswith(LOCK_FILES):
        raise refuse("D-file-lock", file=str(path))
    try:
        with path.open("rb") as file:
            data = file.read(FILE_BYTES_MAX + 1)
    except FileNotFoundError:
        raise refuse("D-file-missing", file=str(path)) from None
    except IsADirectoryError:
        raise refuse("D-file-folder", file=str(path)) from None
    except PermissionError:
        raise refuse("D-file-permission", file=str(path)) from None
    except OSError:
        raise refuse("D-file-unreadable", file=str(path)) from None
    if len(data) > FILE_BYTES_MAX:
        raise refuse("D-file-too-large", file=str(path))
    return data


def _manner(operation: Operation) -> list[click.Parameter]:
    """Options that say how it is to be done."""
    if operation.personal and operation.reads and operation.about:
        purpose = Label(
            name=PURPOSE,
            zh="查看理由",
            en="purpose",
            form="choice",
            required=False,
            default=operation.purpose,
            choices=tuple(LISTS["purpose"]),
            codes="purpose",
        )
        return [_parameter(purpose)]
    if operation.reads or operation.outside:
        return []
    return [dry_run_option()]


def _examples(operation: Operation) -> list[str]:
    lines: Sequence[str] = EXAMPLES.get(operation.name, ())
    if language() != "zh":
        lines = [_in_english(operation, line) for line in lines]
    return ["\b\n" + "\n".join([_("例如："), *(f"  {line}" for line in lines)])] if lines else []


def _in_english(operation: Operation, line: str) -> str:
    """An example with the English name of the command and the codes of what is chosen; names of people stay."""
    program, name, *words = shlex.split(line)
    labels = {f"--{label.name.replace('_', '-')}": label for label in operation.request}
    said = [program, *(DAILY[name].words if name in DAILY else (name,))]
    for before, word in zip([name, *words], words, strict=False):
        label = labels.get(before)
        codes = [code for code in label.choices if word in names_of(label, code)] if label else []
        said.append(codes[0] if codes else word)
    return " ".join(said)


def _parameter(label: Label, unless: Sequence[str] | None = None) -> click.Parameter:
    title = label.title(language()) + (_("，或姓名、拼音首字母") if label.name in persons.PERSON_FIELDS else "")
    if label.argument:
        metavar = "FILE" if label.form == "file" else label.name.upper()
        shown = metavar if label.required else f"[{metavar}]"
        if label.form == "texts":
            return AskedArgument(
                [label.name], label=label, required=label.required, metavar=f"{shown}…", nargs=-1, help=title
            )
        return AskedArgument(
            [label.name], label=label, type=_type(label), required=label.required, metavar=shown, help=title
        )
    note = _("（默认 {value}）").format(value=label.shown(str(label.default), language())) if _is_told(label) else ""
    dashed = "purpose" if label.name == PURPOSE else label.name.replace("_", "-")
    name = f"--{dashed}/--no-{dashed}" if label.form == "flag" else f"--{dashed}"
    return AskedOption(
        [name, label.name],
        label=label,
        unless=unless,
        type=_type(label),
        required=label.required,
        # A default of None counts as given: then nothing would be missing.
        **({} if label.required else {"default": None}),
        multiple=label.form == "texts",
        metavar="FILE" if label.form == "file" else None,
        help=title + note,
    )


def _persons(labels: Sequence[Label], given: Mapping[str, Any]) -> list[Label]:
    return [label for label in labels if label.name in persons.PERSON_FIELDS and label.name in given]


def _is_told(label: Label) -> bool:
    """Whether the default says something: an empty text, an empty list or a flag that is off do not."""
    return label.default not in (None, "", (), False)


def _type(label: Label) -> click.ParamType[Any] | None:
    match label.form:
        case "integer":
            return click.INT
        case "flag":
            return click.BOOL
        case "choice":
            return Coded(label)
        case "texts" if label.choices:
            return Coded(label)
        case "text" if label.moment:
            return Moment(label.moment)
        case "rows" | "record":
            return Structured()
        case _:
            return click.STRING


def _in_order(operation: Operation) -> list[str]:
    return [role for role in ROLES if role in operation.roles]
