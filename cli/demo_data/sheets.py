"""How offices write down what is true of bodies and members: the cells of their sheets, and the workbook as bytes.

Names are padded or have a look-alike dot, ID numbers an apostrophe or spaces, dates one of many forms; every one of
them can be read. ``bad_rows`` cannot. The times in a workbook are fixed, so that its bytes are::

    xlsx("党员基本信息采集表", MEMBER_HEADER, [member_cells(person, at) for at, person in enumerate(persons)])
"""

import io
from collections.abc import Callable, Iterator, Sequence
from datetime import date, datetime
from typing import NamedTuple

from gongguan.cli.demo_data.persons import SURNAMES, Person, words

_SERIAL_ZERO = date(1899, 12, 30)
_LOOKALIKE_DOTS = "·•・‧．.･"


class Body(NamedTuple):
    """One line of the sheet of bodies; ``parent`` is a code or a name, "" for the top."""

    code: str
    full_name: str
    short_name: str
    category: str
    parent: str
    secretary: str


def _written_name(name: str, at: int) -> str:
    if "·" in name:
        return name.replace("·", _LOOKALIKE_DOTS[at % len(_LOOKALIKE_DOTS)])
    if len(name) == 2 and at % 2 == 0 and name[0] in SURNAMES:
        return f"{name[0]}　{name[1]}"
    return f" {name}" if at % 17 == 5 else name


def _written_id(number: str, at: int) -> str:
    if number.endswith("X"):
        return number[:-1] + ("X", "x", "Ｘ", "ｘ")[at % 4]
    if at % 11 == 3:
        return f"'{number}"
    if at % 11 == 7:
        return f"{number[:6]} {number[6:14]} {number[14:]}"
    return number


def _written_date(value: str, at: int) -> object:
    if not value:
        return None
    year, month, *day = (int(part) for part in value.split("-"))
    if not day:
        # Never the bare number 2024.1: nobody could tell it from 2024.10.
        number = float(f"{year}.{month}") if month not in {1, 10} else f"{year}.{month:02}"
        return (f"{year}.{month}", f"{year}年{month}月", f"{year}{month:02}", number, MonthCell(year, month))[at % 5]
    whole = date(year, month, day[0])
    serial = (whole - _SERIAL_ZERO).days
    forms = (value, f"{year}.{month}.{day[0]}", f"{year}年{month}月{day[0]}日", int(f"{whole:%Y%m%d}"), whole, serial)
    return forms[at % 6]


class MonthCell(NamedTuple):
    """A date that is shown without its day."""

    year: int
    month: int


def _written_yes(value: bool, at: int) -> object:
    return ("是", "√", "有")[at % 3] if value else ("否", "否", None, "×")[at % 4]


def _written_phone(value: str, at: int) -> object:
    return (value, int(value), f"{value[:3]} {value[3:7]} {value[7:]}", value)[at % 4]


MEMBER_HEADER = words("""
    序号 姓名 所在党支部 公民身份号码 性别 民族 出生日期 学历 人员类别 加入党组织日期 转为正式党员日期
    工作岗位 手机号 固定电话 家庭住址 党籍状态 是否为失联党员 失去联系日期 是否为流动党员 外出流向
""")


def member_cells(person: Person, at: int) -> list[object]:
    """A line of the members' sheet."""
    return [
        at + 1,
        _written_name(person.name, at),
        person.branch,
        _written_id(person.id_number, at),
        person.sex,
        person.people if at % 5 else person.people.removesuffix("族"),
        _written_date(person.born_on, at),
        person.education,
        person.category,
        _written_date(person.joined_on, at + 1),
        _written_date(person.full_member_on, at + 2),
        person.post,
        _written_phone(person.phone, at),
        "/" if at % 20 == 0 else None,
        person.address,
        "正常",
        _written_yes(False, at),
        None,
        _written_yes(person.floating, at),
        person.direction or None,
    ]


OUTFLOW_HEADER = words("""
    序号 姓名 性别 公民身份号码 所在基层党委 所在党支部 原职业 流出日期 流动类型 流动范围 外出流向(类别)
    流入地(省市县) 流入单位 流出原因 是否持《活动证》 活动证号 流入党支部 流入党支部联系人 联系电话
    本人联系方式 联系情况 失联时间 联系责任人 组织关系状态 状态 返回日期 备注
""")


