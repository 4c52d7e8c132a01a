"""``gongguan doctor``: examine the data folder and this machine; the node may run or not, and nothing is changed."""

import click

from gongguan.cli.commands import common_options, current_settings
from gongguan.cli.locale import _, language

EXIT_WRONG = 1


def doctor() -> click.Command:
    """``gongguan doctor``."""
    zh = language() == "zh"
    return click.Command(
        name="doctor",
        help=(
            "检查数据文件夹和本机：权限、配置、密钥、数据库、时钟、磁盘、端口。节点运行与否都可用；有 ✗ 时退出码为 1。"
            if zh
            else "Examine the folder and this machine, whether the node runs or not. Exit code 1 if anything is wrong."
        ),
        params=common_options(hidden=True),
        callback=_doctor,
    )


def _doctor() -> int:
    from gongguan.cli import output  # noqa: PLC0415 - heavy modules only when the command runs
    from gongguan.node import clock  # noqa: PLC0415
    from gongguan.node.doctor import examine  # noqa: PLC0415

    settings = current_settings()
    findings = list(examine(settings.folder, clock.now()))
    if settings.json:
        output.plain(
            {
                "ok": all(finding.ok for finding in findings),
                "checks": [
                    {
                        "check": finding.check,
                        "ok": finding.ok,
                        "said": finding.said.text(language()),
                        "step": finding.step.text(language()) if finding.step and not finding.ok else None,
                    }
                    for finding in findings
                ],
            }
        )
    else:
        for finding in findings:
            print(f"{'✓' if finding.ok else '✗'} {finding.said.text(language())}")
            if finding.step is not None and not finding.ok:
                print("  " + _("怎么办：") + finding.step.text(language()))
    return 0 if all(finding.ok for finding in findings) else EXIT_WRONG
