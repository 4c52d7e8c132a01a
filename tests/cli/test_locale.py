"""Both languages are complete, and the compiled catalogues say what their sources say."""

import gettext
from pathlib import Path

import pytest

from gongguan.cli.commands import COMMANDS
from gongguan.cli.locale import FOLDER, catalogue, chosen
from gongguan.node.operations import FAMILIES
from gongguan.protocol.errors.codes import CODES
from gongguan.sync.roles import ROLES


def test_every_sentence_has_an_english_entry_and_no_entry_is_left_over() -> None:
    entries = catalogue.read_po(catalogue.OURS)
    assert catalogue.marked(FOLDER.parent) == entries.keys() - {""}
    assert all(text.isascii() and text for key, text in entries.items() if key)


@pytest.mark.parametrize("path", [catalogue.OURS, catalogue.CLICK], ids=["ours", "click"])
def test_the_compiled_catalogue_is_that_of_its_source(path: Path) -> None:
    entries = catalogue.read_po(path)
    assert path.with_suffix(".mo").read_bytes() == catalogue.mo_bytes(entries)
    translation = gettext.translation(path.stem, FOLDER, [path.parent.parent.name])
    for key, text in entries.items():
        if key and "\0" not in key:
            assert translation.gettext(key) == text
    assert len(entries) > 15


def test_placeholders_are_the_same_in_both_languages() -> None:
    for path in (catalogue.OURS, catalogue.CLICK):
        for key, text in catalogue.read_po(path).items():
            fields = {part.partition("}")[0].partition("!")[0] for part in text.split("{")[1:]}
            known = {part.partition("}")[0].partition("!")[0] for part in key.split("{")[1:]}
            assert fields <= known, key


def test_titles_roles_and_refusals_carry_both_languages() -> None:
    said = [*FAMILIES.values(), *(entry.help for entry in COMMANDS.values())]
    said_en = [one.en for one in said] + [role.en for role in ROLES.values()]
    assert all(text for code in CODES.values() for text in (code.en, code.next_en))
    assert all(said_en)
    assert not any("\u4e00" <= sign <= "\u9fff" for text in said_en for sign in text)


@pytest.mark.parametrize(
    ("arguments", "environment", "language"),
    [
        ([], {}, "zh"),
        ([], {"LANG": "C.UTF-8"}, "zh"),
        ([], {"LANG": "en_GB.UTF-8"}, "en"),
        ([], {"LANG": "en_GB.UTF-8", "GONGGUAN_LANG": "zh"}, "zh"),
        (["--lang", "en", "body"], {}, "en"),
        (["body", "list", "--lang=zh"], {"GONGGUAN_LANG": "en"}, "zh"),
    ],
)
def test_the_language_is_chosen_by_option_then_variable_then_locale(
    arguments: list[str], environment: dict[str, str], language: str
) -> None:
    assert chosen(arguments, environment) == language
