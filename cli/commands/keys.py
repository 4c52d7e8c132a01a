"""``gongguan keys``: the ways into the key file, on the data folder itself; the node may run or not.

gongguan keys list
gongguan keys passphrase --add 李强
gongguan keys sheet
gongguan keys recover 王芳
gongguan keys renew-file
"""

import os
import sys
from collections.abc import Callable
from typing import Any, Final

import click

from gongguan.cli.commands import common_options, current_settings, dry_run_option
from gongguan.cli.commands.init import in_lines
from gongguan.cli.locale import language
from gongguan.cli.passwords import read_secrets, stdin_option
from gongguan.node.operations.said import Said
from gongguan.protocol.errors import ProtocolError
from gongguan.sync.label import Label

PRESENT = Label(
    name="passphrase", zh="密钥口令（任何一个）", en="Any pass-phrase", form="secret", required=True, default=None
)
FRESH = Label(name="new_passphrase", zh="新口令", en="New pass-phrase", form="secret", required=True, default=None)
SHEET = Label(name="sheet", zh="恢复单", en="Recovery sheet", form="secret", required=True, default=None)

KINDS: Final[dict[str, Said]] = {
    "passphrase": Said("口令", "pass-phrase"),
    "service": Said("服务文件", "service file"),
    "recovery": Said("恢复单", "recovery sheet"),
}
ADDED: Final = Said("已为{name}加上口令。", "{name} now has a pass-phrase.")
CHANGED: Final = Said("{name}的口令已更换。", "The pass-phrase of {name} is changed.")
REMOVED: Final = Said(
    "已去掉{name}的口令。以前复制的 keys 文件夹仍能用它打开，请销毁旧的复制件。",
    "The pass-phrase of {name} is removed. Earlier copies of the folder keys still open by it: destroy them.",
)
RECOVERED: Final = Said(
    "已换上新的服务文件和{name}的新口令。恢复单仍然有效；怀疑被人看到时，用 gongguan keys sheet 换一张。",
    "Service file and pass-phrase of {name} are new. The sheet still holds; gongguan keys sheet makes another one.",
)
NEW_SHEET: Final = Said(
    """────────── 新的恢复单（只显示这一次，请抄写或打印后存入保险柜）──────────
以前的恢复单已经作废，请销毁；以前复制的 keys 文件夹仍能用它打开，也请销毁旧的复制件。

{sheet}

────────────────────────────────────────""",
    """────────── New recovery sheet (shown this once: copy or print it, keep it in a safe) ──────────
The sheet before it is void: destroy it. Earlier copies of the folder keys still open by it: destroy them too.

{sheet}

────────────────────────────────────────""",
)
WRAPPED: Final = Said(
    "密钥文件已换上新的密钥和服务文件，新的恢复单从现在起有效；以前的恢复单和服务文件打不开它。{gone}"
    "请把 keys 文件夹重新复制保管，销毁以前的复制件。",
    "The key file lies under another key, with a new service file; the new sheet holds from now on, the one before and "
    "the old service file open nothing. {gone}Copy the folder keys anew and destroy earlier copies.",
)
GONE: Final = Said(
    "只有这次输入的口令还有效；其他人（{names}）的口令已去掉，请用 gongguan keys passphrase --add 重新加上。",
    "Only the pass-phrase that was typed still opens; those of {names} are gone: gongguan keys passphrase --add. ",
)
COMING_SHEET: Final = Said(
    """────────── 新的恢复单（只显示这一次，请抄写或打印后存入保险柜）──────────
下面出现“新的恢复单从现在起有效”以前，有效的仍是旧的；中断了就再运行一次，以那时显示的为准。

{sheet}

────────────────────────────────────────""",
    """────────── New recovery sheet (shown this once: copy or print it, keep it in a safe) ──────────
Until it says below that it holds, the one before does; if this breaks off, run it again: what it shows then counts.

{sheet}

────────────────────────────────────────""",
)
WOULD_PRINT: Final = Said(
    "会印出一张新的恢复单（只显示一次），以前的作废。",
    "A new recovery sheet is shown, once; the one before it is void.",
)
GROUPS: Final = Said(
    "请照恢复单逐组输入，每组五个符号；抄错的一组会立即指出。",
    "Type the groups of the sheet one by one, five signs each; a mistyped one is named at once.",
)
GROUP: Final = Said("第 {number} 组", "Group {number}")


