"""A node in a process of its own for the tests of the command line: SQLite, the real API, the staff of ``staff_node``.

``python -m tests.cli.serving FOLDER`` serves until it is ended; ``staff-api.json`` appears when it is ready. With a
second word it serves over TLS too, under a certificate of its own: ``desk.json`` has the address and the digits.
"""

import asyncio
import json
import sys
from contextlib import closing
from pathlib import Path

from gongguan.node import clock
from gongguan.node.database.database import open_database
from gongguan.node.door import Door
from gongguan.node.keys import tls
from gongguan.node.keys.field_seal import FieldSeal
from gongguan.node.staff import staff_api
from gongguan.node.staff.desk import Desk
from gongguan.protocol import fingerprint
from tests.staff_node import staff_node


async def serve(folder: Path) -> None:
    with closing(open_database(folder / "node.sqlite3", FieldSeal(b"k" * 32))) as database:
        node = staff_node(database)
        desk = Desk(database, node.port, clock.now, clock.random_bytes)
        door = await staff_api.start_staff_api(desk, node.port.node_id, "127.0.0.1", 0)
        staff_api.announce(folder, staff_api.url_of(door), node.port.node_id)
        doors = [door, *([await over_tls(folder, desk, node.port.node_id)] if len(sys.argv) > 2 else [])]
        try:
            await asyncio.Event().wait()
        finally:
            for started in doors:
                await started.close()


async def over_tls(folder: Path, desk: Desk, node_id: str) -> Door:
    """Where staff elsewhere log in, at the port that ``desk.json`` names already, or a free one."""
    told = folder / "desk.json"
    port = json.loads(told.read_text())["port"] if told.exists() else 0
    key, certificate = tls.make_certificate(node_id, clock.now())
    door = await staff_api.start_over_tls(desk, node_id, "127.0.0.1", port, tls.server_context(key, certificate))
    facts = {"port": door.address[1], "digits": fingerprint.shown(tls.digest(certificate))}
    (folder / "desk.new").write_text(json.dumps(facts))
    (folder / "desk.new").replace(told)
    return door


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1])))
