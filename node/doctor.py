"""What a technician looks at when a node misbehaves: the data folder and this machine, without the node's help.

Nothing is changed and no lock is kept: the node may run or not. Each check is a function that gives its findings; one
that needs what another found broken gives none::

    for finding in examine(folder, clock.now()):
        print(finding.ok, finding.said.zh, finding.step)
"""

import fcntl
import os
import shutil
import socket
import stat
import time
from collections.abc import Callable, Iterable, Iterator
from contextlib import closing, contextmanager
from dataclasses import dataclass
from datetime import datetime, timedelta
from functools import partial
from pathlib import Path
from typing import Any, Final, NamedTuple

from gongguan.node import config as configs
from gongguan.node.config import DATABASE, Config
from gongguan.node.database import drivers, migrations
from gongguan.node.database.drivers import Dialect
from gongguan.node.database.fence import INTERVAL_S, Fence
from gongguan.node.database.sequencer import LogSize, sizes_of
from gongguan.node.database.storage import Backend, SqlStore
from gongguan.node.keys import keyfiles
from gongguan.node.keys.field_seal import DATA_KEY_BYTES, FieldSeal
from gongguan.node.operations.said import Said
from gongguan.node.peers.transports.mailbox import is_relay
from gongguan.protocol import card as cards
from gongguan.protocol import note
from gongguan.protocol.errors import ProtocolError
from gongguan.sync.days import CHINA
from gongguan.sync.exchange import pairings, succession
from gongguan.sync.records import Epoch, LogMessage, Pairing
from gongguan.sync.shared.provenance import on_paper
from gongguan.sync.shared.written import written_at
from gongguan.sync.store import Store

FREE_BYTES_MIN: Final = 1 << 30
"""Below this a busy node may stop within days: its database, the journal beside it and a copy need room."""
CLOCK_SLACK: Final = timedelta(minutes=5)
CONNECT_S_MAX: Final = 2.0
FENCE_LOOKS: Final = 4
"""A node that runs has written its fence after one or two."""


class Finding(NamedTuple):
    """What one check found. ``step``: what to do, for what is not as it should be."""

    check: str
    ok: bool
    said: Said
    step: Said | None = None


@dataclass
class Look:
    """What the checks know of each other. ``process``: of the node that runs on this folder."""

    folder: Path
    now: datetime
    config: Config | None = None
    process: str | None = None
    is_own: bool = True
    is_current: bool = False


def examine(folder: Path, now: datetime) -> Iterator[Finding]:
    """All checks in order; ``now`` is this machine's clock."""
    look = Look(folder, now)
    if not folder.is_dir():
        yield Finding(
            "folder",
            False,
            Said(f"没有数据文件夹 {folder}", f"there is no data folder {folder}"),
            Said(
                "用 --data 指明正确的文件夹，或先运行 gongguan init",
                "name the right one by --data, or run gongguan init",
            ),
        )
        return
    for check in CHECKS:
        try:
            yield from check(look)
        except ProtocolError as error:
            name = check.__name__.strip("_")
            said = Said(error.sentence("zh"), error.sentence("en"))
            yield Finding(name, False, said, Said(error.next_step("zh"), error.next_step("en")))


def _permissions(look: Look) -> Iterator[Finding]:
    """Folders 0700 and files 0600, of the account that examines."""
    wrong = sorted(_open_to_others(look.folder))
    if wrong:
        named = "、".join(wrong[:5])
        yield Finding(
            "permissions",
            False,
            Said(f"别的账号也能读写：{named}", f"open to other accounts: {named}"),
            Said("文件夹改为 0700，文件改为 0600（chmod）", "make folders 0700 and files 0600 (chmod)"),
        )
    owner = look.folder.stat().st_uid
    look.is_own = owner == os.geteuid()
    if not look.is_own:
        yield Finding(
            "owner",
            False,
            Said(
                f"数据文件夹属于账号 {owner}，不是当前账号", f"the folder belongs to account {owner}, not to this one"
            ),
            Said("以运行节点的账号运行（sudo -u）", "run this as the account of the node (sudo -u)"),
        )
    if not wrong and look.is_own:
        yield Finding("permissions", True, Said("文件夹权限正确", "permissions are right"))


