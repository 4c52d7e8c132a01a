"""The fence: an older database shows at the next start, an ordinary restart does not."""

import json
import time
from pathlib import Path

import pytest

from gongguan.node.database.fence import EPOCHS_MAX, Fence
from gongguan.node.database.sequencer import LogSize
from gongguan.protocol.errors import ProtocolError

PAIRING = "p" * 64
OWN = LogSize(True, "e1", 5, "aa", 5)
PARTNER = LogSize(False, "f1", 3, "bb", 0)


def written(path: Path, *sizes: LogSize) -> Fence:
    """A fence that was stopped after noting these sizes, as the next start reads it."""
    fence = Fence(path)
    fence.start()
    fence.note({PAIRING: sizes})
    fence.stop()
    return Fence(path)


def test_a_database_that_holds_all_or_more_is_not_behind(tmp_path: Path) -> None:
    fence = written(tmp_path / "fence.json", OWN, PARTNER)
    assert fence.compare({PAIRING: (OWN, PARTNER)}) == []
    longer = OWN._replace(size=6, root="cc")
    assert fence.compare({PAIRING: (longer, PARTNER), "another": (OWN,)}) == []


@pytest.mark.parametrize(
    "held",
    [
        (),
        (PARTNER,),
        (OWN._replace(size=4), PARTNER),
        (OWN, PARTNER._replace(size=2)),
        (OWN._replace(root="cc"), PARTNER),
        (OWN._replace(own=False), PARTNER),
    ],
)
def test_a_database_that_lacks_anything_signed_or_receipted_is_behind(
    tmp_path: Path, held: tuple[LogSize, ...]
) -> None:
    assert written(tmp_path / "fence.json", OWN, PARTNER).compare({PAIRING: held}) == [PAIRING]


def test_a_lower_size_never_lowers_the_fence(tmp_path: Path) -> None:
    fence = written(tmp_path / "fence.json", OWN, OWN._replace(size=2, root="00"))
    assert fence.compare({PAIRING: (OWN._replace(size=2, root="00"),)}) == [PAIRING]


def test_starts_are_counted_and_old_epochs_let_go(tmp_path: Path) -> None:
    path = tmp_path / "fence.json"
    epochs = [OWN._replace(epoch=f"e{number}") for number in range(EPOCHS_MAX + 10)]
    assert written(path, *epochs).boot == 1
    fence = written(path)
    assert fence.boot == 2
    kept = json.loads(path.read_text())["pairings"][PAIRING]["own"]
    assert list(kept) == [item.epoch for item in epochs[-EPOCHS_MAX:]]


def test_a_file_that_is_no_fence_stops_the_start(tmp_path: Path) -> None:
    path = tmp_path / "fence.json"
    path.write_text('{"boot": -1, "pairings": []}')
    with pytest.raises(ProtocolError) as error:
        Fence(path)
    assert error.value.code == "I-config"


def test_a_fence_that_cannot_be_written_does_not_stop_the_node(tmp_path: Path) -> None:
    fence = Fence(tmp_path / "gone" / "fence.json")
    fence.start()
    fence.note({PAIRING: (OWN,)})
    fence.stop()
    assert fence.compare({PAIRING: ()}) == [PAIRING]


def test_a_write_that_failed_is_tried_again_though_nothing_changes(tmp_path: Path) -> None:
    path = tmp_path / "gone" / "fence.json"
    fence = Fence(path, retry_s=0.01)
    fence.start()
    fence.note({PAIRING: (OWN, PARTNER)})
    path.parent.mkdir()
    for _ in range(1000):
        if path.exists() and not Fence(path).lacks({PAIRING: (OWN, PARTNER)}):
            break
        time.sleep(0.02)
    else:
        pytest.fail("never written")
    fence.stop()


def test_what_the_database_has_more_is_told_but_for_epochs_long_let_go(tmp_path: Path) -> None:
    fence = written(tmp_path / "fence.json", OWN, PARTNER)
    assert fence.lacks({PAIRING: (OWN, PARTNER)}) == []
    assert fence.lacks({PAIRING: (OWN._replace(size=4), PARTNER)}) == []
    assert fence.lacks({PAIRING: (OWN._replace(size=6), PARTNER)}) == [PAIRING]
    assert fence.lacks({PAIRING: (OWN, OWN._replace(epoch="e2"))}) == [PAIRING]
    assert fence.lacks({"another": (OWN,)}) == ["another"]
    epochs = [OWN._replace(epoch=f"e{number}") for number in range(EPOCHS_MAX + 10)]
    assert written(tmp_path / "many.json", *epochs).lacks({PAIRING: tuple(epochs)}) == []
