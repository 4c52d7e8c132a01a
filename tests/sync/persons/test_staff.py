"""Accounts: who can be added, what a password must be, and that the last administrator stays."""

import pytest

from gongguan.protocol.errors import ProtocolError
from gongguan.sync.persons import passwords, staff
from gongguan.sync.records import Staff, Token
from tests.fakes import MemoryDatabase
from tests.staff_node import NORTH, PASSWORD, TOP, staff_node


@pytest.mark.parametrize("password", ["短", "123456789", "aaaaaaaaaaaa", "王芳王芳草原上的风很大", "长" * 129])
def test_a_password_that_is_short_long_monotonous_or_holds_the_name_is_refused(password: str) -> None:
    with pytest.raises(ProtocolError) as caught:
        passwords.check_rules(password, "王芳")
    assert caught.value.code == "D-password"
    passwords.check_rules("草原上的风很大啊真大", "王芳")


def test_a_stored_line_matches_its_password_in_either_byte_form_and_no_other() -> None:
    line = passwords.password_line("Zoë-草原上的风", b"0" * 16)
    assert line.startswith("$scrypt$ln=15,r=8,p=1$")
    assert "Zoë" not in line
    assert passwords.matches(line, "Zoe\u0308-草原上的风")
    assert not passwords.matches(line, "zoë-草原上的风")
    assert passwords.password_line("Zoë-草原上的风", b"1" * 16) != line


@pytest.mark.parametrize("line", ["", "!", "$scrypt$ln=30,r=8,p=1$AAAA$AAAA", "$scrypt$ln=15,r=8,p=1$===$AAAA"])
def test_a_damaged_line_matches_nothing(line: str) -> None:
    assert not passwords.matches(line, PASSWORD)


def test_the_first_administrator_is_made_once() -> None:
    database = MemoryDatabase()

    def first() -> Staff:
        return database.write(
            lambda store: staff.first_administrator(
                store, name="王芳", password=PASSWORD, body_code=TOP, salt=b"0" * 16
            )
        )

    assert first().role == "system_administrator"
    with pytest.raises(ProtocolError) as caught:
        first()
    assert caught.value.code == "D-staff-first"


@pytest.mark.parametrize(
    ("name", "body", "code"),
    [
        ("支部", TOP, "D-staff-taken"),
        ("../x", TOP, "D-staff-name"),
        ("", TOP, "D-staff-name"),
        ("新人", "无", "D-body-unknown"),
    ],
)
def test_a_name_that_is_taken_or_unusable_and_an_unknown_body_are_refused(name: str, body: str, code: str) -> None:
    node = staff_node()
    asked = staff.StaffAdd(name=name, role="reader", body=body, password=PASSWORD)
    with pytest.raises(ProtocolError) as caught:
        node.act(lambda act: staff.add_staff(act, asked), name="管理员")
    assert caught.value.code == code


def test_a_staff_member_is_placed_by_the_name_of_the_body_and_the_password_is_not_kept() -> None:
    node = staff_node()
    asked = staff.StaffAdd(name="努尔兰·阿合买提", role="secretary", body="白音敖包苏木党总支", password=PASSWORD)
    shown = node.act(lambda act: staff.add_staff(act, asked), name="管理员")
    assert shown.body_code == NORTH
    kept = node.database.read(lambda store: store.get(Staff, "努尔兰·阿合买提"))
    assert kept is not None
    assert PASSWORD not in kept.password


def test_the_last_administrator_cannot_be_disabled_and_another_can() -> None:
    node = staff_node()
    with pytest.raises(ProtocolError) as caught:
        node.act(lambda act: staff.disable_staff(act, staff.StaffNamed(name="管理员")), name="管理员")
    assert caught.value.code == "D-staff-last-administrator"
    node.token("干事")
    node.act(lambda act: staff.disable_staff(act, staff.StaffNamed(name="干事")), name="管理员")
    assert node.database.read(lambda store: store.find(Token, staff="干事")) == []
    with pytest.raises(ProtocolError) as caught:
        node.token("干事")
    assert caught.value.code == "A-login"


def test_a_reset_ends_logins_and_lifts_a_lock_and_the_own_password_needs_the_present_one() -> None:
    node = staff_node()
    token = node.token("书记")
    asked = staff.StaffPassword(name="书记", password="新的草原密码-2026")
    node.act(lambda act: staff.reset_password(act, asked), name="管理员")
    assert node.database.read(lambda store: store.find(Token, staff="书记")) == []
    assert node.desk.login("书记", "新的草原密码-2026").token != token
    wrong = staff.OwnPassword(password=PASSWORD, new_password="又一个草原密码-2026")
    with pytest.raises(ProtocolError) as caught:
        node.act(lambda act: staff.change_password(act, wrong), name="书记")
    assert caught.value.code == "A-login"
