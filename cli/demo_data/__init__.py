"""Invented workbooks for the demonstration: no person, place or number in them exists.

ID numbers begin with the unassigned division 99, phones with 100; a real node refuses both. ``manifest.json`` holds
counts and SHA-256; ``python -m tests.synthetic`` in the source tree makes the same content again::

    workbook("origin_members.xlsx")  ->  Path

Whole sets of any seed are made by ``sets.py``: persons, trees and journeys are drawn, then written as sheets.
"""

from pathlib import Path
from typing import Final

WORKBOOKS: Final = (
    "origin_bodies.xlsx",
    "origin_members.xlsx",
    "origin_outflow.xls",
    "destination_bodies.xlsx",
    "bad_members.xlsx",
)


def workbook(name: str) -> Path:
    """The path of one of ``WORKBOOKS``; raises KeyError for another name."""
    if name not in WORKBOOKS:
        raise KeyError(name)
    return Path(__file__).with_name(name)
