"""Where the members of a data set belong: an invented banner's tree of bodies, and those of the places they go to.

A tree has a committee, general branches, branches of 3 to 50 members (22 on average) and, in the larger ones, groups::

    banner_tree(random.Random("7 tree"), members=60, branches=4)   ->  Tree(bodies=(…), branches=(("…党支部", 13), …))
"""

import random
from typing import Final, NamedTuple

from gongguan.cli.demo_data.persons import DIVISION, GIVEN, SURNAMES, words
from gongguan.cli.demo_data.sheets import Body

BANNER: Final = "乌兰诺尔旗"
BRANCH_MIN, BRANCH_MAX = 3, 50
BRANCHES_PER_GENERAL = 22
GROUPS_FROM = 40

_ROOT_HEADS = words("""
    查干 乌兰 白音 哈日 呼和 阿日 宝日 巴彦 额莫 西热 双榆 前甸 后甸 三棵 大柳 小柳 东沟 西沟 南山 北山
    马家 王家 红旗 新立 太平 兴隆 永安 长胜 胜利 团结
""")
_ROOT_TAILS = words("""
    淖尔 敖包 花 图 勒 他拉 芒哈 珠和 塔拉 胡硕 屯 井 窝堡 营子 甸子 泡子 树 岭 洼 河沿
""")
_KINDS = words("嘎查 村 社区 学校 卫生院")
_CITY_HEADS = words("澜 临 望 云 柳 石 青 宁 海 金")
_CITY_TAILS = words("江市 川市 港区 州区")


class Tree(NamedTuple):
    """The bodies, parents first, and how many members each branch has."""

    bodies: tuple[Body, ...]
    branches: tuple[tuple[str, int], ...]


class Destination(NamedTuple):
    """A place with a node: its division, its name and its bodies."""

    division: str
    name: str
    bodies: tuple[Body, ...]


def banner_tree(rng: random.Random, members: int, branches: int) -> Tree:
    """The tree of the origin. At most 99 general branches of 99 branches are numbered."""
    top = Body(DIVISION, f"中国共产党{BANNER}委员会", "旗委", "党委", "", "那仁格日勒")
    names = [head + tail + kind for kind in _KINDS for head in _ROOT_HEADS for tail in _ROOT_TAILS]
    rng.shuffle(names)
    sizes = _sizes(rng, members, branches)
    bodies, placed = [top], []
    for number in range(branches):
        general, place = divmod(number, BRANCHES_PER_GENERAL)
        above = f"{DIVISION}{general + 1:02}"
        if place == 0:
            bodies.append(_general(rng, above, general))
        code, short = f"{above}{place + 1:02}", f"{names[number]}党支部"
        bodies.append(Body(code, f"中共{names[number]}支部委员会", short, "党支部", above, _somebody(rng)))
        placed.append((short, sizes[number]))
        if sizes[number] >= GROUPS_FROM:
            bodies += [_group(rng, code, names[number], group) for group in (1, 2)]
    return Tree(tuple(bodies), tuple(placed))


def destination(rng: random.Random, number: int) -> Destination:
    """The place of that number (from 0), with a committee, branches, and one for floating members."""
    division = f"9902{number + 1:02}"
    name = _CITY_HEADS[number % len(_CITY_HEADS)] + _CITY_TAILS[number // len(_CITY_HEADS) % len(_CITY_TAILS)]
    top = Body(division, f"中国共产党{name}委员会", f"{name}党委", "党委", "", _somebody(rng))
    streets = rng.sample(_ROOT_HEADS, 3)
    branches = [
        Body(
            f"{division}{at:02}",
            f"中共{street}社区支部委员会",
            f"{street}社区党支部",
            "党支部",
            division,
            _somebody(rng),
        )
        for at, street in enumerate(streets, 1)
    ]
    floating = Body(
        f"{division}90",
        f"{name}流动党员支部委员会",
        f"{name}流动党员党支部",
        "流动党员党支部",
        division,
        _somebody(rng),
    )
    return Destination(division, name, (top, *branches, floating))


def _general(rng: random.Random, code: str, number: int) -> Body:
    name = f"第{number + 1}苏木镇"
    return Body(code, f"中共{BANNER}{name}总支部委员会", f"{name}党总支", "党总支", DIVISION, _somebody(rng))


def _group(rng: random.Random, branch: str, name: str, number: int) -> Body:
    return Body(
        f"{branch}{number:02}", f"{name}第{number}党小组", f"{name}{number}组", "党小组", branch, _somebody(rng)
    )


def _sizes(rng: random.Random, members: int, branches: int) -> list[int]:
    """Sizes between the bounds that add up to ``members``: drawn from a triangle, then evened out one by one."""
    mean = members / branches
    peak = max(BRANCH_MIN, min(BRANCH_MAX, 3 * mean - BRANCH_MIN - BRANCH_MAX))
    sizes = [round(rng.triangular(BRANCH_MIN, BRANCH_MAX, peak)) for _ in range(branches)]
    while (missing := members - sum(sizes)) != 0:
        at = rng.randrange(branches)
        step = 1 if missing > 0 else -1
        if BRANCH_MIN <= sizes[at] + step <= BRANCH_MAX:
            sizes[at] += step
    return sizes


def _somebody(rng: random.Random) -> str:
    return rng.choice(SURNAMES) + rng.choice(GIVEN)
