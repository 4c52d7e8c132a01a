"""Tokens, lockout, roles and subtrees, the audit of everything, and what a broken operation leaves behind."""

import hashlib
import re
import typing
from collections.abc import Callable
from datetime import timedelta
from typing import Any, NamedTuple

import msgspec
import pytest

from gongguan.cli.persons import PERSON_FIELDS
from gongguan.node.operations import every
from gongguan.node.staff import access, audit
from gongguan.node.staff.desk import Manner
from gongguan.node.staff.request_problems import FORMS, facts_of
from gongguan.protocol import canonical
from gongguan.protocol.errors import ProtocolError
from gongguan.sync.labels import labels_of
from gongguan.sync.records import AuditEntry, Member, Staff, Token
from gongguan.sync.roles import ROLES
from tests.fakes import MemoryDatabase
from tests.pairs import START
from tests.refusals import refusal
from tests.staff_node import NORTH_BRANCH, PASSWORD, PEOPLE, SOUTH, SOUTH_BRANCH, StaffNode, staff_node

MEMBER = "b" * 32


def with_member(branch: str) -> StaffNode:
    node = staff_node()
    member = Member(
        member_id=MEMBER,
        branch_code=branch,
        id_digest="d",
        name="王芳",
        id_number="990521199001010014",
        details="{}",
        category="full_member",
        floating=False,
    )
    node.database.write(lambda store: store.add(member))
    return node


def test_a_token_is_kept_only_as_its_hash_and_ends_after_twelve_hours() -> None:
    node = staff_node()
    token = node.token("书记")
    (kept,) = node.database.read(lambda store: store.find(Token))
    assert kept.digest == access.digest_of(token)
    assert token not in repr(kept)
    node.clock.advance(12 * 3600 - 1)
    assert node.database.read(lambda store: access.person_of(store, token, node.clock.now())).name == "书记"
    node.clock.advance(1)
    assert refusal(lambda: node.desk.perform("session.show", token, lambda kind: kind())) == "A-token"


def test_five_wrong_passwords_lock_for_fifteen_minutes_even_for_the_right_one() -> None:
    node = staff_node()
    for _ in range(access.FAILURES_MAX):
        assert refusal(lambda: node.desk.login("书记", "错误的密码-12345")) == "A-login"
    assert refusal(lambda: node.token("书记")) == "A-login"
    node.clock.advance(15 * 60 - 1)
    assert refusal(lambda: node.token("书记")) == "A-login"
    node.clock.advance(1)
    assert node.token("书记")
    assert node.database.read(lambda store: store.find(Staff, name="书记"))[0].locked_until is None


def test_a_right_password_sets_the_count_of_failures_back() -> None:
    node = staff_node()
    for _ in range(3):
        for _ in range(access.FAILURES_MAX - 1):
            refusal(lambda: node.desk.login("书记", "错误的密码-12345"))
        assert node.token("书记")


def test_nobody_a_locked_and_a_disabled_account_get_the_same_answer() -> None:
    node = staff_node()
    node.ask("管理员", "staff.disable", name="只读")
    with pytest.raises(ProtocolError) as nobody:
        node.desk.login("没有此人", PASSWORD)
    with pytest.raises(ProtocolError) as disabled:
        node.desk.login("只读", PASSWORD)
    assert (nobody.value.code, nobody.value.facts) == (disabled.value.code, disabled.value.facts) == ("A-login", {})


def test_one_person_has_at_most_ten_logins_and_the_oldest_ends() -> None:
    node = staff_node()
    tokens = []
    for _ in range(access.SESSIONS_MAX + 1):
        tokens.append(node.token("书记"))
        node.clock.advance(1)
    assert refusal(lambda: node.desk.perform("session.show", tokens[0], lambda kind: kind())) == "A-token"
    assert node.desk.perform("session.show", tokens[1], lambda kind: kind())


def test_a_login_that_ended_is_worth_nothing() -> None:
    node = staff_node()
    token = node.token("书记")
    node.desk.perform("session.end", token, lambda kind: kind())
    assert refusal(lambda: node.desk.perform("session.show", token, lambda kind: kind())) == "A-token"


def test_every_operation_refuses_each_role_that_its_row_does_not_name() -> None:
    node = staff_node()
    for name, (role, _) in PEOPLE.items():
        token = node.token(name)
        for operation in every().values():
            if role in operation.roles:
                assert node.desk.admit(operation.name, token) is operation
                continue
            assert refusal(lambda: node.desk.admit(operation.name, token)) == "A-role"  # noqa: B023
            entry = node.audit()[-1]
            assert (entry.staff, entry.operation, entry.outcome) == (name, operation.name, "A-role")


