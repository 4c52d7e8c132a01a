"""Says at the end which set of vectors ran."""

import pytest

from tests.protocol import published


def pytest_terminal_summary(terminalreporter: pytest.TerminalReporter) -> None:
    terminalreporter.write_line(f"vectors: {published.SET} ({published.FOLDER.name})")
