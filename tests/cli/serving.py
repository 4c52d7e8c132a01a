"""A node in a process of its own for the tests of the command line: SQLite, the real API, the staff of ``staff_node``.

``python -m tests.cli.serving FOLDER`` serves until it is ended; ``staff-api.json`` appears when it is ready.
"""

import asyncio
import sys
from contextlib import closing
from pathlib import Path

from gongguan.node import clock, staff_api
from gongguan.node.database import open_database
from gongguan.node.desk import Desk
from gongguan.node.field_seal import FieldSeal
from tests.staff_node import staff_node


async def serve(folder: Path) -> None:
    with closing(open_database(folder / "node.sqlite3", FieldSeal(b"k" * 32))) as database:
        node = staff_node(database)
        desk = Desk(database, node.port, clock.now, clock.random_bytes)
        runner = await staff_api.start_staff_api(desk, node.port.node_id, "127.0.0.1", 0)
        staff_api.announce(folder, staff_api.url_of(runner), node.port.node_id)
        try:
            await asyncio.Event().wait()
        finally:
            await runner.cleanup()


if __name__ == "__main__":
    asyncio.run(serve(Path(sys.argv[1])))