def test_no_operation_on_members_data_is_open_to_system_administrators() -> None:
    personal = [operation for operation in every().values() if operation.personal]
    assert {"member.list", "member.show"} <= {operation.name for operation in personal}
    assert all("system_administrator" not in operation.roles for operation in personal)


def test_every_operation_is_complete() -> None:
    for name, operation in every().items():
        assert operation.name == name
        assert operation.roles
        assert operation.roles <= ROLES.keys()
        assert operation.title
        assert operation.english.isascii()
        msgspec.json.Decoder(operation.request)
        msgspec.json.Decoder(operation.answer)
        assert operation.request.__struct_config__.forbid_unknown_fields
        for label in (*labels_of(operation.request), *labels_of(operation.answer)):
            assert label.zh
            assert label.en.isascii()
        said = {label.name: "x" for label in labels_of(operation.answer)}
        if operation.done is not None:
            assert operation.done.zh.format(**said)
            assert operation.done.en.format(**said)


def test_a_clerk_reads_the_own_branch_and_is_refused_the_neighbours() -> None:
    assert with_member(NORTH_BRANCH).ask("支部", "member.show", member_id=MEMBER)
    node = with_member(SOUTH_BRANCH)
    assert refusal(lambda: node.ask("支部", "member.show", member_id=MEMBER)) == "A-subtree"
    entry = node.audit()[-1]
    assert (entry.outcome, entry.about) == ("A-subtree", f"body:{SOUTH_BRANCH}")
    assert refusal(lambda: node.ask("书记", "member.list", under=SOUTH)) == "A-subtree"
    assert msgspec.to_builtins(node.ask("书记", "member.list"))["total"] == 0
    assert msgspec.to_builtins(node.ask("只读", "member.list"))["total"] == 1


def test_who_has_read_a_member_stands_in_the_audit() -> None:
    node = with_member(NORTH_BRANCH)
    node.ask("支部", "member.show", member_id=MEMBER)
    node.ask("书记", "member.show", member_id=MEMBER)
    read = msgspec.to_builtins(node.ask("管理员", "audit.list", about=f"member:{MEMBER}"))["entries"]
    assert [(entry["staff"], entry["operation"]) for entry in read] == [
        ("书记", "member.show"),
        ("支部", "member.show"),
    ]


def test_nothing_personal_enters_the_audit_whatever_is_typed() -> None:
    node = with_member(NORTH_BRANCH)
    for name in ("王芳", "990521199001010014"):
        refusal(lambda name=name: node.ask("干事", "member.show", member_id=name))
        refusal(lambda name=name: node.ask("干事", "member.list", under=name))
        refusal(lambda name=name: node.desk.login(name, PASSWORD))
    told = repr(node.audit())
    assert "王芳" not in told
    assert "990521199001010014" not in told


def altered(node: StaffNode, change: Callable[[list[AuditEntry]], AuditEntry | int]) -> int | None:
    entries = node.audit()
    done = change(entries)

    def alter(store: object) -> None:
        assert hasattr(store, "put")
        if isinstance(done, int):
            store.remove(AuditEntry, done)  # type: ignore[attr-defined]
        else:
            store.put(done)

    node.database.write(alter)
    return node.database.read(audit.first_broken)


def test_an_entry_that_is_altered_or_removed_is_named() -> None:
    def filled() -> StaffNode:
        node = staff_node()
        for _ in range(3):
            node.token("书记")
        assert node.database.read(audit.first_broken) is None
        return node

    for name in ("staff", "operation", "outcome", "at", "about"):
        changed = altered(filled(), lambda entries: msgspec.structs.replace(entries[1], **{name: "x"}))  # noqa: B023
        assert changed == 2
    assert altered(filled(), lambda entries: entries[0].number) == 1
    assert altered(filled(), lambda entries: entries[1].number) == 2


def test_every_entry_vouches_for_all_before_it() -> None:
    def head_after(first: str) -> tuple[int, str]:
        database = MemoryDatabase()
        for staff in (first, "书记"):
            database.write(
                lambda store, staff=staff: audit.append(  # type: ignore[misc]
                    store, at="2026-11-21T08:00:00Z", staff=staff, operation="member.show", outcome="ok"
                )
            )
        return database.read(audit.head)

    assert head_after("王芳") == head_after("王芳")
    assert head_after("王芳") != head_after("另一人")


