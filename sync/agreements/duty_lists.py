"""Duty lists (责任清单) of members and organisations: data with a version, bundled or imported (B-02, B-03).

A line says what is to be done, which duty it serves, and the sentence of the policy text that it comes from. Of a
member it says in which states it is to be done now, of an organisation which kinds of work (``sync/due/due.py``) it
asks::

    current(store).member[0].text   ->  "外出前向所在党支部报告：…"
    hash_of(current(store))         ->  "9f86…"        # the same on every node that holds the same list
"""

import re
from functools import cache
from hashlib import sha256
from importlib.resources import files
from typing import Annotated, Final, Literal

import msgspec

from gongguan.protocol import canonical
from gongguan.protocol.duties import DUTIES
from gongguan.protocol.errors import refuse
from gongguan.protocol.forms import ready
from gongguan.sync.records import Setting
from gongguan.sync.store import Store

DUTY_LISTS: Final = "duty_lists"
"""The setting that holds a list that was imported."""
LIST_LINES_MAX: Final = 200

MemberState = Literal["at_home", "reported", "left", "notified", "refused", "admitted", "returned", "ended"]
Holder = Literal["origin", "destination", "floating_organisation"]

_Code = Annotated[str, msgspec.Meta(pattern=r"^[a-z0-9_]{1,20}$")]
_Text = Annotated[str, msgspec.Meta(min_length=1, max_length=400)]
_Name = Annotated[str, msgspec.Meta(max_length=40)]
_MENTION: Final = re.compile(r"^流动党员管理责任清单（版本 .*，摘要 ([0-9a-f]{64})）。$", re.MULTILINE)


class MemberDuty(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What a member does before leaving, while away, or when something changes, in any of ``states``."""

    code: _Code
    stage: Literal["before", "after", "changed"]
    states: Annotated[list[MemberState], msgspec.Meta(min_length=1, max_length=8)]
    duty: _Name
    text: _Text
    source: _Text


class OrganisationDuty(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """What an organisation does, and the kinds of dated work that come of it."""

    code: _Code
    side: Holder
    duty: _Name
    text: _Text
    source: _Text
    work: Annotated[list[_Name], msgspec.Meta(max_length=40)]


class DutyLists(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """All lists of one version."""

    version: Annotated[str, msgspec.Meta(pattern=r"^[0-9A-Za-z._-]{1,40}$")]
    member: Annotated[list[MemberDuty], msgspec.Meta(min_length=1, max_length=LIST_LINES_MAX)]
    organisation: Annotated[list[OrganisationDuty], msgspec.Meta(min_length=1, max_length=LIST_LINES_MAX)]


def parse(data: bytes) -> DutyLists:
    """The lists that a file holds. Raises D-duty-list with the place in the file."""
    try:
        lists = msgspec.json.decode(data, type=ready(DutyLists))
    except (msgspec.MsgspecError, UnicodeDecodeError, RecursionError) as error:
        # The path names a field, never its value.
        where = str(error).rpartition("at `")[2].rstrip("`")
        raise refuse("D-duty-list", at=where if where.startswith("$") else "file") from None
    lines: list[MemberDuty | OrganisationDuty] = [*lists.member, *lists.organisation]
    if len({line.code for line in lines}) < len(lines):
        raise refuse("D-duty-list", at="code")
    unknown = next((line.code for line in lines if line.duty not in DUTIES), None)
    if unknown is not None:
        raise refuse("D-duty-list", at=unknown)
    return lists


@cache
def bundled() -> DutyLists:
    """The lists that come with the software."""
    return parse(files("gongguan.sync.agreements").joinpath("duty_lists.json").read_bytes())


def current(store: Store) -> DutyLists:
    """The lists that count on this node: those that were imported last, else those that come with the software."""
    kept = store.get(Setting, DUTY_LISTS)
    return msgspec.json.decode(kept.value, type=ready(DutyLists)) if kept else bundled()


def keep(store: Store, lists: DutyLists) -> None:
    """These lists count from now on."""
    store.put(Setting(name=DUTY_LISTS, value=msgspec.json.encode(lists).decode()))


def hash_of(lists: DutyLists) -> str:
    """SHA-256 (hex) of the lists in canonical form, however the file was laid out."""
    return sha256(canonical.encode(msgspec.to_builtins(lists))).hexdigest()


def mentioned_in(text: str, lists: DutyLists) -> str:
    """The words of an agreement with the sentence that names these lists, in place of one that named others."""
    sentence = f"流动党员管理责任清单（版本 {lists.version}，摘要 {hash_of(lists)}）。"
    rest = _MENTION.sub("", text).rstrip("\n")
    return f"{rest}\n{sentence}" if rest else sentence


def named_in(text: str) -> str | None:
    """The hash of the lists that the words of an agreement name."""
    found = _MENTION.search(text)
    return found.group(1) if found else None
