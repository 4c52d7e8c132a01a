"""Makes the workbooks of the demonstration: an invented banner, its members, the city where some of them work.

One seed gives the same bytes every time. ``people()`` is the truth; the sheets write it down as offices do (padded
names, look-alike dots, many ways to write a date), so that a test can compare what is read with what was meant::

    python -m tests.synthetic            # writes cli/demo_data; needs xlwt for the .xls
"""

import hashlib
import io
import json
import random
import sys
from collections.abc import Callable, Iterator, Sequence
from dataclasses import dataclass
from datetime import date, datetime, timedelta
from pathlib import Path
from typing import Final, NamedTuple

from gongguan.sync.identity import check_digit

SEED: Final = 20261101
MEMBERS_COUNT: Final = 240
FLOATING_COUNT: Final = 36
BANNER, CITY = "乌兰诺尔旗", "澜江市"
_SERIAL_ZERO = date(1899, 12, 30)


class Body(NamedTuple):
    code: str
    full_name: str
    short_name: str
    category: str
    parent: str
    secretary: str


ORIGIN_BODIES: Final = (
    Body("990521", "中国共产党乌兰诺尔旗委员会", "旗委", "党委", "", "那仁格日勒"),
    Body("99052101", "中共乌兰诺尔旗白音敖包苏木总支部委员会", "白音敖包苏木党总支", "党总支", "990521", "王　芳"),
    Body("99052102", "中共乌兰诺尔旗双榆镇总支部委员会", "双榆镇党总支", "党总支", "990521", "赵永強"),
    Body("99052103", "中共乌兰诺尔旗旗直机关总支部委员会", "旗直机关党总支", "总支", "990521", "包乌云"),
    Body("9905210101", "中共三棵树嘎查支部委员会", "三棵树嘎查党支部", "党支部", "99052101", "乌力吉巴图"),
    Body("9905210102", "中共查干淖嘎查支部委员会", "查干淖嘎查党支部", "党支部", "白音敖包苏木党总支", "苏布德"),
    Body("9905210103", "中共敖包图嘎查支部委员会", "敖包图嘎查党支部", "党支部", "白音敖包苏木党总支", "巴雅尔"),
    Body("9905210104", "中共苏木卫生院支部委员会", "苏木卫生院党支部", "支部", "99052101", "李秀兰"),
    Body("9905210201", "中共双榆村支部委员会", "双榆村党支部", "党支部", "99052102", "孙立军"),
    Body("9905210202", "中共前甸子村支部委员会", "前甸子村党支部", "党支部", "99052102", "周　鹏"),
    Body(
        "9905210203", "中共后甸子村支部委员会", "后甸子村党支部", "党支部", "中共乌兰诺尔旗双榆镇总支部委员会", "吴海燕"
    ),
    Body("9905210204", "中共双榆镇中心校支部委员会", "双榆镇中心校党支部", "党支部", "99052102", "郑晓梅"),
    Body("9905210301", "中共旗农牧局支部委员会", "旗农牧局党支部", "党支部", "99052103", "高娃"),
    Body("9905210302", "中共旗医院支部委员会", "旗医院党支部", "党支部", "99052103", "刘建国"),
    Body("9905210303", "中共旗离退休干部支部委员会", "旗离退休干部党支部", "党支部", "99052103", "陈桂英"),
    Body("9905210304", "中共乌兰诺尔商会支部委员会", "乌兰诺尔商会党支部", "党支部", "99052103", "马文喆"),
    Body("990521020101", "双榆村第一党小组", "双榆村一组", "党小组", "9905210201", "钱玉芝"),
)

DESTINATION_BODIES: Final = (
    Body("990107", "中国共产党澜江市委员会", "市委", "党委", "", "沈国栋"),
    Body("99010701", "中共澜江市云港街道总支部委员会", "云港街道党总支", "党总支", "990107", "何静"),
    Body("99010702", "中共澜江市高新园区总支部委员会", "高新园区党总支", "党总支", "990107", "罗　刚"),
    Body("9901070101", "中共云港社区支部委员会", "云港社区党支部", "党支部", "99010701", "宋丽"),
    Body("9901070102", "中共柳荫社区支部委员会", "柳荫社区党支部", "党支部", "99010701", "唐志远"),
    Body("9901070103", "云港街道流动党员支部委员会", "云港流动党员党支部", "流动党员党支部", "99010701", "韩雪"),
    Body("9901070201", "中共园区综合支部委员会", "园区综合党支部", "党支部", "高新园区党总支", "曹明"),
    Body("9901070202", "中共澜江电子厂支部委员会", "澜江电子厂党支部", "党支部", "高新园区党总支", "邓伟"),
    Body("9901070203", "中共园区物流支部委员会", "园区物流党支部", "党支部", "99010702", "彭慧"),
)


