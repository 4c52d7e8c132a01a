"""A committee alone with its node, typed by its officer: a partner without one, a letter, a filled sheet, a member."""

import json
import shutil
import signal
from collections.abc import Iterator
from pathlib import Path

import pytest

from gongguan.cli.demo_data import workbook
from tests.end_to_end.programs import Program
from tests.sync.papers import ANSWERED, filled_in

pytestmark = pytest.mark.slow


@pytest.fixture
def office(tmp_path: Path) -> Iterator[Program]:
    """A node with the demonstration's members, and nobody paired."""
    one = Program(tmp_path / "data", "乌兰诺尔旗委组织部", "990521")
    one.init()
    one.start()
    one.staff()
    # The result of an import is written beside what was handed in.
    bodies, members, outflow = (
        str(shutil.copy(workbook(name), tmp_path))
        for name in ("origin_bodies.xlsx", "origin_members.xlsx", "origin_outflow.xls")
    )
    one.run("body", "import", bodies)
    one.run("member", "import", members, "--outflow", outflow)
    yield one
    if one.process is not None:
        one.stop(signal.SIGKILL)


def test_from_a_partner_without_a_node_to_a_member_whom_a_filled_sheet_admits(office: Program) -> None:
    office.run(
        "peer", "add", "--without-node", "--title", "临江区委组织部", "--region", "990202",
        "--agreed-by", "李明", "--agreed-on", "2026-01-05", "--reference", "临组函〔2026〕3号",
    )  # fmt: skip
    member = next(row for row in office.run("member", "list", "--floating")["members"] if row["floating"])
    person = member["member_id"]
    office.run("certificate", "issue", person, "--number", "纸-1", "--issued-on", "2026-01-06")
    office.run(
        "departure", "report", person, "--left-on", "2026-01-08", "--destination-place", "990202", "--reason", "work",
    )  # fmt: skip

    told = office.said("departure", "notify", person)

    assert told.returncode == 0, told.stderr
    (page,) = office.folder.parent.glob("*-公函.html")
    (sheet,) = office.folder.parent.glob("*-回执.xlsx")
    assert page.name in told.stdout and sheet.name in told.stdout
    assert "临江区委组织部：" in page.read_text(encoding="utf-8")

    back = office.folder.parent / "收回的回执.xlsx"
    back.write_bytes(filled_in(sheet.read_bytes(), {member["name"]: {**ANSWERED, "到达日期": "2026-01-12"}}))
    taken = office.run("sheet", "take", str(back))

    assert (taken["made"], taken["title"]) == (1, "接收回执")
    (line,) = office.run("movement", "list")["movements"]
    assert (line["state"], line["answer_source"]) == ("admitted", "entered")
    assert "我方代录，对方未签名" in office.said("movement", "show", line["subject"]).stdout
    assert office.run("letter", "list")["letters"][0]["state"] == "answered"
    office.stop()
    office.start()
    assert office.run("movement", "list")["movements"][0]["state"] == "admitted"
    assert json.loads(office.said("peer", "list", "--json").stdout)["peers"][0]["state"] == "paper"
    assert office.stop() == 0
