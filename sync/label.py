"""One field of a request or of an answer as people meet it, wherever it comes from.

The node makes them from its structs (``labels``); the command line has them written down, and loads no struct for them.
"""

from typing import Any, Final, Literal, NamedTuple

from gongguan.sync.lists import LISTS
from gongguan.sync.roles import ROLES, role_name

FILE_BYTES_MAX: Final = 32 << 20
"""One uploaded workbook: 100,000 rows of members stay below 20 MiB."""

MomentKind = Literal["day", "month", "day_or_month", "quarter"]

Form = Literal["text", "integer", "flag", "choice", "texts", "file", "secret", "rows", "record"]


class Label(NamedTuple):
    """One field as people meet it.

    ``of`` is the struct of the rows (or of the record) it holds, or the labels of that; ``moment``: the day, month or
    quarter that a text is.
    """

    name: str
    zh: str
    en: str
    form: Form
    required: bool
    default: Any
    choices: tuple[str, ...] = ()
    codes: str | None = None
    argument: bool = False
    suffix: str | None = None
    prose: bool = False
    programs: bool = False
    moment: MomentKind | None = None
    of: Any = None

    def title(self, language: str) -> str:
        """The name in ``zh`` or ``en``."""
        return self.zh if language == "zh" else self.en

    def shown(self, code: str, language: str) -> str:
        """A value as people read it: the label of its list in Chinese, the code itself in English."""
        if self.codes == "role" and code in ROLES:
            return role_name(code, language)
        if self.codes == "refusal":
            from gongguan.protocol.errors.codes import CODES  # noqa: PLC0415 - few fields name one

            row = CODES.get(code)
            return code if row is None else row.zh if language == "zh" else row.en
        known = LISTS.get(self.codes or "", {})
        return known[code][0] if language == "zh" and code in known else code
