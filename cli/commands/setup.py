"""``gongguan setup``: a conversation that leads from an empty folder to the agreement that both committees signed.

Each time it looks at what exists, shows all steps, and does the present one with the person. It may be left at any
question and run again: nothing is kept but what the steps themselves have made::

      ✓ 1. 建立节点
      → 2. 启动节点
      · 3. 登记人员
"""

import sys
from collections.abc import Callable
from typing import TYPE_CHECKING, Final, NamedTuple

import click

from gongguan.cli.commands import common_options, current_settings
from gongguan.cli.locale import _, language

if TYPE_CHECKING:
    from gongguan.cli.situation import Situation

BROKEN_OFF: Final = 130


class Step(NamedTuple):
    """One step: its title, whether it is done, the module and function that do it."""

    title: Callable[[], str]
    is_done: Callable[["Situation"], bool]
    module: str
    function: str


def setup() -> click.Command:
    """``gongguan setup``."""
    zh = language() == "zh"
    return click.Command(
        name="setup",
        help=(
            "一步一步地引导：从建立节点到双方签订协议。随时可以按 Ctrl-C 离开，再运行一次就接着办。"
            if zh
            else "Guided: from a new node to the signed agreement. Leave by Ctrl-C at any time, run it again to go on."
        ),
        params=common_options(hidden=True),
        callback=_setup,
    )


def _setup() -> int:
    from gongguan.cli import output  # noqa: PLC0415 - not for the help
    from gongguan.cli.prompts import Left  # noqa: PLC0415
    from gongguan.cli.situation import look  # noqa: PLC0415

    settings = current_settings()
    if settings.json:
        output.plain(_as_json(look(settings.folder)))
        return 0
    try:
        while (step := _shown(now := look(settings.folder))) is not None:
            _attempt(step, now)
    except Left:
        print(_("办好的都已保存；再运行 gongguan setup 接着办。"))
        return 0
    except (click.Abort, KeyboardInterrupt):
        print("\n" + _("办好的都已保存；再运行 gongguan setup 接着办。"), file=sys.stderr)
        return BROKEN_OFF
    print(_("全部办好，协议已生效。"))
    print(
        _("下一步：导入党员名册和流出花名册（gongguan member import），再登记外出报告（gongguan departure report）。")
    )
    return 0


def _attempt(step: Step, situation: "Situation") -> None:
    """Do one step; what the node refuses is shown, and the person is asked whether to go on."""
    from importlib import import_module  # noqa: PLC0415

    from gongguan.cli import output, prompts  # noqa: PLC0415
    from gongguan.cli.client import Refused  # noqa: PLC0415
    from gongguan.protocol.errors import ProtocolError  # noqa: PLC0415

    perform = getattr(import_module(f"gongguan.cli.commands.{step.module}"), step.function)
    try:
        perform(situation)
    except (Refused, output.Rejection, ProtocolError) as error:
        output.failure(error, as_json=False)
        prompts.choose(_("这一步没有办成。"), {"1": _("再试一次")})


def _shown(situation: "Situation") -> Step | None:
    """Print where things stand; the present step, or None when all are done."""
    print()
    print(_("共管节点设置，数据文件夹 {folder}").format(folder=situation.folder))
    present = _present(situation)
    for number, step in enumerate(STEPS):
        mark = "→" if number == present else "✓" if number < present else "·"
        print(f"  {mark} {number + 1}. {step.title()}")
    print()
    return STEPS[present] if present < len(STEPS) else None


def _present(situation: "Situation") -> int:
    """The first step that is not done: what comes later needs it."""
    return next((number for number, step in enumerate(STEPS) if not step.is_done(situation)), len(STEPS))


def _as_json(situation: "Situation") -> dict[str, object]:
    present = _present(situation)
    states = ["done" if number < present else "now" if number == present else "later" for number in range(len(STEPS))]
    steps = [{"step": step.title(), "state": state} for step, state in zip(STEPS, states, strict=True)]
    return {"folder": str(situation.folder), "steps": steps, "people": dict(situation.people)}


def _has_staff(situation: "Situation") -> bool:
    """Whether officer and secretary have accounts. Where only they are logged in, somebody has made them."""
    from gongguan.cli.situation import OFFICER, SECRETARY  # noqa: PLC0415

    if situation.staff:
        return {OFFICER, SECRETARY} <= situation.staff.keys()
    return bool(situation.people.keys() & {OFFICER, SECRETARY})


def _is_paired(situation: "Situation") -> bool:
    return situation.partner is not None and situation.partner.state == "active"


def _is_agreed(situation: "Situation") -> bool:
    return situation.agreement is not None and situation.agreement.state == "in_force"


STEPS: Final = (
    Step(lambda: _("建立节点"), lambda now: now.is_set_up, "setup_steps", "set_up_node"),
    Step(lambda: _("启动节点"), lambda now: now.node is not None, "setup_steps", "start_node"),
    Step(lambda: _("登录，登记组织干事和书记"), _has_staff, "setup_steps", "enrol_staff"),
    Step(lambda: _("导入党组织"), lambda now: now.bodies > 1, "setup_steps", "import_bodies"),
    Step(lambda: _("与对方节点结对"), _is_paired, "setup_partner", "pair"),
    Step(lambda: _("签订共管协议"), _is_agreed, "setup_partner", "agree"),
)
