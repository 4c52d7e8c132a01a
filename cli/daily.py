"""What people do daily: Chinese names for those commands, and examples under their help. English names stay.

DAILY["党费"]            ->  ("entry", "dues")       # gongguan 党费 …  is  gongguan entry dues …
EXAMPLES["dues.enter"]   ->  ("gongguan 党费 2026-11 --paid-on 2026-11-20 --people 巴特尔", …)
"""

from collections.abc import Mapping
from typing import Final, NamedTuple


class Daily(NamedTuple):
    """A command that has a Chinese name: its words, and what it is for."""

    words: tuple[str, ...]
    zh: str


WANTED: Final[Mapping[str, tuple[str, tuple[str, ...]]]] = {
    "admission.give": ("certificate_number", ("id_number", "override_reason", "heard")),
    "dues.enter": ("people", ("rows",)),
    "activity.attend": ("present", ("absent", "rows")),
}
"""Operation → the option without which it says nothing, and what may stand instead: asked for at a terminal."""

DAILY: Final[Mapping[str, Daily]] = {
    "今天": Daily(("today",), "现在应办的事"),
    "交表": Daily(("sheet", "take"), "交填好的表，自己认出是哪一种"),
    "取表": Daily(("sheet", "make"), "取一张空表，范围内的人已写好"),
    "撤表": Daily(("sheet", "undo"), "整批撤销一张交错的表"),
    "联系": Daily(("contact", "record"), "登记一次联系或走访"),
    "参加": Daily(("entry", "life-all"), "登记谁参加了一次活动"),
    "党费": Daily(("dues", "enter"), "登记谁交了一个月的党费"),
    "外出": Daily(("departure", "report"), "登记外出前的报告"),
    "通报": Daily(("departure", "notify"), "向流入地通报一人"),
    "报到": Daily(("admission", "give"), "接收来报到的人并编入党组织"),
    "返回": Daily(("movement", "return"), "办理流动结束"),
    "督促": Daily(("movement", "remind"), "登记一次督促报到"),
    "反馈": Daily(("feedback", "give-all"), "反馈本季度还没有反馈的人"),
    "诉求": Daily(("care", "update"), "登记一件诉求办得怎样"),
    "考察": Daily(("probation", "observe"), "登记预备党员季度考察"),
    "上报": Daily(("superior", "report"), "把应向上级报告的做成一份报告"),
    "流出名册": Daily(("roster", "outflow"), "导出流出党员花名册"),
    "流入名册": Daily(("roster", "inflow"), "导出流入党员花名册"),
    "台账": Daily(("roster", "register"), "导出流入党员管理台账"),
    "反馈表": Daily(("feedback", "export"), "导出一个季度的反馈"),
    "清单": Daily(("duty", "list"), "一名党员或本方组织的责任清单"),
    "找人": Daily(("person", "find"), "按姓名或拼音首字母找人"),
}
"""Chinese name → what it stands for, in the order of the help."""

EXAMPLES: Final[Mapping[str, tuple[str, ...]]] = {
    "today.list": ("gongguan 今天", "gongguan today --kind admission"),
    "sheet.take": ("gongguan 交表 组织生活参加情况表.xlsx", "gongguan 交表 党费.csv --dry-run"),
    "sheet.make": (
        "gongguan 取表 参加情况 --set 日期=2026-11-18 --set 活动类别=主题党日",
        "gongguan 取表 党费 --set 月份=2026-11",
    ),
    "sheet.map": ("gongguan sheet map 党员基本信息采集表 --set 党员全名=姓名 --set 证件号=公民身份号码",),
    "sheet.undo": ("gongguan 撤表 12",),
    "contact.record": ("gongguan 联系 巴特尔 --kind 季度联系 --on 2026-11-18 --channel 电话", "gongguan 联系"),
    "roster.outflow": ("gongguan 流出名册", "gongguan 流出名册 --on 2026-09-30"),
    "roster.inflow": ("gongguan 流入名册",),
    "roster.register": ("gongguan 台账 --on 2026-09-30",),
    "feedback.export": ("gongguan 反馈表 --quarter 2026Q4",),
    "entry.life_all": ("gongguan 参加 巴特尔 其木格 --activity 主题党日 --on 2026-11-18",),
    "entry.life": (
        "gongguan entry life bte --event 2026-11-ztdr --activity 主题党日 --on 2026-11-18 "
        "--attendance 经确认未参加 --absence-reason 因病",
    ),
    "dues.enter": ("gongguan 党费 2026-11 --paid-on 2026-11-20 --people 巴特尔 --people qmg", "gongguan 党费"),
    "departure.report": (
        "gongguan 外出 巴特尔 --left-on 2026-11-10 --destination-place 990107 --reason 外出务工经商 "
        "--briefed-on 2026-11-09",
    ),
    "departure.notify": ("gongguan 通报 巴特尔",),
    "admission.give": (
        "gongguan 报到 巴特尔 --managing-body 云港社区党支部 --arrived-on 2026-11-15 "
        "--contact-officer 陈支书 --contact-phone 10099000104 --certificate-number 9905212026H001",
    ),
    "movement.return": ("gongguan 返回 巴特尔 --ended-on 2026-11-30 --reason 返回",),
    "duty.list": ("gongguan 清单 --member 巴特尔", "gongguan 清单"),
    "person.find": ("gongguan 找人 bte", "gongguan 找人 巴特 --need 流动记录"),
}
"""Operation → command lines as a person types them. Members may be named by id, name, part of it, or pinyin."""
