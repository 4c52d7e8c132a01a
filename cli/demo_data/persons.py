"""Who is in a data set: invented persons with the shapes of the real membership, in no case a real one.

Ages, sexes and education follow the shares published for the whole membership at the end of 2024; half of a banner's
members belong to minorities. Those who float are mostly under 60. ID numbers have the unassigned division 99 and a
correct check digit, phones begin with 100. The same generator of random numbers gives the same persons::

    draw_persons(random.Random("7 persons"), (("三棵树嘎查党支部", 22), …), floating=12)
"""

import random
from collections.abc import Sequence
from dataclasses import dataclass
from datetime import date, timedelta
from typing import Final, NamedTuple

from gongguan.sync.identity import check_digit

DIVISION: Final = "990521"
AS_OF: Final = date(2026, 1, 1)
"""The day on which a data set is true: ages count to it, and a year of work may begin on it."""


def words(text: str) -> tuple[str, ...]:
    """The words of a text."""
    return tuple(text.split())


SURNAMES = "王李张刘陈杨赵黄周吴徐孙胡朱高林何郭马罗梁宋郑谢韩唐冯于董萧程曹袁邓许傅沈曾彭吕"
GIVEN = words("""
    建国 秀英 志强 桂兰 晓明 丽华 永刚 玉梅 海涛 春燕 文博 淑珍 立新 雪梅 国庆 红霞 成林 晓东 金凤 振华
    爱民 佳怡 浩然 雨桐 芳 伟 敏 静 磊 洋 艳 勇 娟 涛 超 霞 平 刚 军 杰
""")
MONGOLIAN = words("""
    苏布德 乌力吉巴图 其其格 萨仁花 巴特尔 敖登 娜仁托娅 朝鲁门 斯琴高娃 阿拉坦仓 呼日勒 乌云其木格 格根塔娜
    特木尔 白音那 海日汗 包音德力格尔 图雅 孟和 牡丹 达古拉 哈斯额尔敦 恩和 布仁 敖日格乐 通拉嘎 乌日娜 青格勒
    宝力高 那日苏 阿茹娜
""")
MONGOLIAN_HEADS = words("阿拉坦 额尔敦 巴音 乌云 娜仁 萨仁 吉日嘎 那顺 苏日娜 格日勒")
MONGOLIAN_TAILS = words("巴图 高娃 其木格 巴雅尔 毕力格 图雅")
OTHERS = (
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


class Ages(NamedTuple):
    """From this age to that one, with the share of members in it and of those who float, in thousandths."""

    least: int
    most: int
    members: int
    floating: int


AGES: Final = (
    Ages(19, 30, 122, 250),
    Ages(31, 35, 107, 190),
    Ages(36, 40, 114, 170),
    Ages(41, 45, 97, 130),
    Ages(46, 50, 90, 100),
    Ages(51, 55, 94, 80),
    Ages(56, 60, 86, 50),
    Ages(61, 88, 290, 30),
)
WOMEN: Final = 0.309
MINORITIES: Final = 0.5
COLLEGE: Final = 0.576
PROBATIONARY: Final = 0.02
PLACES_OF_CITY = ("私营企业", "个体工商户", "城市社区", "外商投资企业(非公有控制)", "其他")
_POSTS = ("农牧民", "教师", "医生", "机关工作人员", "个体经营者", "离退休人员", "嘎查干部")
_EDUCATION = (("大学本科", "大学专科", "研究生"), ("高中", "初中", "中专"))


def draw_persons(rng: random.Random, branches: Sequence[tuple[str, int]], floating: int) -> list[Person]:
    """Members of these branches (name, how many), branch by branch; ``floating`` of them are away.

    Nobody's journey is drawn here: ``journeys.py`` says where they are and since when.
    """
    places = [name for name, size in branches for _ in range(size)]
    away = set(rng.sample(range(len(places)), floating))
    sequences: dict[date, int] = {}
    return [_drawn(rng, number, branch, number in away, sequences) for number, branch in enumerate(places)]


def _drawn(rng: random.Random, number: int, branch: str, floating: bool, sequences: dict[date, int]) -> Person:
    born, male = _birth(rng, floating), rng.random() >= WOMEN
    name, people_of = _named(rng)
    probationary = rng.random() < PROBATIONARY
    joined, full_on = _joined_and_full(rng, born, probationary)
    whole = rng.random() < 0.7
    digits = _id_digits(born, male, sequences)
    return Person(
        name=name,
        id_number=digits + check_digit(digits),
        sex="男" if male else "女",
        people=people_of,
        born_on=born.isoformat() if rng.random() < 0.6 else born.isoformat()[:7],
        education=rng.choice(_EDUCATION[rng.random() >= COLLEGE]),
        category="预备党员" if probationary else "正式党员",
        joined_on=joined if whole or probationary else joined[:7],
        full_member_on=full_on if whole else full_on[:7],
        post=rng.choice(_POSTS),
        phone=f"100{number:08}",
        address=f"乌兰诺尔旗{branch.removesuffix('党支部')}{rng.randint(1, 120)}号",
        branch=branch,
        floating=floating,
    )


def _birth(rng: random.Random, floating: bool) -> date:
    (ages,) = rng.choices(AGES, [ages.floating if floating else ages.members for ages in AGES])
    return AS_OF - timedelta(days=rng.randint(ages.least * 366, ages.most * 365 + 360))


def _joined_and_full(rng: random.Random, born: date, probationary: bool) -> tuple[str, str]:
    if probationary:
        return (AS_OF - timedelta(days=rng.randint(5, 360))).isoformat(), ""
    year = min(born.year + rng.randint(18, 32), AS_OF.year - 2)
    day = date(year, rng.choice((6, 7, 7, 10, 11, 12)), rng.randint(1, 28))
    return day.isoformat(), day.replace(year=year + 1).isoformat()


def _id_digits(born: date, male: bool, sequences: dict[date, int]) -> str:
    """17 digits that nobody else of the set has: an odd sequence is a man's, an even one a woman's."""
    taken = sequences[born] = sequences.get(born, -1) + 1
    return f"{DIVISION}{born:%Y%m%d}{2 * taken + male:03}"


def _named(rng: random.Random) -> tuple[str, str]:
    if rng.random() < 0.02:
        return rng.choice(OTHERS)
    if rng.random() < MINORITIES * 0.8:
        return rng.choice((*MONGOLIAN, rng.choice(MONGOLIAN_HEADS) + rng.choice(MONGOLIAN_TAILS))), "蒙古族"
    people_of = rng.choices(("汉族", "满族", "回族"), (80, 14, 6))[0]
    given = rng.choice(GIVEN)
    if len(given) == 1 and rng.random() < 0.5:
        given += rng.choice("文海春晓明玉")
    return rng.choice(SURNAMES) + given, people_of
