"""The lists that an officer of a whole committee asks for."""

from datetime import date
from typing import Final

from gongguan.sync.quarters import Quarter

LISTS: Final[tuple[tuple[str, dict[str, object]], ...]] = (
    ("member.list", {}),
    ("member.list", {"floating": True}),
    ("member.list", {"name": "巴"}),
    ("body.list", {}),
    ("certificate.list", {}),
    ("officer.list", {}),
    ("contact.list", {}),
    ("movement.list", {}),
    ("movement.gaps", {}),
    ("movement.movers", {}),
    ("movement.quality", {}),
    ("departure.list", {}),
    ("dues.list", {}),
    ("dues.lagging", {}),
    ("education.coverage", {}),
    ("education.coverage", {"quarter": "2026Q1"}),
    ("contact.list", {"quarter": "2026Q3"}),
    ("bulletin.list", {}),
    ("bulletin.list", {"missing": True}),
    ("duty.list", {}),
    ("admission.times", {}),
    ("agreement.list", {}),
    ("report.show", {}),
    ("letter.offered", {}),
    ("activity.list", {}),
    ("conflict.list", {}),
    ("conflict.across", {}),
    ("inflow.list", {}),
    ("admission.cases", {}),
    ("departure.unreceipted", {}),
    ("probation.list", {}),
    ("task.list", {}),
    ("today.list", {}),
    ("person.find", {"text": "bte"}),
    ("person.find", {"text": "bte", "need": "movement"}),
    ("roster.outflow", {}),
)


def begun(day: date) -> list[tuple[str, dict[str, object]]]:
    """Without those of a quarter that is still to come."""
    return [item for item in LISTS if str(item[1].get("quarter", "")) <= Quarter.of(day).name]
