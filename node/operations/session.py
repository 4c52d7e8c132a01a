"""The person's own login. Logging in itself has no token yet: see ``node/staff/desk.py``."""

from typing import Annotated, Final

import msgspec

from gongguan.node.operations.operation import Operation
from gongguan.node.operations.said import Said
from gongguan.sync.act import Act
from gongguan.sync.labels import labelled
from gongguan.sync.persons.staff import Nothing, OwnPassword, StaffView, change_password, end_logins, view
from gongguan.sync.roles import EVERYONE, ROLES


class Session(msgspec.Struct, frozen=True, kw_only=True):
    """Who is logged in."""

    name: Annotated[str, labelled("姓名", "name")]
    role: Annotated[str, labelled("角色", "role", codes="role")]
    may: Annotated[str, labelled("职责", "may (in Chinese)")]
    body_code: Annotated[str, labelled("所在组织", "body")]


def show_session(act: Act, request: Nothing) -> Session:
    """The acting person."""
    person = act.staff
    return Session(name=person.name, role=person.role, may=ROLES[person.role].may_zh, body_code=person.body_code)


def end_session(act: Act, request: Nothing) -> StaffView:
    """End every login of the acting person, on all machines."""
    end_logins(act.store, act.staff.name)
    return view(act.staff)


OPERATIONS: Final = (
    Operation(
        name="session.show",
        title="查看当前登录的人员",
        english="show who is logged in",
        request=Nothing,
        answer=Session,
        roles=EVERYONE,
        function=show_session,
        reads=True,
    ),
    Operation(
        name="session.end",
        title="退出登录",
        english="log out",
        request=Nothing,
        answer=StaffView,
        roles=EVERYONE,
        function=end_session,
        done=Said("{name}已退出登录。", "{name} is logged out."),
    ),
    Operation(
        name="session.password",
        title="修改本人密码",
        english="change the own password",
        request=OwnPassword,
        answer=StaffView,
        roles=EVERYONE,
        function=change_password,
        done=Said("密码已修改，原来的登录全部失效。", "The password is changed; all logins have ended."),
        hint=Said("请用新密码重新登录：gongguan login", "Log in again: gongguan login"),
    ),
)
