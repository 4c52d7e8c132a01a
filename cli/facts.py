"""Facts of a refusal in words: their names in Chinese, and codes, roles and what the system says by what they mean::

fact("reason", "No space left on device")     ->  "原因：磁盘已满"
"""

from collections.abc import Callable, Mapping
from typing import Final

from gongguan.cli.locale import language
from gongguan.cli.operations import named
from gongguan.cli.readable import in_china, visible_in
from gongguan.protocol.errors.codes import CODES
from gongguan.sync.lists import LISTS
from gongguan.sync.roles import ROLES, role_name


def fact(name: str, value: object) -> str:
    """A fact of a refusal as people read it; a code inside a refusal is said in words."""
    zh = language() == "zh"
    if name == "because" and value in CODES:
        code = CODES[str(value)]
        return code.zh if zh else code.en
    parts = value if isinstance(value, list | tuple) else [value]
    if zh and name in NAMED:
        parts = [NAMED[name](str(part)) for part in parts]
    if zh and name in REASONS:
        parts = [OF_THE_SYSTEM.get(str(part), part) for part in parts]
    names = [visible_in(name, _word(_side(part, zh) if name in IN_BOTH else part)) for part in parts]
    shown = ("、" if zh else ", ").join(names)
    return f"{FACTS.get(name, name)}：{shown}" if zh else f"{name}={shown}"


IN_BOTH: Final = frozenset({"field", "expected", "problem"})
"""Facts that the node says in both languages, ``中文 / English``."""

REASONS: Final = frozenset({"error", "problem", "reason"})
"""Facts that may hold what the system says of a file or a connection."""

OF_THE_SYSTEM: Final[Mapping[str, str]] = {
    "Address already in use": "地址已被占用",
    "Connection refused": "没有程序在那里答话",
    "Connection reset by peer": "连接被对方断开",
    "File exists": "已有同名文件",
    "Input/output error": "读写出错，磁盘或介质可能坏了",
    "Is a directory": "这是一个文件夹",
    "Network is unreachable": "网络不通",
    "No route to host": "网络不通",
    "No space left on device": "磁盘已满",
    "No such file or directory": "没有这个文件或文件夹",
    "Not a directory": "不是文件夹",
    "Permission denied": "没有权限",
    "Read-only file system": "只读，不能写",
}


def _side(said: object, zh: bool) -> str:
    before, both, after = str(said).partition(" / ")
    return before if zh or not both else after


def _state(code: str) -> str:
    """A state in words: of a movement, which refusals mostly name, else of a pairing or of whatever has such one."""
    others = [name for name in LISTS if name.endswith("_state")]
    lists = (LISTS[name] for name in ("movement_state", "pairing_state", *others))
    return next((codes[code][0] for codes in lists if code in codes), code)


def _operation(name: str) -> str:
    row = named(name)
    return row.title if row is not None else name


def _kind(code: str) -> str:
    from gongguan.protocol.messages import KINDS  # noqa: PLC0415 - few refusals name one

    return LISTS["contact_kind"].get(code, (KINDS[code].purpose if code in KINDS else code,))[0]


NAMED: Final[Mapping[str, Callable[[str], str]]] = {"kind": _kind, "operation": _operation, "state": _state}
"""Facts that hold a code of ours, said in Chinese by its title."""


def _word(part: object) -> str:
    return role_name(part, language()) if isinstance(part, str) and part in ROLES else in_china(str(part))


FACTS: Final[dict[str, str]] = {
    "address": "地址",
    "allowed": "可填",
    "at": "时间",
    "awarded_by": "赋分方",
    "before": "原来的",
    "body": "组织",
    "bytes": "字节数",
    "bytes_max": "最多字节数",
    "cards": "名片",
    "chars": "字数",
    "code": "组织代码",
    "codes": "代码",
    "column": "列",
    "columns": "列名",
    "columns_max": "最多列数",
    "confirmed": "写明的条数",
    "conflict": "冲突编号",
    "count": "个数",
    "current": "现行版本",
    "days": "天数",
    "digits": "位数",
    "draft": "草稿编号",
    "duty": "职责",
    "earliest": "最早",
    "ends_on": "期满日期",
    "entry": "记载编号",
    "error": "原因",
    "event": "活动",
    "events": "活动",
    "expected": "应当是",
    "expired_at": "到期时间",
    "field": "字段",
    "file": "文件",
    "folder": "文件夹",
    "found": "现有的条数",
    "groups": "第几组",
    "header": "列名",
    "held": "现有序号",
    "host": "地址",
    "kind": "种类",
    "known": "以前核对过的数字",
    "latest": "最迟",
    "least": "最少",
    "like": "名称相近的",
    "limit": "上限",
    "matter": "事项编号",
    "meeting": "会商编号",
    "members": "党员",
    "merged_max": "最多合并格",
    "message": "消息编号",
    "missing": "还缺",
    "month": "月份",
    "months": "月数",
    "most": "最多",
    "name": "姓名",
    "named": "写明的版本",
    "node": "本节点",
    "node_id": "节点编号",
    "number": "编号",
    "operation": "操作",
    "pairing": "结对编号",
    "parent": "上级",
    "partner": "对方",
    "place": "地点",
    "port": "端口",
    "problem": "问题",
    "process": "进程号",
    "proposal": "提议编号",
    "proposed": "提出的版本",
    "quarter": "季度",
    "reach": "可办理的范围",
    "reason": "原因",
    "recipient": "收件方",
    "region": "区划",
    "report": "报告",
    "request": "申请编号",
    "role": "当前角色",
    "roles": "可办理的角色",
    "row": "行",
    "rows": "行数",
    "rows_max": "最多行数",
    "rule": "规则",
    "seconds": "秒数",
    "seen": "写明的版本",
    "sender": "发件方",
    "serial": "名片序号",
    "sha256": "文件摘要",
    "sheet": "表里",
    "shown": "现在显示的数字",
    "since": "自",
    "staff": "人员",
    "state": "状态",
    "status": "状态",
    "subject": "流动记录",
    "timeout_s": "秒数",
    "title": "名称",
    "today": "今天",
    "tops": "顶层组织",
    "unpacked_bytes_max": "解开后最多字节数",
    "until": "至",
    "url": "网址",
    "variable": "环境变量",
    "version": "版本",
    "year": "年度",
}
"""Chinese names of the facts that people meet most; others keep the name that technicians look for."""
