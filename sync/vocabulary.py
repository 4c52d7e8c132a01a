"""Cells that hold a word of a code list (``lists``) or one of the 56 peoples."""

import re
import unicodedata
from typing import Final

from gongguan.protocol.errors import refuse
from gongguan.sync.cells import Cell, Parsed, Parser, joined, text_of
from gongguan.sync.lists import LISTS

_PEOPLES = """
汉 蒙古 回 藏 维吾尔 苗 彝 壮 布依 朝鲜 满 侗 瑶 白 土家 哈尼 哈萨克 傣 黎 傈僳
佤 畲 高山 拉祜 水 东乡 纳西 景颇 柯尔克孜 土 达斡尔 仫佬 羌 布朗 撒拉 毛南 仡佬 锡伯 阿昌 普米
塔吉克 怒 乌孜别克 俄罗斯 鄂温克 德昂 保安 裕固 京 塔塔尔 独龙 鄂伦春 赫哲 门巴 珞巴 基诺
"""
PEOPLES: Final = frozenset(_PEOPLES.split())
"""The 56 of GB/T 3304, without the closing 族."""

_BARE = re.compile(r"[\s()（）、，,:：*＊]+")


def label(name: str, code: str) -> str:
    """What we print for a code."""
    return LISTS[name][code][0]


def choices(name: str) -> tuple[str, ...]:
    """The labels that a person may choose from."""
    return tuple(labels[0] for labels in LISTS[name].values())


def one_of(name: str) -> Parser:
    """A parser for the list: gives the code; raises D-code-unknown."""
    known = {_bare(text): (code, labels[0]) for code, labels in LISTS[name].items() for text in labels}

    def parse(cell: Cell, synthetic: bool = False) -> Parsed[object]:
        text, change = text_of(cell)
        if _bare(text) not in known:
            raise refuse("D-code-unknown")
        code, shown = known[_bare(text)]
        same = unicodedata.normalize("NFKC", text) == unicodedata.normalize("NFKC", shown)
        return Parsed(code, joined(change, None if same else f"读作“{shown}”"))

    return parse


def parse_ethnic_group(cell: Cell, synthetic: bool = False) -> Parsed[str]:
    """One of the 56 with its closing 族; raises D-code-unknown."""
    text, change = text_of(cell)
    people = text.removesuffix("族").replace(" ", "")
    if people not in PEOPLES:
        raise refuse("D-code-unknown")
    return Parsed(f"{people}族", joined(change, None if text == f"{people}族" else f"读作“{people}族”"))


def _bare(text: str) -> str:
    return _BARE.sub("", unicodedata.normalize("NFKC", text))
