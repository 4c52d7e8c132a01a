"""Accounts of staff: kept by system administrators, who in turn see no member."""

from typing import Final

from gongguan.node.operations.operation import Operation
from gongguan.node.operations.said import Said
from gongguan.sync.persons.staff import (
    Nothing,
    StaffAdd,
    StaffListed,
    StaffNamed,
    StaffPassword,
    StaffView,
    add_staff,
    disable_staff,
    list_staff,
    reset_password,
)
from gongguan.sync.roles import ADMINISTRATORS

OPERATIONS: Final = (
    Operation(
        name="staff.add",
        title="登记工作人员",
        english="add a staff member",
        request=StaffAdd,
        answer=StaffView,
        roles=ADMINISTRATORS,
        function=add_staff,
        done=Said("已登记工作人员{name}（{role}，组织 {body_code}）。", "{name} ({role}, body {body_code}) is added."),
        hint=Said(
            "请本人登录后修改密码：gongguan login，再 gongguan password",
            "Ask them to log in and change the password: gongguan login, then gongguan password",
        ),
    ),
    Operation(
        name="staff.list",
        title="查看工作人员",
        english="list the staff",
        request=Nothing,
        answer=StaffListed,
        roles=ADMINISTRATORS,
        function=list_staff,
        reads=True,
    ),
    Operation(
        name="staff.disable",
        title="停用工作人员",
        english="disable a staff member",
        request=StaffNamed,
        answer=StaffView,
        roles=ADMINISTRATORS,
        function=disable_staff,
        done=Said("已停用{name}，其登录全部失效。", "{name} is disabled; all their logins have ended."),
    ),
    Operation(
        name="staff.reset",
        title="重设密码并解除锁定",
        english="set a new password and lift a lock",
        request=StaffPassword,
        answer=StaffView,
        roles=ADMINISTRATORS,
        function=reset_password,
        done=Said("已为{name}重设密码。", "{name} has a new password."),
        hint=Said("请当面把密码告诉本人，并请其登录后修改", "Tell them in person, and ask them to change it"),
    ),
)