def _command(name: str, said: Said, callback: Callable[..., Any], *params: click.Parameter) -> click.Command:
    every = [*params, *common_options(hidden=True)]
    return click.Command(name=name, help=said.text(language()), params=every, callback=callback)


def ways_in() -> click.Command:
    """``gongguan keys list``."""
    return _command("list", Said("查看密钥文件可以怎样打开", "see how the key file can be opened"), _run_list)


def passphrase() -> click.Command:
    """``gongguan keys passphrase``."""
    zh = language() == "zh"
    return _command(
        "passphrase",
        Said(
            "加上、更换或去掉一个人的口令；先输入现有的任何一个口令。",
            "Add, change or remove a person's pass-phrase; any present one is asked for first.",
        ),
        _run_passphrase,
        click.Option(["--add"], metavar="NAME", help="为这个人加上口令" if zh else "add one for this person"),
        click.Option(["--change"], metavar="NAME", help="更换这个人的口令" if zh else "change that of this person"),
        click.Option(["--remove"], metavar="NAME", help="去掉这个人的口令" if zh else "remove that of this person"),
        dry_run_option(),
        stdin_option(),
    )


def sheet() -> click.Command:
    """``gongguan keys sheet``."""
    said = Said("印一张新的恢复单，旧的作废", "print a new recovery sheet; the one before is void")
    return _command("sheet", said, _run_sheet, dry_run_option(), stdin_option())


def renew_file() -> click.Command:
    """``gongguan keys renew-file``."""
    said = Said(
        "给密钥文件换上新的密钥、服务文件和恢复单（节点须先停止）；旧的全部作废，别人的口令须重新加上。",
        "Put the key file under another key, with a new service file and recovery sheet (stop the node first); all "
        "earlier ones are void, and the pass-phrases of others have to be added anew.",
    )
    return _command("renew-file", said, _run_renew_file, dry_run_option(), stdin_option())


def recover() -> click.Command:
    """``gongguan keys recover``."""
    return _command(
        "recover",
        Said(
            "用恢复单打开密钥文件，换上新的服务文件和 NAME 的新口令。",
            "Open the key file by the recovery sheet: a new service file, and a new pass-phrase for NAME.",
        ),
        _run_recover,
        click.Argument(["name"], metavar="NAME"),
        dry_run_option(),
        stdin_option(),
    )


def _run_list() -> None:
    from gongguan.cli import output  # noqa: PLC0415 - heavy modules only when the command runs
    from gongguan.node.keys import keyfiles  # noqa: PLC0415

    settings = current_settings()
    copies = [{"kind": copy.kind, "name": copy.name} for copy in keyfiles.copies_in(settings.folder)]
    if settings.json:
        output.plain({"copies": copies})
        return
    for copy in copies:
        name = f"  {copy['name']}" if copy["name"] else ""
        print(KINDS[copy["kind"]].text(language()) + name)


def _run_passphrase(
    add: str | None, change: str | None, remove: str | None, only_tried: bool, password_stdin: bool
) -> None:
    from gongguan.node.keys import keyfiles  # noqa: PLC0415

    name = add or change or remove
    if name is None or sum(given is not None for given in (add, change, remove)) != 1:
        raise click.UsageError("--add NAME | --change NAME | --remove NAME")
    settings = current_settings()
    if remove is not None:
        present = read_secrets([PRESENT], password_stdin)["passphrase"]
        keyfiles.remove_passphrase(settings.folder, present, name, trial=only_tried)
        _say(REMOVED, name, only_tried)
        return
    given = read_secrets([PRESENT, FRESH], password_stdin, new=("new_passphrase",))
    keyfiles.add_passphrase(
        settings.folder,
        given["passphrase"],
        name,
        given["new_passphrase"],
        replace=change is not None,
        trial=only_tried,
    )
    _say(CHANGED if change is not None else ADDED, name, only_tried)