def outflow_cells(person: Person, at: int, secretary: str) -> list[object]:
    """A line of the outflow roster; the branch secretary answers for the contact."""
    return [
        at + 1,
        _written_name(person.name, at + 3),
        person.sex,
        _written_id(person.id_number, at + 5),
        "旗委",
        person.branch,
        "农牧渔民" if person.post == "农牧民" else "其他",
        _written_date(person.left_on, at),
        "跨省",
        "跨省",
        person.direction,
        person.place,
        person.unit or None,
        ("外出务工经商", "务工", "居住地改变")[at % 3],
        "有" if person.certificate else "无",
        person.certificate or None,
        None,
        None,
        None,
        _written_phone(person.phone, at + 1),
        "正常联系" if at % 6 else "联系不经常",
        None,
        secretary,
        "未转出",
        "流出",
        None,
        "春节返乡" if at % 7 == 0 else None,
    ]


BODY_HEADER = words("代码 全称 简称 类别 上级 书记 电话")


def body_cells(body: Body, at: int) -> list[object]:
    """A line of the sheet of bodies."""
    phone = f"1009900{int(body.code[2:4]):02}{at % 100:02}"
    return [body.code, body.full_name, body.short_name, body.category, body.parent or None, body.secretary, phone]


def bad_rows(everyone: Sequence[Person]) -> Iterator[list[object]]:
    """Members with the mistakes that offices make most: two good rows, then one mistake each."""
    for at in range(2):
        yield member_cells(everyone[at], at)
    edits: tuple[Callable[[Person], dict[int, object]], ...] = (
        lambda person: {3: float(person.id_number[:17] + "0")},
        lambda person: {3: person.id_number[:17] + ("1" if person.id_number[17] != "1" else "2")},
        lambda person: {3: everyone[1].id_number, 4: everyone[1].sex},
        lambda person: {1: None},
        lambda person: {9: "2024.13"},
        lambda person: {6: 1990.1},
        lambda person: {3: person.id_number[:6] + person.id_number[8:17]},
        lambda person: {8: "积极分子"},
        lambda person: {12: "13800"},
    )
    for at, edit in enumerate(edits, 2):
        cells = member_cells(everyone[at + 30], at)
        for column, value in edit(everyone[at + 30]).items():
            cells[column] = value
        yield cells


def xlsx(
    title: str,
    header: Sequence[str],
    rows: Sequence[Sequence[object]],
    *,
    blank_after: int = -1,
    hidden: frozenset[int] | set[int] = frozenset(),
    totals: bool = False,
) -> bytes:
    """The workbook's bytes; those of two calls with the same arguments are the same."""
    from xlsxwriter import Workbook  # type: ignore[import-untyped] # noqa: PLC0415 - heavy

    buffer = io.BytesIO()
    workbook = Workbook(buffer, {"in_memory": True, "strings_to_formulas": False})
    workbook.set_properties({"created": datetime(2026, 11, 1), "author": "synthetic", "comments": "synthetic: true"})
    day = workbook.add_format({"num_format": "yyyy-mm-dd"})
    month = workbook.add_format({"num_format": 'yyyy"年"m"月"'})
    sheet = workbook.add_worksheet("Sheet1")
    sheet.merge_range(0, 0, 0, len(header) - 1, title, workbook.add_format({"bold": True, "align": "center"}))
    sheet.write_string(1, 0, "填报单位：（演示数据，纯属虚构）")
    sheet.write_row(2, 0, header)
    line = 3
    for at, cells in enumerate(rows):
        for column, cell in enumerate(cells):
            if isinstance(cell, MonthCell):
                sheet.write_datetime(line, column, datetime(cell.year, cell.month, 1), month)
            elif isinstance(cell, date):
                sheet.write_datetime(line, column, datetime(cell.year, cell.month, cell.day), day)
            elif isinstance(cell, str):
                sheet.write_string(line, column, cell)
            elif cell is not None:
                sheet.write_number(line, column, cell)
        if at in hidden:
            sheet.set_row(line, None, None, {"hidden": True})
        line += 2 if at == blank_after else 1
    if totals:
        sheet.write_row(line, 0, ["合计", f"{len(rows)}人"])
        sheet.write_string(line + 1, 0, "填表人：演示员")
    workbook.close()
    return buffer.getvalue()


def bodies_sheet(title: str, bodies: Sequence[Body]) -> bytes:
    """The sheet of bodies as a workbook."""
    return xlsx(title, BODY_HEADER, [body_cells(body, at) for at, body in enumerate(bodies)])
