"""The people who work on this node: adding, listing, disabling, passwords.

A name is who the audit says did something, so it is never reused and an account is never removed. The first system
administrator is made by ``init``; there is always one more::

    first_administrator(store, name="王芳", password="…", body_code="1501", salt=rng(SALT_BYTES))
"""

import re
import unicodedata
from typing import Annotated

import msgspec

from gongguan.protocol.errors import refuse
from gongguan.sync.act import Act
from gongguan.sync.labels import labelled
from gongguan.sync.persons.bodies import resolve, subtree
from gongguan.sync.persons.passwords import PASSWORD_CHARS_MAX, SALT_BYTES, check_rules, matches, password_line
from gongguan.sync.records import ContactOfficer, Staff, Token
from gongguan.sync.roles import RoleName
from gongguan.sync.store import Store

NAME = re.compile(r"[^\W_](?:[\w ·.()（）-]{0,38}[\w)）])?")
"""Letters of any script first, then also digits, dots, spaces and brackets (to tell namesakes apart)."""

StaffName = Annotated[str, labelled("姓名", "name", argument=True, max_length=40)]
NewPassword = Annotated[str, labelled("密码", "password", secret=True, max_length=PASSWORD_CHARS_MAX)]


class StaffAdd(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``staff.add``."""

    name: StaffName
    role: Annotated[RoleName, labelled("角色", "role", codes="role")]
    body: Annotated[str, labelled("所在组织（代码、全称或简称）", "body (code or name)", max_length=120)]
    password: NewPassword


class StaffNamed(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``staff.disable``."""

    name: StaffName


class StaffPassword(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``staff.reset``: an administrator sets a new password; logins end, a lock is lifted."""

    name: StaffName
    password: NewPassword


class OwnPassword(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Request of ``session.password``."""

    password: Annotated[str, labelled("现在的密码", "present password", secret=True, max_length=PASSWORD_CHARS_MAX)]
    new_password: Annotated[str, labelled("新密码", "new password", secret=True, max_length=PASSWORD_CHARS_MAX)]


class Nothing(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """A request without fields."""


class StaffView(msgspec.Struct, frozen=True, kw_only=True):
    """One person; never the password line."""

    name: Annotated[str, labelled("姓名", "name")]
    role: Annotated[str, labelled("角色", "role", codes="role")]
    body_code: Annotated[str, labelled("所在组织", "body")]
    disabled: Annotated[bool, labelled("已停用", "disabled")]
    locked_until: Annotated[str | None, labelled("锁定至", "locked until")]


class StaffListed(msgspec.Struct, frozen=True, kw_only=True):
    """Answer of ``staff.list``."""

    staff: Annotated[list[StaffView], labelled("工作人员", "staff")]


def names_in_reach(act: Act) -> list[str]:
    """Those who work, or worked, for a body of the acting person's subtree: what they took down is theirs to see."""
    return [person.name for person in act.store.find(Staff, body_code__in=subtree(act.store, act.staff.body_code))]


def first_administrator(store: Store, *, name: str, password: str, body_code: str, salt: bytes) -> Staff:
    """The first system administrator of a new node. Raises D-staff-first, D-staff-name, D-password."""
    if store.count(Staff):
        raise refuse("D-staff-first")
    person = Staff(name=_clean(name), role="system_administrator", body_code=body_code, password=password)
    return _enrol(store, person, salt)


def add_staff(act: Act, request: StaffAdd) -> StaffView:
    """Raises D-staff-taken, D-staff-name, D-password, D-body-unknown, D-body-ambiguous."""
    body = resolve(act.store, request.body)
    person = Staff(name=_clean(request.name), role=request.role, body_code=body.code, password=request.password)
    return view(_enrol(act.store, person, act.rng(SALT_BYTES)))


def list_staff(act: Act, request: Nothing) -> StaffListed:
    """Everyone who ever worked here."""
    return StaffListed(staff=[view(person) for person in act.store.find(Staff)])


def disable_staff(act: Act, request: StaffNamed) -> StaffView:
    """End an account and its logins. Raises D-staff-unknown, D-staff-last-administrator, D-officer-in-charge (B-09)."""
    person = _person(act.store, request.name)
    others = act.store.find(Staff, role="system_administrator", disabled=False, name__ne=person.name, limit=1)
    if person.role == "system_administrator" and not others:
        raise refuse("D-staff-last-administrator")
    members = act.store.count(ContactOfficer, staff=person.name, until=None)
    if members:
        raise refuse("D-officer-in-charge", members=members)
    disabled = msgspec.structs.replace(person, disabled=True)
    act.store.put(disabled)
    end_logins(act.store, person.name)
    return view(disabled)


def reset_password(act: Act, request: StaffPassword) -> StaffView:
    """Raises D-staff-unknown, D-password."""
    person = _person(act.store, request.name)
    check_rules(request.password, person.name)
    line = password_line(request.password, act.rng(SALT_BYTES))
    changed = msgspec.structs.replace(person, password=line, failures=0, locked_until=None)
    act.store.put(changed)
    end_logins(act.store, person.name)
    return view(changed)


def change_password(act: Act, request: OwnPassword) -> StaffView:
    """The person's own password; all logins end. Raises A-login for a wrong present one, D-password."""
    if not matches(act.staff.password, request.password):
        raise refuse("A-login")
    check_rules(request.new_password, act.staff.name)
    line = password_line(request.new_password, act.rng(SALT_BYTES))
    changed = msgspec.structs.replace(act.staff, password=line)
    act.store.put(changed)
    end_logins(act.store, act.staff.name)
    return view(changed)


def end_logins(store: Store, name: str) -> None:
    """Make every token of a person worthless."""
    for token in store.find(Token, staff=name):
        store.remove(Token, token.digest)


def view(person: Staff) -> StaffView:
    """What may be shown of an account."""
    return StaffView(
        name=person.name,
        role=person.role,
        body_code=person.body_code,
        disabled=person.disabled,
        locked_until=person.locked_until,
    )


def _person(store: Store, name: str) -> Staff:
    found = store.get(Staff, _clean(name))
    if found is None:
        raise refuse("D-staff-unknown")
    return found


def _enrol(store: Store, person: Staff, salt: bytes) -> Staff:
    """Store ``person``, whose ``password`` is still the password itself."""
    if not NAME.fullmatch(person.name):
        raise refuse("D-staff-name")
    if store.get(Staff, person.name) is not None:
        raise refuse("D-staff-taken")
    check_rules(person.password, person.name)
    enrolled = msgspec.structs.replace(person, password=password_line(person.password, salt))
    store.add(enrolled)
    return enrolled


def _clean(name: str) -> str:
    return unicodedata.normalize("NFC", name).strip()
