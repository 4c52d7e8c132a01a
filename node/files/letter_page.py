"""A letter to a partner without a node as one printable page (HTML for A4, no file beside it).

The layout is that of an official letter: who writes and the number above, title, addressee, what is told, what is asked
for, then unit and date at the right. A browser or an office program prints it::

    page(content)   ->  b"<!DOCTYPE html>…"
"""

from html import escape
from typing import Final

from gongguan.sync.letters.letters import Content, Section
from gongguan.sync.paper.answers import ANSWERS

_STYLE: Final = """
@page { size: A4; margin: 25mm 26mm 22mm 28mm }
body { font-family: FangSong, STFangsong, "仿宋", serif; font-size: 15pt; line-height: 1.65; color: #000; margin: 0 }
.head { text-align: center; font-family: SimSun, "宋体", serif; font-size: 24pt; color: #c00; letter-spacing: .1em }
.rule { border-top: 2px solid #c00; margin: 2mm 0 3mm }
.code { text-align: right; font-size: 13pt }
h1 { text-align: center; font-family: SimSun, "宋体", serif; font-size: 20pt; margin: 6mm 0 4mm; font-weight: bold }
p { margin: 0; text-indent: 2em }
p.to { text-indent: 0 }
table { border-collapse: collapse; width: 100%; font-size: 11pt; line-height: 1.35; margin: 3mm 0 }
th, td { border: 1px solid #000; padding: 1mm 1.5mm; vertical-align: top; text-align: left }
th:nth-child(1) { width: 2.5em }
th:nth-child(2) { width: 5em }
.end { text-align: right; margin-top: 8mm }
.foot { font-size: 10pt; line-height: 1.4; margin-top: 6mm; border-top: 1px solid #000; text-indent: 0 }
"""

_DIGITS: Final = "〇一二三四五六七八九十"


def page(letter: Content) -> bytes:
    """The whole page in UTF-8."""
    matters = "、".join(dict.fromkeys(section.title for section in letter.sections))
    title = f"关于{matters}的函"
    parts = [
        "<!DOCTYPE html>",
        f'<html lang="zh-CN"><head><meta charset="utf-8"><title>{_text(title)}</title><style>{_STYLE}</style></head>',
        f'<body><div class="head">{_text(letter.sender)}</div><div class="rule"></div>',
        f'<div class="code">函号：{_text(letter.code)}</div>',
        f"<h1>{_text(title)}</h1>",
        f'<p class="to">{_text(letter.recipient)}：</p>',
        *(_section(number, section, len(letter.sections)) for number, section in enumerate(letter.sections)),
        f"<p>{_text(_asked(letter))}</p>",
        "<p>特此函告。</p>",
        *([f"<p>联系人：{_text(letter.contact)}</p>"] if letter.contact else []),
        f'<div class="end">{_text(letter.sender)}<br>{_day(letter)}</div>',
        f'<p class="foot">{_text(_foot(letter))}</p>',
        "</body></html>",
    ]
    return "\n".join(parts).encode()


def _section(number: int, section: Section, of: int) -> str:
    heading = f"{_DIGITS[number + 1] if number < 10 else number + 1}、{section.title}" if of > 1 else section.title
    people = len({row.subject for row in section.rows if row.subject})
    counted = f"（{people} 人）" if people else ""
    if not people:
        return "\n".join(f"<p>{_text(heading)}：{_text(row.what)}</p>" for row in section.rows)
    rows = "".join(
        f"<tr><td>{at}</td><td>{_text(row.name)}</td><td>{_text(row.what)}</td></tr>"
        for at, row in enumerate(section.rows, 1)
    )
    head = "<tr><th>序号</th><th>姓名</th><th>情况</th></tr>"
    return f"<p>现将{_text(heading)}{counted}函告如下：</p><table>{head}{rows}</table>"


def _asked(letter: Content) -> str:
    if not letter.answers:
        return "请知悉。情况有变的，请来函或来电告知，并注明上述函号。"
    sheets = "、".join(f"《{ANSWERS[code].title}》" for code in letter.answers)
    return f"请核实后填写随函所附{sheets}发回，或来函、来电答复，并注明上述函号和经办人姓名。"


def _foot(letter: Content) -> str:
    address = f"寄：{letter.address}。" if letter.address else ""
    return f"{address}本函内容仅供流动党员教育管理工作使用，请专人保管，不得外传。函号 {letter.code}"


def _day(letter: Content) -> str:
    day = letter.written_on
    return f"{day.year}年{day.month}月{day.day}日"


def _text(text: str) -> str:
    return escape(text, quote=True)
