"""Names where a command takes an id: the node finds who is meant, and nobody is chosen by guess.

    resolve(client, label, "bte", …)   ->  "3f0c…"     # one fits; who it is stands on standard error

Where several fit, a terminal shows them by number; a program gets D-person-ambiguous, and a person the list.
"""

import re
from collections.abc import Callable, Mapping
from typing import TYPE_CHECKING, Any, Final, TypeVar

import click

from gongguan.cli.commands import current_settings
from gongguan.cli.locale import _, language
from gongguan.cli.operations import Operation, family
from gongguan.protocol.errors import ProtocolError, refuse
from gongguan.sync.label import Label

if TYPE_CHECKING:  # loaded inside the functions: whoever only wants to read the help asks no node
    from gongguan.cli import client

T = TypeVar("T")

PERSON_FIELDS: Final[Mapping[str, str]] = {
    "member_id": "member",
    "subject": "movement",
    "subjects": "movement",
    "person": "charge",
    "people": "charge",
    "present": "charge",
    "absent": "charge",
    "received": "charge",
    "not_reached": "charge",
    "without": "charge",
}
"""Fields of requests that name a member → what is looked for."""

NOBODY: Final = frozenset({"D-person-unknown", "D-person-not-away", "D-person-unnotified"})
"""Refusals of a name that nobody fits."""

ID: Final = re.compile(r"[0-9a-f]{32}")

JOINED: Final = re.compile("[、，,；;]")


def resolve(calls: "client.StaffClient", label: Label, value: Any) -> Any:
    """The id, or ids, that ``value`` stands for. Raises D-person-unknown, D-person-ambiguous, client.Refused."""
    if label.name not in PERSON_FIELDS or value is None:
        return value
    if label.form == "texts":
        return [_one(calls, label, text) for given in value for text in parted(given)]
    return _one(calls, label, value)


def found_now(label: Label, text: str) -> str:
    """The id of whom an answer at a terminal means, so that a wrong name is asked for again at once.

    Raises click.UsageError where nobody fits, output.Rejection where the node refuses.
    """
    try:
        return _found(label, text)
    except ProtocolError as error:
        if error.code not in NOBODY:
            raise
        raise click.UsageError(f"{error.sentence(language())}：{text}。{error.next_step(language())}") from None


def within_reach(label: Label) -> dict[str, str]:
    """Everyone whom this may be done for, as a line to show → id; empty where they are more than a screen lists."""
    found: Any = _asked(lambda calls: calls.call(_finding(), {"text": "", "need": PERSON_FIELDS[label.name]}))
    return {_line(person): str(person.id) for person in found.people} if found.total == len(found.people) else {}


def branches() -> list[Any]:
    """The bodies within reach that members belong to, as ``body.list`` gives them."""
    from gongguan.sync.persons.members import MEMBER_BRANCHES  # noqa: PLC0415 - see above

    found: Any = _asked(lambda calls: calls.call(family("body")["body.list"], {}))
    return [body for body in found.bodies if body.category in MEMBER_BRANCHES]


def _found(label: Label, text: str) -> str:
    return _asked(lambda calls: _one(calls, label, text))


def _asked(work: "Callable[[client.StaffClient], T]") -> T:
    settings = current_settings()
    from gongguan.cli import client, output  # noqa: PLC0415 - see above

    node = client.reach(settings.folder, settings.node, named=settings.names_folder)
    try:
        return work(client.StaffClient(node, client.token_of(node, settings.staff)))
    except client.Refused as error:
        raise output.Rejection(error, None) from None


def checked(label: Label, value: Any) -> Any:
    """What was typed with the command, with ids in place of names, before anything else is asked for.

    Raises D-person-unknown and its like, output.Rejection.
    """
    if label.name not in PERSON_FIELDS or not value:
        return value
    if label.form == "texts":
        return tuple(_found(label, text) for given in value for text in parted(given))
    return _found(label, value)


def parted(text: str) -> list[str]:
    """The names in one word that joins several as Chinese does: 吕建国、王芳."""
    return [name for name in (part.strip() for part in JOINED.split(text)) if name]


def _one(calls: "client.StaffClient", label: Label, text: str) -> str:
    if ID.fullmatch(text):
        return text
    found: Any = calls.call(_finding(), {"text": text, "need": PERSON_FIELDS[label.name]})
    if found.total == 0:
        raise _nobody(found, text)
    if found.total == 1:
        (person,) = found.people
        _say(f"→ {_line(person)}" if text == person.name else f"{text} → {_line(person)}")
        return str(person.id)
    return _chosen(found)


def _nobody(found: Any, text: str) -> ProtocolError:
    """Whom nobody fits, as it was typed; of somebody on the roster by name what is still to be done first."""
    if not found.unfit:
        return refuse("D-person-unknown", name=text)
    names = list(dict.fromkeys(person.name for person in found.unfit))
    lacking = {person.lacks for person in found.unfit}
    return refuse("D-person-unnotified" if lacking == {"notice"} else "D-person-not-away", name=names)


def _chosen(found: Any) -> str:
    from gongguan.cli import asking  # noqa: PLC0415 - it needs this module

    context = click.get_current_context()
    lines = [_line(person) for person in found.people]
    if not asking.can_ask(context):
        if not getattr(context.obj, "json", False):
            for person, line in zip(found.people, lines, strict=True):
                click.echo(f"  {line}  {person.id}", err=True)
        raise refuse("D-person-ambiguous", count=found.total)
    if found.total > len(lines):
        click.echo(
            _("共 {total} 人，只列出前 {shown} 人；可按 Ctrl-C 再多打几个字。").format(
                total=found.total, shown=len(lines)
            ),
            err=True,
        )
    return str(found.people[asking.pick(_("哪一位"), lines)].id)


def _line(person: Any) -> str:
    parts = [person.name, person.body, person.peer]
    return "　".join(part for part in parts if part)


def _say(line: str) -> None:
    if not getattr(click.get_current_context().obj, "json", False):
        click.echo(line, err=True)


def _finding() -> Operation:
    return family("person")["person.find"]
