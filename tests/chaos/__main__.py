"""``python3 go.py chaos --minutes 10``: two nodes in bad weather; exit code 0 only when nothing is wrong at the end."""

import argparse
import sys
import tempfile
from pathlib import Path

from tests.chaos.trial import Run, run


def summary(found: Run) -> str:
    """What happened, in both languages."""
    work, weather = found.work, found.weather
    requests = sum(line.requests for line in found.lines)
    faults = sum((line.faults for line in found.lines), start=type(weather.struck)())
    told = "，".join(f"{name} {count}" for name, count in sorted(work.told.items()))
    return "\n".join(
        [
            f"{found.seconds:.0f} 秒；办理 {len(work.done)} 件；线路请求 {requests} 次；共管记录 {found.records} 条",
            f"{found.seconds:.0f} s; {len(work.done)} operations done; {requests} requests on the lines; "
            f"{found.records} shared records",
            "事件 events: " + ", ".join(f"{name} {count}" for name, count in sorted(weather.struck.items())),
            "线路故障 faults of the lines: " + ", ".join(f"{name} {count}" for name, count in sorted(faults.items())),
            f"未办成的答复 answers that were none: {told or '0'}",
        ]
    )


def main(arguments: list[str]) -> int:
    """Exit code 0 only when nothing is wrong."""
    parser = argparse.ArgumentParser(prog="go.py chaos", description=(__doc__ or "").split("\n")[0])
    parser.add_argument("--minutes", type=float, default=10.0)
    parser.add_argument("--seed", type=int, default=1)
    chosen = parser.parse_args(arguments)
    with tempfile.TemporaryDirectory(prefix="gongguan-chaos-") as folder:
        found = run(Path(folder), chosen.seed, 60 * chosen.minutes)
    print(summary(found))
    for problem in found.problems[:20]:
        print(f"✗ {problem}")
    sound = "两节点逐条相同，无丢失、无重复、无误拒。  Equal on both nodes, nothing lost, doubled or refused."
    print(f"{len(found.problems)} 处不符  problems" if found.problems else sound)
    return 1 if found.problems else 0


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