def test_the_administrator_is_told_where_the_audit_breaks() -> None:
    node = staff_node()
    assert node.ask("管理员", "audit.verify")
    altered(node, lambda entries: msgspec.structs.replace(entries[1], staff="另一人"))
    with pytest.raises(ProtocolError) as caught:
        node.ask("管理员", "audit.verify")
    assert (caught.value.code, caught.value.facts) == ("I-audit-broken", {"number": 2})


def test_a_refused_operation_leaves_its_audit_entry_and_nothing_else() -> None:
    node = staff_node()
    before = node.database.read(lambda store: store.find(Staff))
    assert (
        refusal(lambda: node.ask("管理员", "staff.add", name="新人", role="reader", body="旗委", password="短"))
        == "D-password"
    )
    assert node.database.read(lambda store: store.find(Staff)) == before
    entry = node.audit()[-1]
    assert (entry.operation, entry.outcome, entry.about) == ("staff.add", "D-password", None)


def test_an_unknown_field_and_a_wrong_value_are_refused_without_repeating_the_value() -> None:
    node = staff_node()
    assert refusal(lambda: node.ask("书记", "member.list", acting_as="管理员")) == "S-request"
    with pytest.raises(ProtocolError) as caught:
        node.ask("管理员", "staff.add", name="新人", role="王芳的密码", body="旗委", password=PASSWORD)
    assert caught.value.code == "S-request"
    assert "王芳的密码" not in str(caught.value)
    assert caught.value.facts["field"] == "角色 / role"


def test_a_problem_that_has_no_words_of_its_own_is_told_without_the_value() -> None:
    told = facts_of(every()["staff.add"], "Invalid value '王芳的密码' - at `$.role`")
    assert told["problem"] == "Invalid value … - at `$.role`"


@pytest.mark.parametrize(
    ("name", "fields", "facts"),
    [
        ("staff.add", {"name": "甲"}, {"expected": "必须填 / it has to be given"}),
        ("departure.report", {"member_id": "甲"}, {"expected": "32 位编号（数字和 a 到 f），从清单里复制"}),
        ("departure.report", {"member_id": "a" * 32, "left_on": "昨天"}, {"expected": "日期，写成 2026-11-18"}),
        ("dues.enter", {"month": "11月"}, {"expected": "月份，写成 2026-11"}),
        ("member.list", {"limit": 0}, {"expected": "不小于 1"}),
        ("member.list", {"limit": "多"}, {"expected": "整数"}),
        ("member.list", {"acting_as": "甲"}, {"expected": "没有这个字段"}),
    ],
)
def test_what_is_expected_in_a_field_is_said_in_words_and_never_as_a_pattern(
    name: str, fields: dict[str, Any], facts: dict[str, str]
) -> None:
    node = staff_node()
    who = "管理员" if name.startswith("staff") else "支部"
    with pytest.raises(ProtocolError) as caught:
        node.ask(who, name, **fields)
    found = {key: str(caught.value.facts.get(key, "")) for key in facts}
    assert {key: found[key].startswith(value) for key, value in facts.items()} == dict.fromkeys(facts, True), found
    assert not re.search(r"regex|\[0-9|Expected", str(caught.value))


def test_for_every_pattern_of_every_request_it_is_said_what_is_expected() -> None:
    hints = [typing.get_type_hints(operation.request, include_extras=True) for operation in every().values()]
    found = {text for each in hints for hint in each.values() for text in re.findall(r"pattern='([^']+)'", repr(hint))}
    known = tuple(begin for begin, _ in FORMS)
    assert len(found) > len(FORMS) / 2
    assert [text for text in found if not text.startswith(known)] == []


def test_reading_a_record_is_written_down_with_person_and_reason_and_a_list_with_its_number() -> None:
    node = with_member(NORTH_BRANCH)
    node.ask("支部", "member.show", member_id=MEMBER)
    token = node.token("书记")

    def show(kind: type[msgspec.Struct]) -> msgspec.Struct:
        return msgspec.convert({"member_id": MEMBER}, kind)

    node.desk.perform("member.show", token, show, Manner(purpose="verification"))
    node.ask("干事", "member.list")
    kept = [(entry.staff, entry.about, entry.purpose, entry.records) for entry in node.audit() if entry.purpose]
    assert kept == [
        ("支部", f"member:{MEMBER}", "daily_work", 1),
        ("书记", f"member:{MEMBER}", "verification", 1),
        ("干事", f"body:{PEOPLE['干事'][1]}", "daily_work", 1),
    ]
    assert refusal(lambda: node.desk.perform("member.show", token, show, Manner(purpose="好奇"))) == "S-request"
    reads = msgspec.to_builtins(node.ask("书记", "member.reads", member_id=MEMBER))
    assert [(line["staff"], line["purpose"]) for line in reads["reads"]] == [
        ("书记", "verification"),
        ("支部", "daily_work"),
    ]
    assert node.database.read(audit.first_broken) is None


