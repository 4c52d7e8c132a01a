"""What officers enter, as fields of an operation: topics of a bulletin, an accident, a contact of the quarter."""

from typing import Any

TOPICS = {
    "admission": "新接收 2 名。",
    "organisational_life": "主题党日 3 次。",
    "conduct": "无",
    "conversion": "无",
}
EVENT = {
    "category": "accident",
    "on": "2026-02-27",
    "contact": "李明",
    "phone": "10000000001",
    "reference": "临函〔2026〕3号",
}


def quarterly(person: str, day: str = "2026-03-05", **more: object) -> dict[str, Any]:
    return {"person": person, "kind": "quarterly", "on": day, "channel": "phone", **more}
