"""The roles of staff and what each may do. Who keeps the accounts never reads members' data, and the reverse."""

from typing import Final, Literal, NamedTuple

RoleName = Literal["system_administrator", "organisation_officer", "secretary", "branch_clerk", "reader"]


class Role(NamedTuple):
    """A role: its names, and in one sentence what it may do."""

    zh: str
    en: str
    may_zh: str


ROLES: Final[dict[str, Role]] = {
    "system_administrator": Role(
        "系统管理员",
        "system administrator",
        "登记和停用工作人员、查看审计记录；不能查看党员信息",
    ),
    "organisation_officer": Role(
        "组织干事",
        "organisation officer",
        "导入组织和党员名册，办理结对、协议起草、通知、对账",
    ),
    "secretary": Role(
        "书记",
        "secretary",
        "签署协议和确认，查看本组织范围内的党员",
    ),
    "branch_clerk": Role(
        "支部工作人员",
        "branch clerk",
        "登记本支部流动党员的日常事项",
    ),
    "reader": Role("只读", "reader", "只查看本组织范围内的资料"),
}

ADMINISTRATORS: Final = frozenset({"system_administrator"})
OFFICERS: Final = frozenset({"organisation_officer"})
SIGNERS: Final = frozenset({"secretary"})
WORKERS: Final = frozenset({"organisation_officer", "secretary", "branch_clerk"})
"""Those who do the work with members."""
VIEWERS: Final = WORKERS | {"reader"}
"""Those who may read members' data, within their subtree."""
EVERYONE: Final = VIEWERS | ADMINISTRATORS


def role_name(role: str, language: str) -> str:
    """What people call a role."""
    return ROLES[role].zh if language == "zh" else ROLES[role].en
