"""The lists that an officer of a whole committee asks for."""

from typing import Final

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
