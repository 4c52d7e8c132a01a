"""Chinese and English names for the fields of requests and answers, kept at the field itself.

From them come the options and help of the command line, the columns of its tables, and later forms. ``form`` says how
a person gives or sees a field::

    class BodyList(msgspec.Struct, frozen=True, forbid_unknown_fields=True):
        under: Annotated[str | None, labelled("上级组织", "parent body")] = None
"""

import functools
import re
import types
import typing
from typing import Annotated, Any, Final

import msgspec

from gongguan.sync.label import Form, Label, MomentKind

DATE: Final = r"^[0-9]{4}-(0[1-9]|1[0-2])-(0[1-9]|[12][0-9]|3[01])$"
"""The pattern of a day in a request; whether a calendar has it is checked by the function."""

_MOMENTS: Final[dict[MomentKind, str]] = {"day": "2026-11-18", "month": "2026-11", "quarter": "2026Q4"}
"""What a text is that only one of these fits; a day or a month where those two do."""


def labelled(
    zh: str,
    en: str,
    *,
    codes: str | None = None,
    argument: bool = False,
    secret: bool = False,
    suffix: str | None = None,
    prose: bool = False,
    programs: bool = False,
    **bounds: Any,
) -> msgspec.Meta:
    """The annotation of one field.

    ``codes`` names a list of ``lists.LISTS`` (or ``role``, or ``refusal``) whose labels are printed. ``argument``
    makes the field positional on the command line. ``secret`` is prompted for and never an option. ``suffix`` ends the
    file name under which the command line saves bytes of an answer. Of a text marked ``prose`` people see the
    paragraphs and not the data for machines that follow; what is for ``programs`` they do not see at all, since
    another field sums it up. ``bounds`` are those of ``msgspec.Meta``; a field that may be None takes them inside:
    ``Annotated[Annotated[str, msgspec.Meta(max_length=40)] | None, …]``.
    """
    extra = {
        "en": en,
        "codes": codes,
        "argument": argument,
        "secret": secret,
        "suffix": suffix,
        "prose": prose,
        "programs": programs,
    }
    return msgspec.Meta(description=zh, extra=extra, **bounds)


ROWS_SHOWN_MAX: Final = 1000
"""Rows of one list: for more there are exports and narrower questions."""

RowsShown = Annotated[int, labelled("最多显示", "at most", ge=1, le=ROWS_SHOWN_MAX)]
"""How many rows a person wants to see."""


@functools.cache
def labels_of(struct: type[msgspec.Struct]) -> tuple[Label, ...]:
    """The labels of all fields, in order. Raises TypeError for a field without ``labelled``: a mistake of ours."""
    hints = typing.get_type_hints(struct, include_extras=True)
    return tuple(_label(struct, field, hints[field.name]) for field in msgspec.structs.fields(struct))


def _label(struct: type[msgspec.Struct], field: msgspec.structs.FieldInfo, hint: Any) -> Label:
    if typing.get_origin(hint) is not typing.Annotated:
        raise TypeError(f"{struct.__name__}.{field.name} has no label")
    plain, *notes = typing.get_args(hint)
    meta = next((note for note in notes if isinstance(note, msgspec.Meta) and note.description), None)
    if meta is None:
        raise TypeError(f"{struct.__name__}.{field.name} has no label")
    extra = meta.extra or {}
    form, choices, of = _form(plain, bool(extra["secret"]))
    default = None if field.default is msgspec.NODEFAULT else field.default
    return Label(
        name=field.name,
        zh=meta.description or "",
        en=extra["en"],
        form=form,
        required=field.required,
        default=default,
        choices=choices,
        codes=extra["codes"],
        argument=extra["argument"],
        suffix=extra["suffix"],
        prose=extra["prose"],
        programs=extra["programs"],
        moment=_moment(plain, meta),
        of=of,
    )


_PLAIN: Final[dict[object, Form]] = {str: "text", int: "integer", bool: "flag", bytes: "file"}


def _form(annotation: Any, secret: bool) -> tuple[Form, tuple[str, ...], type[msgspec.Struct] | None]:
    inner = _without_none(annotation)
    if typing.get_origin(inner) is typing.Literal:
        return "choice", tuple(typing.get_args(inner)), None
    if typing.get_origin(inner) in (list, tuple):
        item = typing.get_args(inner)[0]
        codes = tuple(typing.get_args(item)) if typing.get_origin(item) is typing.Literal else ()
        return ("rows", (), item) if _is_struct(item) else ("texts", codes, None)
    if _is_struct(inner):
        return "record", (), inner
    if inner not in _PLAIN:
        raise TypeError(f"no form for {annotation!r}")
    return ("secret" if secret else _PLAIN[inner]), (), None


def _moment(annotation: Any, meta: msgspec.Meta) -> MomentKind | None:
    pattern = meta.pattern or next(iter(_patterns(annotation)), None)
    fitting = [kind for kind, text in _MOMENTS.items() if pattern and re.search(pattern, text)]
    if fitting == ["day", "month"] and not re.search(str(pattern), "10000000001"):
        return "day_or_month"
    return fitting[0] if len(fitting) == 1 else None


def _patterns(annotation: Any) -> list[str]:
    if typing.get_origin(annotation) in (types.UnionType, typing.Union):
        return [found for member in typing.get_args(annotation) for found in _patterns(member)]
    notes = typing.get_args(annotation)[1:] if typing.get_origin(annotation) is typing.Annotated else ()
    return [note.pattern for note in notes if isinstance(note, msgspec.Meta) and note.pattern]


def _without_none(annotation: Any) -> Any:
    if typing.get_origin(annotation) in (types.UnionType, typing.Union):
        members = [member for member in typing.get_args(annotation) if member is not types.NoneType]
        return _without_none(members[0]) if len(members) == 1 else annotation
    return typing.get_args(annotation)[0] if typing.get_origin(annotation) is typing.Annotated else annotation


def _is_struct(annotation: Any) -> bool:
    return isinstance(annotation, type) and issubclass(annotation, msgspec.Struct)
