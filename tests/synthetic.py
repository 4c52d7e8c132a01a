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
from datetime import date, timedelta
from pathlib import Path
from typing import Final

from gongguan.cli.demo_data.persons import GIVEN, MONGOLIAN, MONGOLIAN_HEADS, MONGOLIAN_TAILS, OTHERS, SURNAMES, Person
from gongguan.cli.demo_data.sheets import (
    MEMBER_HEADER,
    OUTFLOW_HEADER,
    Body,
    MonthCell,
    bad_rows,
    bodies_sheet,
    member_cells,
    outflow_cells,
    xlsx,
)
from gongguan.sync.identity import check_digit

SEED: Final = 20261101
MEMBERS_COUNT: Final = 240
FLOATING_COUNT: Final = 36
BANNER, CITY = "乌兰诺尔旗", "澜江市"


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


_FLOATING_FIRST: Final = frozenset({0, 4, 5, 9, 14, 15, 16})
"""Those of ``OTHERS`` who float: a padded name, rare characters, a probationary member, a space, dots."""


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
    mongolian = [(name, "蒙古族") for name in MONGOLIAN]
    mongolian += [(head + tail, "蒙古族") for head in MONGOLIAN_HEADS for tail in MONGOLIAN_TAILS]
    han: list[tuple[str, str]] = []
    while len(OTHERS) + len(mongolian) + len(han) < MEMBERS_COUNT:
        name = (rng.choice(SURNAMES) + rng.choice(GIVEN), rng.choice(("汉族", "汉族", "汉族", "满族", "回族")))
        if name not in han:
            han.append(name)
    rest = mongolian + han
    rng.shuffle(rest)
    # The hard names stand among the first, a few of them floating, so that a demonstration meets them early.
    return [*OTHERS, *rest]


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


# --- files


def workbooks(seed: int = SEED) -> dict[str, bytes]:
    """File name → bytes of every .xlsx of the demonstration."""
    everyone = people(seed)
    members = [member_cells(person, at) for at, person in enumerate(everyone)]
    title = f"{BANNER}党员基本信息采集表"
    return {
        "origin_bodies.xlsx": bodies_sheet(f"{BANNER}党组织信息表", ORIGIN_BODIES),
        "origin_members.xlsx": xlsx(title, MEMBER_HEADER, members, blank_after=100, hidden={57, 58}, totals=True),
        "destination_bodies.xlsx": bodies_sheet(f"{CITY}党组织信息表", DESTINATION_BODIES),
        "bad_members.xlsx": xlsx(title, MEMBER_HEADER, list(bad_rows(everyone))),
    }


def outflow_xls(seed: int = SEED) -> bytes:
    """The outflow roster as an old .xls. Needs xlwt, which nothing else in the project uses."""
    import xlwt  # type: ignore[import-not-found,import-untyped,unused-ignore] # noqa: PLC0415

    workbook = xlwt.Workbook(encoding="utf-8")
    sheet = workbook.add_sheet("流出党员花名册")
    day = xlwt.easyxf(num_format_str="YYYY-MM-DD")
    sheet.write_merge(0, 0, 0, len(OUTFLOW_HEADER) - 1, f"{BANNER}流出党员花名册")
    for column, text in enumerate(OUTFLOW_HEADER):
        sheet.write(1, column, text)
    secretaries = {body.short_name: body.secretary for body in ORIGIN_BODIES}
    line = 2
    for at, cells in enumerate(
        outflow_cells(person, at, secretaries[person.branch]) for at, person in enumerate(outflow_people(seed))
    ):
        for column, cell in enumerate(cells):
            # An .xls does not tell us that a date shows no day: there the month is written as text.
            plain = f"{cell.year}年{cell.month}月" if isinstance(cell, MonthCell) else cell
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