def _open_to_others(folder: Path) -> Iterator[str]:
    yield from (".",) if _is_open(folder) else ()
    for path in (*folder.glob("*"), *folder.glob(f"{keyfiles.FOLDER}/*")):
        is_private = path.parent.name == keyfiles.FOLDER or path.name.startswith((DATABASE, keyfiles.FOLDER))
        if is_private and _is_open(path):
            yield str(path.relative_to(folder))


def _is_open(path: Path) -> bool:
    return bool(stat.S_IMODE(path.stat().st_mode) & 0o077)


def _lock(look: Look) -> Iterator[Finding]:
    """Whether a node runs here. The lock is tried, shared, for an instant, and only where nobody has it kept."""
    path = look.folder / "lock"
    try:
        descriptor = os.open(path, os.O_RDONLY | os.O_CLOEXEC)
    except OSError:
        yield Finding("lock", True, Said("节点没有运行", "the node does not run"))
        return
    try:
        fcntl.flock(descriptor, fcntl.LOCK_SH | fcntl.LOCK_NB)
    except BlockingIOError:
        look.process = os.read(descriptor, 20).decode("ascii", "replace").strip() or "?"
        said = Said(f"节点正在运行，进程号 {look.process}", f"the node runs as process {look.process}")
        yield Finding("lock", True, said)
    else:
        yield Finding("lock", True, Said("节点没有运行", "the node does not run"))
    finally:
        os.close(descriptor)


def _config(look: Look) -> Iterator[Finding]:
    look.config = configs.load(look.folder)
    yield Finding("config", True, Said("配置文件可读", "the settings are readable"))


def _keys(look: Look) -> Iterator[Finding]:
    if not look.is_own:
        return
    keyfiles.copies_in(look.folder)
    if not (look.folder / keyfiles.FOLDER / keyfiles.SERVICE_FILE).exists():
        said = Said("没有服务文件：每次启动都须输入口令", "there is no service file: each start needs the pass-phrase")
        yield Finding("keys", True, said)
        return
    keyfiles.open_with_service(look.folder)
    yield Finding("keys", True, Said("服务文件能打开密钥文件", "the service file opens the key file"))


def _card(look: Look) -> Iterator[Finding]:
    """Whether the card says what the settings say, and its sealing keys are of this year."""
    if not look.is_current or look.config is None:
        return
    with _stored(look) as store:
        card, since = pairings.own_card(store), succession.sealing_since(store)
    parsed = cards.parse(note.parse(card.note).text)
    direct = tuple(one for one in parsed.endpoints if not is_relay(one))
    if (parsed.title, direct) != (look.config.title, look.config.endpoints):
        yield Finding(
            "card",
            False,
            Said("名片上的名称或网址与配置文件不同", "title or addresses of the card are not those of the settings"),
            Said(
                "由系统管理员运行 gongguan node card-update",
                "an administrator runs gongguan node card-update",
            ),
        )
    elif (look.now.date() - since).days > succession.SEALING_DAYS_MAX:
        yield Finding(
            "card",
            False,
            Said(f"封装密钥自 {since} 起用，已满一年", f"the sealing keys are in use since {since}, over a year"),
            Said(
                "由系统管理员运行 gongguan keys renew-sealing",
                "an administrator runs gongguan keys renew-sealing",
            ),
        )
    else:
        said = Said(
            f"名片序号 {card.serial}，封装密钥自 {since} 起用", f"card {card.serial}, sealing keys since {since}"
        )
        yield Finding("card", True, said)


