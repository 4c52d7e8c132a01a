"""The table of refusals: a code is found by its first letter, stands once, and says four things."""

from importlib import import_module
from pathlib import Path

from gongguan.protocol import errors
from gongguan.protocol.errors.code import Code
from gongguan.protocol.errors.codes import CODES

MODULES = sorted(
    path.stem for path in Path(errors.__file__).parent.glob("*.py") if path.stem not in {"__init__", "code", "codes"}
)


def rows(module: str) -> dict[str, Code]:
    (table,) = (
        held
        for held in vars(import_module(f"{errors.__name__}.{module}")).values()
        if isinstance(held, dict) and held.keys() <= CODES.keys()
    )
    return table


def test_a_code_stands_once_and_in_the_module_of_its_first_letter() -> None:
    letters = {module: {code[0] for code in rows(module)} for module in MODULES}
    assert {module: errors.FAULT[min(letters[module])].__name__ for module in MODULES if len(letters[module]) == 1} == {
        module: f"{module.partition('_')[0].title()}Error" for module in MODULES
    }
    assert sum(len(rows(module)) for module in MODULES) == len(CODES)


def test_every_code_says_what_happened_and_what_to_do_in_both_languages() -> None:
    assert [name for name, code in CODES.items() if not all(code)] == []
