"""Sentences in both languages, and which of them is read after an act. Whoever only shows them loads no more."""

from collections.abc import Mapping, Sequence
from typing import Any, NamedTuple


class Said(NamedTuple):
    """One sentence in both languages; ``{field}`` stands for a field of the answer."""

    zh: str
    en: str

    def text(self, language: str) -> str:
        """The sentence in ``zh`` or ``en``."""
        return self.zh if language == "zh" else self.en


class Told(NamedTuple):
    """What a person reads after an act: what was done, and what comes next."""

    done: Said | None
    hint: Said | None


class Instead(NamedTuple):
    """What is read in place of the usual, where all these fields of the answer are as said: True for one that holds
    something, False for one that is None, zero or empty, else the very text.
    """

    fields: Mapping[str, bool | str]
    told: Told

    def fits(self, answer: Any) -> bool:
        """Whether this answer is of that sort."""
        return all(
            getattr(answer, name) == wanted if isinstance(wanted, str) else bool(getattr(answer, name)) is wanted
            for name, wanted in self.fields.items()
        )


def told_of(done: Said | None, hint: Said | None, instead: Sequence[Instead], answer: Any) -> Told:
    """What a person reads after this answer."""
    return next((row.told for row in instead if row.fits(answer)), Told(done, hint))