def _words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


_SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
_GIVEN = _words("""
    建国 秀英 志强 桂兰 晓明 丽华 永刚 玉梅 海涛 春燕 文博 淑珍 立新 雪梅 国庆 红霞 成林 晓东 金凤 振华
    爱民 佳怡 浩然 雨桐 芳 伟 敏 静 磊 洋 艳 勇 娟 涛 超 霞 平 刚 军 杰
""")
_MONGOLIAN = _words("""
    苏布德 乌力吉巴图 其其格 萨仁花 巴特尔 敖登 娜仁托娅 朝鲁门 斯琴高娃 阿拉坦仓 呼日勒 乌云其木格 格根塔娜
    特木尔 白音那 海日汗 包音德力格尔 图雅 孟和 牡丹 达古拉 哈斯额尔敦 恩和 布仁 敖日格乐 通拉嘎 乌日娜 青格勒
    宝力高 那日苏 阿茹娜
""")
_MONGOLIAN_HEADS = _words("阿拉坦 额尔敦 巴音 乌云 娜仁 萨仁 吉日嘎 那顺 苏日娜 格日勒")
_MONGOLIAN_TAILS = _words("巴图 高娃 其木格 巴雅尔 毕力格 图雅")
_OTHERS = (
    ("王芳", "汉族"),
    ("马文喆", "汉族"),
    ("李堃", "汉族"),
    ("张䶮", "汉族"),
    ("王𬍛", "汉族"),
    ("𠮷海洋", "满族"),
    ("陈㛃", "汉族"),
    ("刘𬭎", "汉族"),
    ("赵龑", "汉族"),
    ("欧阳晓楠", "汉族"),
    ("马麦燕", "回族"),
    ("次仁卓玛", "藏族"),
    ("扎西·顿珠", "藏族"),
    ("巴合提·叶尔肯", "哈萨克族"),
    ("买买提 艾力", "维吾尔族"),
    ("阿卜杜热合曼·买买提", "维吾尔族"),
    ("古丽巴哈尔·艾买提", "维吾尔族"),
    ("努尔买买提·吐尔逊", "维吾尔族"),
    ("热依罕古丽·卡迪尔", "维吾尔族"),
    ("艾力·玉素甫", "维吾尔族"),
    ("帕提古丽·阿不都拉", "维吾尔族"),
)
_FLOATING_FIRST: Final = frozenset({0, 4, 5, 9, 14, 15, 16})
"""Those of ``_OTHERS`` who float: a padded name, rare characters, a probationary member, a space, dots."""

_LOOKALIKE_DOTS = "·•・‧．.･"


@dataclass(frozen=True)
class Person:
    """What is true of one invented member; dates are ``YYYY-MM-DD`` or ``YYYY-MM``."""

    name: str
    id_number: str
    sex: str
    people: str
    born_on: str
    education: str
    category: str
    joined_on: str
    full_member_on: str
    post: str
    phone: str
    address: str
    branch: str
    floating: bool
    direction: str = ""
    left_on: str = ""
    place: str = ""
    unit: str = ""
    certificate: str = ""


def people(seed: int = SEED) -> list[Person]:
    """All members, the same for the same seed."""
    rng = random.Random(seed)
    names = _names(rng)
    branches = [body.short_name for body in ORIGIN_BODIES if body.category in {"党支部", "支部"}]
    others = sorted(set(range(MEMBERS_COUNT)) - _FLOATING_FIRST)
    floating = _FLOATING_FIRST | set(rng.sample(others, FLOATING_COUNT - len(_FLOATING_FIRST)))
    away = {number: at for at, number in enumerate(sorted(floating))}
    return [
        _person(rng, number, named, branches[number % len(branches)], away.get(number))
        for number, named in enumerate(names)
    ]


def _names(rng: random.Random) -> list[tuple[str, str]]:
    mongolian = [(name, "蒙古族") for name in _MONGOLIAN]
    mongolian += [(head + tail, "蒙古族") for head in _MONGOLIAN_HEADS for tail in _MONGOLIAN_TAILS]
    han: list[tuple[str, str]] = []
    while len(_OTHERS) + len(mongolian) + len(han) < MEMBERS_COUNT:
        name = (rng.choice(_SURNAMES) + rng.choice(_GIVEN), rng.choice(("汉族", "汉族", "汉族", "满族", "回族")))
        if name not in han:
            han.append(name)
    rest = mongolian + han
    rng.shuffle(rest)
    # The hard names stand among the first, a few of them floating, so that a demonstration meets them early.
    return [*_OTHERS, *rest]


