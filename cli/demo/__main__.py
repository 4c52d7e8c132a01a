"""``python -m gongguan.cli.demo``: runs the story; what was invented lies in ``.demo`` or ``GONGGUAN_DEMO``."""

import argparse
import contextlib
import os
import shlex
import shutil
import signal
import sys
import time
from pathlib import Path

from gongguan.cli import client
from gongguan.cli.demo.office import COMMAND, PASSWORD, Failed, say
from gongguan.cli.demo.story import Story
from gongguan.protocol.errors import ProtocolError


def main() -> int:
    """Run the story; exit code 1 when a step fails."""
    parser = argparse.ArgumentParser(prog="go.py demo", description="两个节点的完整演示")
    parser.add_argument("--once", action="store_true", help="演示完就停止节点（否则节点保持运行）")
    once = parser.parse_args().once
    root = Path(os.environ.get("GONGGUAN_DEMO", ".demo")).resolve()
    shutil.rmtree(root, ignore_errors=True)
    root.mkdir(parents=True)
    os.environ["GONGGUAN_HOME"] = str(root / "logins")
    story = Story(root, ask_person=not once)
    started = time.monotonic()
    try:
        story.tell()
    except (Failed, client.Refused, ProtocolError) as error:
        say(f"\n演示中断：{error}\n日志在 {root}")
        story.stop()
        return 1
    except BaseException:
        story.stop()
        raise
    say(f"\n演示完成，用时 {time.monotonic() - started:.0f} 秒。数据在 {os.path.relpath(root)}。")
    if once:
        story.stop()
        return 0
    here = os.path.relpath(root)
    say("两个节点还在运行。自己试：另开一个窗口，在这个文件夹里先粘贴第一行，再照上面的 $ 行办，例如：")
    say(f"  $ export GONGGUAN_HOME={shlex.quote(str(root / 'logins'))}")
    say(f"  $ {COMMAND} --data {here}/origin --as 包干事 movement list")
    say(f"演示里的人都已登录；重新登录用 login 姓名，密码都是 {PASSWORD}")
    say("停止：按 Ctrl-C。")
    with contextlib.suppress(KeyboardInterrupt):
        signal.pause()
    story.stop()
    return 0


if __name__ == "__main__":
    sys.exit(main())
