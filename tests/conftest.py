"""What a test called goes into its report; at the end of a whole run the duties that are said to work are checked.

Whether a property holds says nothing of how busy the machine is, so Hypothesis looks at no clock; and one change
is not to fail for what chance finds in another, so it tries the same examples each time. New ones:
``--hypothesis-profile search``.
"""

import gc
from collections.abc import Generator, Iterable, Iterator

import pytest
from hypothesis import HealthCheck, settings

from gongguan.node import collector
from tests import recorder
from tests.duties import Evidence, Row, rows, unproved

EVIDENCE = pytest.StashKey[Evidence]()

settings.register_profile(
    "gongguan", deadline=None, suppress_health_check=[HealthCheck.too_slow], derandomize=True, database=None
)
settings.register_profile("search", settings.get_profile("gongguan"), derandomize=False)
settings.load_profile("gongguan")


@pytest.fixture(autouse=True)
def _operations_are_recorded(request: pytest.FixtureRequest) -> Iterator[None]:
    """What fixtures called before the test counts for it too."""
    yield
    request.node.user_properties.append(("operations", recorder.taken()))


@pytest.hookimpl(wrapper=True)
def pytest_collection() -> Generator[None, object, object]:
    """What is loaded for the tests stays to the end, as in a node: to look through it for garbage again and again took
    a third of the time of loading it."""
    gc.disable()
    try:
        return (yield)
    finally:
        collector.spare_what_stays()
        gc.enable()


def pytest_configure(config: pytest.Config) -> None:
    config.stash[EVIDENCE] = Evidence()
    if not hasattr(config, "workerinput"):
        config.pluginmanager.register(Judge(config.stash[EVIDENCE], rows() if _is_whole(config) else ()), "duties")


def _is_whole(config: pytest.Config) -> bool:
    """Whether every test was asked for: a part of them proves nothing about the rest."""
    return config.args_source is not pytest.Config.ArgsSource.ARGS and not (
        config.option.keyword or config.option.markexpr or config.option.deselect or config.option.lf
    )


class Judge:
    """Collects reports where pytest is controlled, and fails the run for a duty whose tests do not show it."""

    def __init__(self, evidence: Evidence, asked: Iterable[Row]) -> None:
        self._evidence = evidence
        self._asked = asked

    def pytest_runtest_logreport(self, report: pytest.TestReport) -> None:
        if report.when == "call" and not report.passed:
            self._evidence.failed.add(_plain(report.nodeid))
        elif report.when == "call":
            self._evidence.passed.add(_plain(report.nodeid))
        elif report.when == "teardown":
            called = self._evidence.called.setdefault(_plain(report.nodeid), set())
            for name, value in report.user_properties:
                if name == "operations" and isinstance(value, list):
                    called.update(value)
        elif not report.passed:
            self._evidence.failed.add(_plain(report.nodeid))

    def pytest_terminal_summary(self, terminalreporter: pytest.TerminalReporter) -> None:
        for line in unproved(self._asked, self._evidence):
            terminalreporter.write_line(f"docs/duties.md: {line}")

    @pytest.hookimpl(tryfirst=True)
    def pytest_sessionfinish(self, session: pytest.Session) -> None:
        session.exitstatus = self.verdict(session.exitstatus)

    def verdict(self, status: int) -> int:
        """How the run ends that pytest itself would end with `status`."""
        if status == pytest.ExitCode.OK and unproved(self._asked, self._evidence):
            return pytest.ExitCode.TESTS_FAILED
        return status


def _plain(nodeid: str) -> str:
    """The test without its parameters."""
    return nodeid.partition("[")[0]