def _database(look: Look) -> Iterator[Finding]:
    if look.config is None or not look.is_own:
        return
    with _connected(look) as (driver, dialect):
        present, newest = migrations.standing(driver, dialect)
        if present is None or present > newest:
            yield Finding(
                "database",
                False,
                Said(f"数据库版本 {present} 不是本软件能用的（{newest}）", f"database version {present}, not {newest}"),
                Said("升级软件，或从备份恢复数据库", "upgrade the software, or restore the database from a backup"),
            )
            return
        look.is_current = present == newest
        later = "" if look.is_current else "，启动时自动升级"
        later_en = "" if look.is_current else ", brought up to date at the next start"
        said = Said(f"数据库可以打开，版本 {present}{later}", f"the database opens, version {present}{later_en}")
        yield Finding("database", True, said)
        yield from _durability(driver, dialect)


def _durability(driver: Any, dialect: Dialect) -> Iterator[Finding]:
    """What every commit depends on; the node asks for it at each start and does not start without."""
    wanted = {"sqlite": {"PRAGMA journal_mode": "wal", "PRAGMA synchronous": "2"}, "postgresql": {"SHOW fsync": "on"}}
    if dialect.name == "sqlite":
        driver.execute("PRAGMA synchronous = 2")
    asked = wanted[dialect.name]
    found = {name: str(driver.execute(name).fetchone()[0]).lower() for name in asked}
    shown = "，".join(f"{name.split()[1]} = {value}" for name, value in found.items())
    yield Finding(
        "durability",
        found == asked,
        Said(f"写入方式：{shown}", f"durability: {shown}"),
        Said("把数据文件夹放在本机磁盘上，再启动节点", "keep the folder on a local disk and start the node again"),
    )
    if dialect.name == "sqlite":
        damage = str(driver.execute("PRAGMA quick_check(1)").fetchone()[0])
        yield Finding(
            "integrity",
            damage == "ok",
            Said("数据库文件完整" if damage == "ok" else "数据库文件已损坏", f"integrity: {damage}"),
            Said("停止节点，保留原文件，从备份恢复", "stop the node, keep the file, restore from a backup"),
        )


def _fence(look: Look) -> Iterator[Finding]:
    """Whether the database has all that was signed: else it comes from a backup."""
    if look.config is None or not look.is_current:
        return
    fence = Fence(look.folder / look.config.fence)
    with _stored(look) as store:
        known = {item.pairing_id: item for item in store.find(Pairing) if not on_paper(item)}
        logs: dict[str, list[Epoch]] = {}
        for row in store.find(Epoch):
            if row.pairing_id in known:
                logs.setdefault(row.pairing_id, []).append(row)
    sizes = {name: sizes_of(rows, len(rows)) for name, rows in logs.items()}
    if look.process is not None and _stays_behind(fence, look.folder / look.config.fence, sizes):
        yield Finding(
            "fence",
            False,
            Said(
                f"围栏文件写不进去：{look.config.fence}",
                f"the fence file cannot be written: {look.config.fence}",
            ),
            Said(
                "腾出磁盘空间，改正文件夹权限；节点每隔几秒自己再试，不用重新启动。写好以前不要恢复备份",
                "free the disk, mend the permissions; the node tries again by itself. Restore no backup before it can",
            ),
        )
        return
    behind = set(fence.compare(sizes))
    for name in sorted({*logs, *behind}):
        peer = known[name].peer[:8] if name in known else name[:8]
        if name not in behind:
            said = Said(
                f"与 {peer} 的日志：数据库不落后于围栏", f"logs with {peer}: the database is not behind the fence"
            )
            yield Finding("fence", True, said)
            continue
        yield Finding(
            "fence",
            False,
            Said(f"与 {peer} 的日志：数据库落后于围栏，是旧的备份", f"logs with {peer}: the database is an old backup"),
            Said(
                "找回更新的数据文件夹；没有时启动节点，由对方补回（gongguan recovery）",
                "find the newer folder; else start the node and get back what the partner holds: gongguan recovery",
            ),
        )