def _run_sheet(only_tried: bool, password_stdin: bool) -> None:
    from gongguan.cli import output  # noqa: PLC0415
    from gongguan.node.keys import keyfiles  # noqa: PLC0415

    settings = current_settings()
    present = read_secrets([PRESENT], password_stdin)["passphrase"]
    made = keyfiles.new_sheet(settings.folder, present, trial=only_tried)
    if only_tried:
        _say(WOULD_PRINT, "", only_tried)
        return
    if settings.json:
        output.plain({"sheet": made})
        return
    print(NEW_SHEET.text(language()).format(sheet=in_lines(made)))


def _run_renew_file(only_tried: bool, password_stdin: bool) -> None:
    from gongguan.cli import output  # noqa: PLC0415
    from gongguan.node.database.database import lock_folder  # noqa: PLC0415
    from gongguan.node.keys import keyfiles  # noqa: PLC0415

    settings = current_settings()
    keyfiles.copies_in(settings.folder)  # a wrong folder is named, and not made
    present = read_secrets([PRESENT], password_stdin)["passphrase"]

    def show(made: str, gone: tuple[str, ...]) -> None:
        if settings.json:
            output.plain({"sheet": made, "removed": list(gone)})
        else:
            print(COMING_SHEET.text(language()).format(sheet=in_lines(made)))
        sys.stdout.flush()

    # A running node would go on with the old file key.
    with lock_folder(settings.folder):
        gone = keyfiles.wrap_anew(settings.folder, present, show, trial=only_tried)
    if settings.json and not only_tried:
        return
    names = GONE.text(language()).format(names="、".join(gone)) if gone else ""
    _say(WRAPPED, "", only_tried, gone=names)


def _run_recover(name: str, only_tried: bool, password_stdin: bool) -> None:
    from gongguan.node.keys import keyfiles  # noqa: PLC0415

    settings = current_settings()
    keyfiles.copies_in(settings.folder)  # a wrong folder is named before anybody types a sheet
    typed = _typed_sheet(password_stdin)
    fresh = read_secrets([FRESH], password_stdin, new=("new_passphrase",))["new_passphrase"]
    keyfiles.recover(settings.folder, typed, name, fresh, trial=only_tried)
    _say(RECOVERED, name, only_tried)


def _typed_sheet(from_stdin: bool) -> str:
    """The groups, seen as they are typed at a terminal: a person copies them off paper."""
    from gongguan.node.keys import recovery_sheet  # noqa: PLC0415

    if from_stdin or not sys.stdin.isatty() or os.environ.get("GONGGUAN_SHEET"):
        return read_secrets([SHEET], from_stdin)["sheet"]
    print(GROUPS.text(language()))

    def checked(place: int) -> Callable[[str], str]:
        def taken(given: str) -> str:
            try:
                recovery_sheet.check_group(place, given)
            except ProtocolError as error:
                raise click.UsageError(f"{error.sentence(language())}：{given}") from None
            return given

        return taken

    groups = []
    for place in range(recovery_sheet.SHEET_GROUPS):
        question = GROUP.text(language()).format(number=place + 1)
        groups.append(click.prompt(question, value_proc=checked(place)))
    return " ".join(groups)


def _say(said: Said, name: str, only_tried: bool, **facts: str) -> None:
    from gongguan.cli import output  # noqa: PLC0415

    if current_settings().json:
        output.plain({"name": name, "tried": only_tried})
        return
    if only_tried:
        output.tried()
    print(said.text(language()).format(name=name, **facts))
