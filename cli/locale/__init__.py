"""The language of one run: Chinese unless somebody asks for English.

Our own sentences are Chinese in the source and translated by ``en/LC_MESSAGES/gongguan.mo``; those of click are English
and translated by ``zh/LC_MESSAGES/click.mo``. Titles, labels and refusals carry both languages with them::

    use(chosen(["--lang", "en"], os.environ))
    _("下一步：")    ->  "Next: "
"""

import gettext
import os
from pathlib import Path
from typing import Final

from gongguan.cli.pages import LANGUAGES, chosen

FOLDER: Final = Path(__file__).parent


class _Chosen:
    """The one thing that a run of the program decides once; set by ``use`` before anything is printed."""

    language = "zh"
    translation: gettext.NullTranslations = gettext.NullTranslations()


def use(language: str) -> None:
    """Speak this language from now on, click too."""
    _Chosen.language = language
    _Chosen.translation = gettext.translation("gongguan", FOLDER, [language], fallback=True)
    os.environ["LANGUAGE"] = language  # where gettext looks for click's sentences
    gettext.bindtextdomain("click", str(FOLDER))
    gettext.textdomain("click")


def language() -> str:
    """``zh`` or ``en``."""
    return _Chosen.language


def _(text: str) -> str:
    """A sentence of ours in the language of this run."""
    return _Chosen.translation.gettext(text) if text else ""


__all__ = ["FOLDER", "LANGUAGES", "_", "chosen", "language", "use"]