def _person(rng: random.Random, number: int, named: tuple[str, str], branch: str, floats: int | None) -> Person:
    name, people_of = named
    born = date(rng.randint(1968, 2000) if floats is not None else rng.randint(1944, 2003), 1, 1)
    born += timedelta(days=rng.randrange(365))
    male = rng.random() >= 0.31
    sequence = f"{2 * (number % 250) + male:03}"
    digits = f"990521{born:%Y%m%d}{sequence}"
    probationary = rng.random() < 0.03 or number in {3, 9}
    joined = date(2026, rng.randint(1, 6), rng.randint(1, 28)) if probationary else _joined(rng, born)
    whole = rng.random() < 0.7
    full_on = "" if probationary else _shortened(joined.replace(year=joined.year + 1), whole)
    person = Person(
        name=name,
        id_number=digits + check_digit(digits),
        sex="男" if male else "女",
        people=people_of,
        born_on=_shortened(born, rng.random() < 0.6),
        education=rng.choice(("大学本科", "大学专科", "高中", "初中", "中专", "研究生")),
        category="预备党员" if probationary else "正式党员",
        joined_on=_shortened(joined, whole),
        full_member_on=full_on,
        post=rng.choice(("农牧民", "教师", "医生", "机关工作人员", "个体经营者", "离退休人员", "嘎查干部")),
        phone=f"100{rng.randrange(10**4):04}{number:04}",
        address=f"{BANNER}{branch.removesuffix('党支部')}{rng.randint(1, 120)}号",
        branch=branch,
        floating=floats is not None,
    )
    return person if floats is None else _away(rng, person, floats)


def _joined(rng: random.Random, born: date) -> date:
    year = min(born.year + rng.randint(20, 32), 2024)
    return date(year, rng.choice((1, 3, 6, 7, 7, 10, 11, 12)), rng.choice((1, 1, 5, 12, 20, 26)))


def _shortened(day: date, whole: bool) -> str:
    return day.isoformat() if whole else day.isoformat()[:7]


def _away(rng: random.Random, person: Person, at: int) -> Person:
    left = date(2025, 9, 1) + timedelta(days=rng.randrange(360))
    in_city = at % 9 != 8
    fields = {
        "direction": rng.choice(("私营企业", "个体工商户", "城市社区", "外商投资企业(非公有控制)", "其他")),
        "left_on": _shortened(left, rng.random() < 0.7),
        "place": f"南岭省{CITY}云港区" if in_city else rng.choice(("东湖省望川市", "南岭省石埠市")),
        "unit": rng.choice(("澜江电子厂", "云港物流园", "柳荫家政服务部", "自主经营", "澜江建筑公司"))
        if in_city
        else "",
        "certificate": f"990521-2026-{at + 1:04}" if at % 3 else "",
    }
    return Person(**{**vars(person), **fields})


# --- how offices write it down


def _written_name(name: str, at: int) -> str:
    if "·" in name:
        return name.replace("·", _LOOKALIKE_DOTS[at % len(_LOOKALIKE_DOTS)])
    if len(name) == 2 and at % 2 == 0 and name[0] in _SURNAMES:
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
        return (f"{year}.{month}", f"{year}年{month}月", f"{year}{month:02}", number, _MonthCell(year, month))[at % 5]
    whole = date(year, month, day[0])
    serial = (whole - _SERIAL_ZERO).days
    forms = (value, f"{year}.{month}.{day[0]}", f"{year}年{month}月{day[0]}日", int(f"{whole:%Y%m%d}"), whole, serial)
    return forms[at % 6]


class _MonthCell(NamedTuple):
    year: int
    month: int


def _written_yes(value: bool, at: int) -> object:
    return ("是", "√", "有")[at % 3] if value else ("否", "否", None, "×")[at % 4]


def _written_phone(value: str, at: int) -> object:
    return (value, int(value), f"{value[:3]} {value[3:7]} {value[7:]}", value)[at % 4]


_MEMBER_HEADER = _words("""
    序号 姓名 所在党支部 公民身份号码 性别 民族 出生日期 学历 人员类别 加入党组织日期 转为正式党员日期
    工作岗位 手机号 固定电话 家庭住址 党籍状态 是否为失联党员 失去联系日期 是否为流动党员 外出流向
""")


def _member_cells(person: Person, at: int) -> list[object]:
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


_OUTFLOW_HEADER = _words("""
    序号 姓名 性别 公民身份号码 所在基层党委 所在党支部 原职业 流出日期 流动类型 流动范围 外出流向(类别)
    流入地(省市县) 流入单位 流出原因 是否持《活动证》 活动证号 流入党支部 流入党支部联系人 联系电话
    本人联系方式 联系情况 失联时间 联系责任人 组织关系状态 状态 返回日期 备注
""")


def _outflow_cells(person: Person, at: int) -> list[object]:
    secretary = {body.short_name: body.secretary for body in ORIGIN_BODIES}[person.branch]
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


