"""What a request touches: the body that must lie in the acting person's subtree, and what the audit says it was about.

The functions of ``Operation.subtree`` and ``Operation.about`` that several families share. The audit keeps ids, never
names.
"""

import re
from typing import Any

from gongguan.protocol.errors import refuse
from gongguan.sync.persons.bodies import resolve, top_code
from gongguan.sync.persons.members import member_of
from gongguan.sync.shared.periods import (
    body_of,
)
from gongguan.sync.store import Store


def whole_committee(store: Store, request: object) -> str | None:
    """The top of the tree: for operations that touch everything below it. None before there is a tree."""
    return top_code(store)


def listed_under(store: Store, request: Any) -> str | None:
    """The body that a list is asked for."""
    return resolve(store, request.under).code if request.under else None


def branch_of_member(store: Store, request: Any) -> str:
    """The branch of the member of ours that a request names. Raises D-member-unknown."""
    return member_of(store, request.member_id).branch_code


def responsible_body(store: Store, request: Any) -> str:
    """The body here that answers for the member of a mobility period. Raises D-subject-unknown, D-body-unknown."""
    code = body_of(store, request.subject)
    if code is None:
        raise refuse("D-body-unknown")
    return code


def about_member(request: Any) -> str:
    """The member id."""
    return f"member:{request.member_id}"


def about_subject(request: Any) -> str | None:
    """The pseudonym, where there is one."""
    return f"subject:{request.subject}" if request.subject else None


def about_person(request: Any) -> str | None:
    """The id of whom a request names, never the name nor its letters (``settle`` sees to that)."""
    text = str(request.person)
    return f"person:{text}" if re.fullmatch("[0-9a-f]{32}", text) else None