def _stays_behind(fence: Fence, path: Path, sizes: dict[str, tuple[LogSize, ...]]) -> bool:
    """Whether the fence is not told what the database held when we looked, in several times the time that it takes."""
    for _ in range(FENCE_LOOKS):
        if not fence.lacks(sizes):
            return False
        time.sleep(INTERVAL_S)
        fence = Fence(path)
    return bool(fence.lacks(sizes))


def _clock(look: Look) -> Iterator[Finding]:
    """A clock that is behind what was already written was set back; or who wrote it had a clock that was ahead."""
    if look.config is None or not look.is_current:
        return
    with _stored(look) as store:
        written = [(_newest(store, own=own), own) for own in (True, False)]
    newest, own = max(((at, own) for at, own in written if at is not None), default=(None, True))
    right = newest is None or newest <= look.now + CLOCK_SLACK
    # As the clock on the wall shows it, which is what a person compares it with.
    shown = "" if newest is None else f"{newest.astimezone(CHINA):%Y-%m-%d %H:%M:%S}"
    here = f"{look.now.astimezone(CHINA):%Y-%m-%d %H:%M:%S}"
    whose, whose_en = ("本方", "our own") if own else ("对方", "a partner's")
    yield Finding(
        "clock",
        right,
        Said(
            f"本机时间 {here}，最新一条消息 {shown or '（还没有）'}（{whose}写的；都是北京时间）",
            f"clock {here}, newest message {shown or '(none)'}, {whose_en} (China time)",
        ),
        Said(
            "核对本机时间，启用对时服务（NTP）。本机时间不错的，是写这条消息时的时钟快了（对方写的，请对方核对）："
            "消息照常有效，写下一条以后不再提示",
            "set the clock and keep it by NTP. Where it is right, that of the writer was ahead (a partner's: tell it): "
            "the messages count, and this goes with the next one",
        ),
    )


def _partners_clocks(look: Look) -> Iterator[Finding]:
    """A receipt from before the message that it is for: one of the two clocks is wrong, and now, not once."""
    if look.config is None or not look.is_current:
        return
    with _stored(look) as store:
        apart = [found for found in map(partial(_receipted_before, store), _newest_receipted(store)) if found]
    said = max(apart, default=timedelta())
    whole = str(timedelta(seconds=int(said.total_seconds())))
    yield Finding(
        "partner_clock",
        said <= CLOCK_SLACK,
        Said(
            f"对方回执的时间比所回执的消息早 {whole}" if apart else "对方回执的时间都不早于所回执的消息",
            f"a partner's receipt is earlier than what it is for by {whole}"
            if apart
            else "no receipt is earlier than what it is for",
        ),
        Said(
            "本机的时钟快了，或者对方的慢了：核对本机时间，启用对时服务（NTP）；本机不错的，请对方核对。"
            "收到下一份回执以后不再提示",
            "this clock is ahead or the partner's is behind: check this one and keep it by NTP; where it is right tell "
            "the partner. It goes with the next receipt",
        ),
    )


def _newest_receipted(store: Store) -> Iterable[Epoch]:
    """Of each pairing our newest epoch with a receipt."""
    rows = store.find(Epoch, own=True, order=("ordinal",))
    return {row.pairing_id: row for row in rows if row.receipt is not None}.values()


def _receipted_before(store: Store, row: Epoch) -> timedelta | None:
    """How much earlier the partner's receipt is than our last message under it; None where it is later, as it must."""
    held = store.get(LogMessage, row.ordinal, row.receipted - 1)
    written = written_at(held) if held is not None else None
    lines = note.parse(row.receipt or b"").lines
    times = [note.cosigned_at_s(line.signature) for line in lines if line.name.endswith(cards.cosigner_name(""))]
    if written is None or not times:
        return None
    before = timedelta(seconds=written.timestamp() - max(times))
    return before if before > timedelta() else None


