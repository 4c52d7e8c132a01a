"""From a draft to a text that both secretaries have signed, as their offices do it; other matters that both sign."""

from typing import Any

from tests.sync.offices import Office, exchanged

TERM = {"valid_from": "2026-01-01", "valid_until": "2026-12-31"}
NAMED = {"officers_here": ["乌云 10000000001"], "officers_there": ["李明"]}
APPROVAL = {"document_number": "旗组〔2026〕3号", "approved_on": "2026-02-27", "approved_by": "那仁格日勒"}
MINUTES: dict[str, Any] = {
    "held_on": "2026-02-28",
    "agenda": ["通报上半年流动党员情况", "商定共建活动"],
    "resolutions": ["七月一日前走访一遍"],
    "attended_here": 3,
    "attended_there": 2,
}
PARTNERS = {
    "partnership": "P-1",
    "branch_here": "第一党支部",
    "branch_there": "临江社区党支部",
    "purpose": "每季度联合开展一次主题党日。",
    "valid_from": "2026-03-01",
    "valid_until": "2026-12-31",
}
ACTIVITY = {
    "event": "2026-03-clean",
    "activity": "volunteering",
    "title": "清洁家园",
    "on": "2026-03-01",
    "place": "临江",
}


def drafted(office: Office, **fields: object) -> Any:
    return office.ask("干事", "agreement.draft", **{**TERM, **NAMED, **fields})


def proposed(origin: Office, destination: Office, **fields: object) -> Any:
    made = origin.ask("书记", "agreement.propose", draft=drafted(origin, **fields).id, **APPROVAL)
    exchanged(origin, destination)
    return made


def signed(origin: Office, destination: Office, **fields: object) -> Any:
    made = proposed(origin, destination, **fields)
    destination.ask("书记", "agreement.sign", version=made.version, **APPROVAL)
    exchanged(origin, destination)
    return made


def settled(proposer: Office, signer: Office, name: str, who: str = "书记", **fields: object) -> Any:
    made = proposer.ask(who, name, **fields)
    exchanged(proposer, signer)
    signer.ask("书记", "joint.sign", content=made.content)
    exchanged(proposer, signer)
    return made
