"""The settings of a node: ``gongguan.toml`` in the data folder, checked as a whole when it is read.

What names the node (title, region, kind, addresses) goes onto the first card; a later change needs a new card. Every
bound of this machine stands in ``Limits``, with its reason; bounds of the wire are in ``protocol/limits.py``::

    config = load(folder)                  # raises I-config with the field
    config.database(folder)                # a path, or a postgresql:// URL
"""

import json
import tomllib
from pathlib import Path
from typing import Annotated, Final, Literal

import msgspec

from gongguan.protocol.errors import refuse

FILE: Final = "gongguan.toml"
DATABASE: Final = "node.sqlite3"

Port = Annotated[int, msgspec.Meta(ge=0, le=65535)]
Count = Annotated[int, msgspec.Meta(ge=1, le=10_000)]
Seconds = Annotated[float, msgspec.Meta(gt=0, le=86_400)]


class Limits(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """Bounds of this machine.

    ``exchanges_max``: bundles of partners in work or waiting; each may hold 4 MiB in memory.
    ``waiting_per_pairing_max``: a partner sends one bundle at a time; more is a fault or a retry after a lost answer.
    ``holds_max``: requests held open for partners that cannot be called.
    ``read_timeout_s``: time for a bundle to come in: 4 MiB at 70 kB/s.
    ``read_grace_s``: after so long the slowest of those that are coming in makes room where all places are taken.
    ``silence_s``: how long a connection may stay on which no request is under way; ``connections_max``: how many.
    ``request_timeout_s``: how long an answer of a partner is waited for: a bundle of 4 MiB each way on a slow line.
    ``wait_max_s``: how long a request is held: below the 60 s after which proxies give up.
    ``retry_delay_s_min``, ``retry_delay_s_max``: full-jitter back-off of deliveries.
    ``group_max``: writers that share one transaction; a larger group delays the first of it.
    ``peer_bytes_max``: messages of one partner on this disk; ten years of a large committee stay below 1 GiB.
    ``relay_resend_s_min``, ``relay_resend_s_max``: what a partner did not receipt goes to the relay once more after
    this time, which doubles each time: the partner may be away for weeks, and one bundle is not to fill the mailbox.
    ``relay_answer_s``: at most one bundle that only says what we hold goes to the relay in this time.
    """

    exchanges_max: Count = 32
    waiting_per_pairing_max: Count = 4
    holds_max: Count = 1000
    read_timeout_s: Seconds = 60.0
    read_grace_s: Seconds = 1.0
    silence_s: Seconds = 80.0
    connections_max: Count = 2000
    request_timeout_s: Seconds = 120.0
    wait_max_s: Annotated[float, msgspec.Meta(gt=0, le=60)] = 50.0
    retry_delay_s_min: Seconds = 1.0
    retry_delay_s_max: Seconds = 900.0
    group_max: Count = 64
    peer_bytes_max: Annotated[int, msgspec.Meta(ge=1)] = 2 << 30
    relay_resend_s_min: Seconds = 3600.0
    relay_resend_s_max: Seconds = 86_400.0
    relay_answer_s: Seconds = 60.0


class Config(msgspec.Struct, frozen=True, kw_only=True, forbid_unknown_fields=True):
    """See the module. ``listen_port`` and ``staff_port`` 0 take a free port. ``fence`` and ``log``: file names, taken
    from the data folder where they are relative; the fence belongs on another disk than the database if there is one.
    ``desk_host``: where staff may log in from their own computers, over TLS with this node's certificate; None: only
    from this machine. ``relays``: where this node has a mailbox, as ``https://host:port#digest of the certificate``.
    They stand on the card, so they are chosen when the node is set up.
    """

    title: Annotated[str, msgspec.Meta(min_length=1, max_length=120)]
    region: Annotated[str, msgspec.Meta(pattern=r"^[0-9]{6}\Z")]
    kind: Literal["committee", "department", "floating_members_organisation"] = "committee"
    synthetic: bool = False
    endpoints: tuple[str, ...] = ()
    relays: tuple[str, ...] = ()
    listen_host: str = "127.0.0.1"
    listen_port: Port = 8443
    staff_host: str = "127.0.0.1"
    staff_port: Port = 0
    desk_host: str | None = None
    desk_port: Port = 8600
    database_url: str | None = None
    fence: str = "fence.json"
    log: str | None = None
    limits: Limits = Limits()

    def database(self, folder: Path) -> str | Path:
        """Where the records lie: the URL, or the SQLite file in the data folder."""
        return self.database_url or folder / DATABASE


def load(folder: Path) -> Config:
    """The settings in a data folder. Raises A-key-file-missing when nothing was set up there, I-config."""
    path = folder / FILE
    try:
        values = tomllib.loads(path.read_text(encoding="utf-8"))
    except FileNotFoundError:
        raise refuse("A-key-file-missing", folder=str(folder)) from None
    except (OSError, UnicodeError, tomllib.TOMLDecodeError) as error:
        raise refuse("I-config", file=FILE, problem=str(error)) from error
    try:
        return msgspec.convert(values, Config)
    except msgspec.ValidationError as error:
        raise refuse("I-config", file=FILE, problem=str(error)) from error


def text_of(config: Config) -> str:
    """The file that gives this configuration; limits are left at what the software says."""
    lines = ["# 共管节点配置；修改后重新启动节点。Settings of a gongguan node; restart it after a change.", ""]
    for name, value in msgspec.to_builtins(config).items():
        if name != "limits" and value is not None:
            # A JSON text, number, truth value or list of texts is written the same in TOML.
            lines.append(f"{name} = {json.dumps(value, ensure_ascii=False)}")
    return "\n".join(lines) + "\n"


def store(folder: Path, config: Config) -> None:
    """Write the settings of a new node. Raises I-folder-not-writable."""
    try:
        folder.mkdir(mode=0o700, parents=True, exist_ok=True)
        (folder / FILE).write_text(text_of(config), encoding="utf-8")
    except OSError as error:
        raise refuse("I-folder-not-writable", folder=str(folder), reason=error.strerror) from error