_BODY_HEADER = _words("代码 全称 简称 类别 上级 书记 电话")


def _body_cells(body: Body, at: int) -> list[object]:
    phone = f"1009900{int(body.code[2:4]):02}{at:02}"
    return [body.code, body.full_name, body.short_name, body.category, body.parent or None, body.secretary, phone]


def bad_rows(everyone: Sequence[Person]) -> Iterator[list[object]]:
    """Members with the mistakes that offices make most: two good rows, then one mistake each."""
    for at in range(2):
        yield _member_cells(everyone[at], at)
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
        cells = _member_cells(everyone[at + 30], at)
        for column, value in edit(everyone[at + 30]).items():
            cells[column] = value
        yield cells


# --- files


def workbooks(seed: int = SEED) -> dict[str, bytes]:
    """File name → bytes of every .xlsx of the demonstration."""
    everyone = people(seed)
    members = [_member_cells(person, at) for at, person in enumerate(everyone)]
    title = f"{BANNER}党员基本信息采集表"
    return {
        "origin_bodies.xlsx": _bodies(f"{BANNER}党组织信息表", ORIGIN_BODIES),
        "origin_members.xlsx": _xlsx(title, _MEMBER_HEADER, members, blank_after=100, hidden={57, 58}, totals=True),
        "destination_bodies.xlsx": _bodies(f"{CITY}党组织信息表", DESTINATION_BODIES),
        "bad_members.xlsx": _xlsx(title, _MEMBER_HEADER, list(bad_rows(everyone))),
    }


def _bodies(title: str, bodies: Sequence[Body]) -> bytes:
    return _xlsx(title, _BODY_HEADER, [_body_cells(body, at) for at, body in enumerate(bodies)])


def _xlsx(
    title: str,
    header: Sequence[str],
    rows: Sequence[Sequence[object]],
    *,
    blank_after: int = -1,
    hidden: frozenset[int] | set[int] = frozenset(),
    totals: bool = False,
) -> bytes:
    from xlsxwriter import Workbook  # type: ignore[import-untyped] # noqa: PLC0415

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
            if isinstance(cell, _MonthCell):
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


def outflow_xls(seed: int = SEED) -> bytes:
    """The outflow roster as an old .xls. Needs xlwt, which nothing else in the project uses."""
    import xlwt  # type: ignore[import-not-found,import-untyped,unused-ignore] # noqa: PLC0415

    workbook = xlwt.Workbook(encoding="utf-8")
    sheet = workbook.add_sheet("流出党员花名册")
    day = xlwt.easyxf(num_format_str="YYYY-MM-DD")
    sheet.write_merge(0, 0, 0, len(_OUTFLOW_HEADER) - 1, f"{BANNER}流出党员花名册")
    for column, text in enumerate(_OUTFLOW_HEADER):
        sheet.write(1, column, text)
    line = 2
    for at, cells in enumerate(_outflow_cells(person, at) for at, person in enumerate(outflow_people(seed))):
        for column, cell in enumerate(cells):
            # An .xls does not tell us that a date shows no day: there the month is written as text.
            plain = f"{cell.year}年{cell.month}月" if isinstance(cell, _MonthCell) else cell
            if plain is not None:
                sheet.write(line, column, plain, *([day] if isinstance(plain, date) else []))
        line += 2 if at == 20 else 1
    sheet.write(line, 0, "合计")
    buffer = io.BytesIO()
    workbook.save(buffer)
    return buffer.getvalue()


def outflow_people(seed: int = SEED) -> list[Person]:
    """The floating members, in the order of the outflow roster: by name, not as in the members' sheet."""
    return sorted(
        (person for person in people(seed) if person.floating), key=lambda person: (person.name, person.id_number)
    )


def main(folder: Path) -> None:
    """Write all workbooks and their manifest into ``folder``, over what is there."""
    files = {**workbooks(), "origin_outflow.xls": outflow_xls()}
    for name, data in files.items():
        (folder / name).write_bytes(data)
    manifest = {
        "synthetic": True,
        "seed": SEED,
        "members": MEMBERS_COUNT,
        "floating": FLOATING_COUNT,
        "origin_bodies": len(ORIGIN_BODIES),
        "destination_bodies": len(DESTINATION_BODIES),
        "sha256": {name: hashlib.sha256(data).hexdigest() for name, data in sorted(files.items())},
    }
    text = json.dumps(manifest, ensure_ascii=False, indent=2) + "\n"
    (folder / "manifest.json").write_text(text, encoding="utf-8")


if __name__ == "__main__":
    main(Path(sys.argv[1]) if len(sys.argv) > 1 else Path(__file__).parents[1] / "cli" / "demo_data")
