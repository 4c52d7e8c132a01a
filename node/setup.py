"""Setting up a new node: keys, settings, database, first card, the committee at the top of its tree, one administrator.

The settings are written last: a folder without ``gongguan.toml`` was not set up. What a set-up makes before it fails
it removes again; keys or a database that were there already are never touched::

    made = set_up(folder, config, Administrator("王芳", password), body_code="990101", now=clock.now())
    print(made.sheet)     # once; it is kept nowhere
"""

import contextlib
from dataclasses import dataclass, field
from datetime import datetime, timedelta, timezone
from pathlib import Path
from typing import Final

from gongguan.node import config as configs
from gongguan.node.app import first_card
from gongguan.node.clock import random_bytes
from gongguan.node.config import DATABASE, Config
from gongguan.node.database.database import lock_folder, open_database
from gongguan.node.keys import keyfiles
from gongguan.node.keys.field_seal import FieldSeal
from gongguan.protocol import card as cards
from gongguan.protocol import note
from gongguan.protocol.errors import refuse
from gongguan.sync.exchange import pairings
from gongguan.sync.persons.bodies import found_committee
from gongguan.sync.persons.passwords import SALT_BYTES, check_rules
from gongguan.sync.persons.staff import first_administrator
from gongguan.sync.store import Store

CHINA: Final = timezone(timedelta(hours=8))


@dataclass(frozen=True, slots=True)
class Administrator:
    """The first system administrator. The password also opens the key file, as its pass-phrase."""

    name: str
    password: str = field(repr=False)


@dataclass(frozen=True, slots=True)
class Made:
    """A node that was set up. ``sheet`` is the recovery sheet's groups, ``fingerprint`` that of the first card."""

    node_id: str
    fingerprint: str
    sheet: str = field(repr=False)


def set_up(folder: Path, config: Config, administrator: Administrator, body_code: str, now: datetime) -> Made:
    """Make a node in ``folder``.

    Raises A-key-file-exists, I-folder-in-use, I-folder-not-writable, D-password, D-staff-name, S-readable.
    """
    check_rules(administrator.password, administrator.name)
    with lock_folder(folder):
        check_free(folder)
        try:
            return _make(folder, config, administrator, body_code, now)
        except BaseException:
            _remove(folder)
            raise


def check_free(folder: Path) -> None:
    """Raises A-key-file-exists where a node, or what is left of one, is in the folder."""
    present = (configs.FILE, DATABASE, f"{keyfiles.FOLDER}/{keyfiles.KEY_FILE}")
    if any((folder / name).exists() for name in present):
        raise refuse("A-key-file-exists", folder=str(folder))


def _make(folder: Path, config: Config, administrator: Administrator, body_code: str, now: datetime) -> Made:
    keys, sheet = keyfiles.create(folder, administrator.password, now, administrator.name)
    card = first_card(keys, config, now.astimezone(CHINA).date().isoformat())
    salt = random_bytes(SALT_BYTES)

    def fill(store: Store) -> None:
        pairings.keep_own_card(store, card)
        found_committee(store, body_code, config.title, config.title)
        name, password = administrator.name, administrator.password
        first_administrator(store, name=name, password=password, body_code=body_code, salt=salt)

    with contextlib.closing(open_database(config.database(folder), FieldSeal(keys.data_key))) as database:
        database.write(fill)
    configs.store(folder, config)
    return Made(keys.node_id, cards.fingerprint(note.parse(card).text), sheet)


def _remove(folder: Path) -> None:
    """Take back what a set-up that failed has made; nothing that was there before comes here."""
    made = [
        folder / keyfiles.FOLDER / keyfiles.KEY_FILE,
        folder / keyfiles.FOLDER / keyfiles.SERVICE_FILE,
        *(folder / f"{DATABASE}{ending}" for ending in ("", "-wal", "-shm")),
        folder / configs.FILE,
    ]
    for path in made:
        path.unlink(missing_ok=True)