def _newest(store: Store, *, own: bool) -> datetime | None:
    """When the newest message of each log on one side says that it was written; the latest of these."""
    last: dict[str, datetime] = {}
    for row in store.find(Epoch, own=own, order=("ordinal",)):
        held = store.get(LogMessage, row.ordinal, row.size - 1) if row.size else None
        written = written_at(held) if held is not None else None
        if written is not None:
            # An earlier epoch may be one of a clock that is right by now.
            last[row.pairing_id] = written
    return max(last.values(), default=None)


def _disk(look: Look) -> Iterator[Finding]:
    free = shutil.disk_usage(look.folder).free
    yield Finding(
        "disk",
        free >= FREE_BYTES_MIN,
        Said(f"磁盘剩余 {free / (1 << 30):.1f} GiB", f"{free / (1 << 30):.1f} GiB free on the disk"),
        Said("清理磁盘，或把数据文件夹搬到更大的磁盘", "free some space, or move the folder to a larger disk"),
    )


def _ports(look: Look) -> Iterator[Finding]:
    if look.config is None:
        return
    for host, port in (
        (look.config.listen_host, look.config.listen_port),
        (look.config.staff_host, look.config.staff_port),
    ):
        if port:
            yield _port(look, host, port)


def _port(look: Look, host: str, port: int) -> Finding:
    """Of a running node something must answer there, else nobody may hold it."""
    if look.process is not None:
        target = "127.0.0.1" if host == "0.0.0.0" else "::1" if host == "::" else host
        right = _answers(target, port)
        said = Said(
            f"端口 {port} {'有' if right else '没有'}本节点答话",
            f"port {port}: the node {'answers' if right else 'does not answer'}",
        )
        return Finding("port", right, said, Said("查看日志，重新启动节点", "see the log and restart the node"))
    taken = _answers(host, port) or not _is_free(host, port)
    return Finding(
        "port",
        not taken,
        Said(
            f"端口 {port} {'被别的程序占用' if taken else '空闲'}",
            f"port {port} is {'taken by another program' if taken else 'free'}",
        ),
        Said(
            "停掉占用的程序，或在 gongguan.toml 里换一个端口",
            "stop that program, or choose another port in gongguan.toml",
        ),
    )


def _answers(host: str, port: int) -> bool:
    try:
        with socket.create_connection((host, port), timeout=CONNECT_S_MAX):
            return True
    except OSError:
        return False


def _is_free(host: str, port: int) -> bool:
    family = socket.AF_INET6 if ":" in host else socket.AF_INET
    with socket.socket(family) as probe:
        probe.setsockopt(socket.SOL_SOCKET, socket.SO_REUSEADDR, 1)
        try:
            probe.bind((host, port))
        except OSError:
            return False
    return True


@contextmanager
def _connected(look: Look) -> Iterator[tuple[Any, Dialect]]:
    """The database as it lies there, for reading. Raises I-database-disk, I-database-damaged and their like."""
    from gongguan.node.database.errors import refusal  # noqa: PLC0415 - beside its only use

    assert look.config is not None  # the callers have looked
    link = drivers.looking(look.config.database(look.folder))
    try:
        with closing(link.connect()) as driver:
            yield driver, link.dialect
    except link.dialect.error as error:
        raise refusal(error) from error


@contextmanager
def _stored(look: Look) -> Iterator[Store]:
    """The records. What is sealed is not looked at, so no key is needed."""
    with _connected(look) as (driver, dialect):
        driver.execute("BEGIN")
        yield SqlStore(driver, Backend(dialect, FieldSeal(bytes(DATA_KEY_BYTES))), writable=False)


CHECKS: Final[tuple[Callable[[Look], Iterator[Finding]], ...]] = (
    _permissions,
    _lock,
    _config,
    _keys,
    _database,
    _card,
    _fence,
    _clock,
    _partners_clocks,
    _disk,
    _ports,
)
