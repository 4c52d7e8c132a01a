"""Two committees' nodes, set up once and copied for each test."""

from collections.abc import AsyncIterator
from pathlib import Path

import pytest
import pytest_asyncio

from tests.nodes import Running, copy_of, free_port, pair, prepare, running


@pytest.fixture(scope="session")
def prepared(tmp_path_factory: pytest.TempPathFactory) -> dict[str, Path]:
    at = tmp_path_factory.mktemp("prepared")
    return {
        "origin": prepare(at / "origin", "origin", free_port()),
        "destination": prepare(at / "destination", "destination", free_port()),
        "silent": prepare(at / "silent", "destination", free_port(), callable_=False),
    }


@pytest.fixture
def folders(prepared: dict[str, Path], tmp_path: Path) -> dict[str, Path]:
    return {name: copy_of(path, tmp_path / name) for name, path in prepared.items()}


@pytest_asyncio.fixture
async def both(folders: dict[str, Path]) -> AsyncIterator[tuple[Running, Running]]:
    async with running(folders["origin"]) as origin, running(folders["destination"]) as destination:
        await pair(origin, destination)
        yield origin, destination