def test_an_altered_reason_breaks_the_audit_and_entries_without_one_keep_their_digest() -> None:
    node = with_member(NORTH_BRANCH)
    plain = audit.append
    entry = node.database.write(lambda store: plain(store, at="t", staff="甲", operation="body.list", outcome="ok"))
    fields = {name: getattr(entry, name) for name in ("about", "at", "number", "operation", "outcome", "staff")}
    expected = hashlib.sha256(canonical.encode({**fields, "previous": audit.BEGINNING})).hexdigest()
    assert entry.digest == expected
    node.ask("支部", "member.show", member_id=MEMBER)
    last = node.audit()[-1]
    node.database.write(lambda store: store.put(msgspec.structs.replace(last, purpose="contact")))
    assert node.database.read(audit.first_broken) == last.number


def test_a_dry_run_answers_as_in_earnest_keeps_nothing_and_is_written_down() -> None:
    node = staff_node()
    token = node.token("管理员")
    asked = {"name": "阿古拉", "role": "reader", "body": NORTH_BRANCH, "password": PASSWORD}

    def add(kind: type[msgspec.Struct]) -> msgspec.Struct:
        return msgspec.convert(asked, kind)

    tried = node.desk.perform("staff.add", token, add, Manner(dry_run=True))
    assert node.database.read(lambda store: store.get(Staff, "阿古拉")) is None
    assert node.audit()[-1].outcome == "dry-run"
    assert node.desk.perform("staff.add", token, add) == tried
    assert refusal(lambda: node.desk.perform("staff.add", token, add, Manner(dry_run=True))) == "D-staff-taken"
    officer = node.token("干事")
    assert (
        refusal(lambda: node.desk.perform("reconcile.run", officer, lambda kind: kind(), Manner(dry_run=True)))
        == "D-no-dry-run"
    )


def test_no_record_of_one_member_is_opened_without_a_word_in_the_audit_of_whom() -> None:
    opened = [
        operation
        for operation in every().values()
        if operation.reads
        and any(label.required and label.name in PERSON_FIELDS for label in labels_of(operation.request))
        and operation.name != "member.reads"
    ]
    assert len(opened) > 5
    assert [operation.name for operation in opened if not operation.personal or operation.about is None] == []


@pytest.mark.parametrize("typed", ["巴特尔", "bte", "bateer", "b" * 31])
def test_the_audit_keeps_of_whom_a_request_names_an_id_and_never_a_name_or_its_letters(typed: str) -> None:
    named = [item for item in every().values() if item.about and "person" in item.request.__struct_fields__]
    assert len(named) >= 8
    for operation in named:
        assert operation.about is not None
        assert operation.about(Named(typed)) is None, operation.name
        assert operation.about(Named(MEMBER)) == f"person:{MEMBER}"


class Named(NamedTuple):
    """Of a request only whom it names."""

    person: str


def test_a_clock_that_ran_ahead_leaves_nobody_locked_out_and_nobody_logged_in_for_a_year() -> None:
    with_wrong, with_right = timedelta(days=366), timedelta(0)
    store = MemoryDatabase()
    person = Staff(name="书记", role="secretary", body_code="9901", password="line")
    store.write(lambda writing: writing.put(person))

    def attempt(right: bool, off: timedelta, fresh: bytes = b"f" * 32) -> access.Login | None:
        tried = access.Attempt("书记", "line", START + off, fresh)
        return store.write(lambda writing: access.settle(writing, tried, right))

    login = attempt(True, with_wrong, b"a" * 32)
    assert login is not None
    assert refusal(lambda: store.read(lambda reading: access.person_of(reading, login.token, START))) == "A-token"
    for _ in range(access.FAILURES_MAX):
        assert attempt(False, with_wrong) is None
    assert attempt(True, with_wrong) is None, "locked"
    assert attempt(True, with_right) is not None
