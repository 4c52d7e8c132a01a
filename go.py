#!/usr/bin/env python3
"""Set gongguan up and run it: the one file that works before anything is installed.

Owns the folder `.venv` beside it (or the one that GONGGUAN_VENV names) and nothing else. Rules:

* Only the standard library, and only syntax that Python 3.8 reads, so that an old Python is told what it lacks.
* Every package comes from the configured index and must match a SHA-256 of a lock file. The project itself is not
  built: four links in the made environment lead into this checkout, so the checkout may be read-only.
* Set-up is skipped while the stamp in the folder matches the locks, pyproject.toml and the Python version; a half-made
  folder has no stamp and is remade. Two runs at once wait for each other, and what a running node uses is not replaced.
* Whatever stops it is said in Chinese and in English, with what to do next, and never as a traceback.

Example: `python3 go.py demo --once`, `python3 go.py test tests/test_go.py -q`, `python3 go.py run -- --help`.
"""

from __future__ import annotations

import base64
import configparser
import contextlib
import hashlib
import html.parser
import importlib
import json
import os
import platform
import re
import shutil
import subprocess
import sys
import tempfile
import urllib.parse
import urllib.request
from collections.abc import Iterator
from pathlib import Path
from typing import Any, NamedTuple, NoReturn

try:
    import fcntl
except ImportError:  # not a Unix; `check_python` says so before anything needs it
    fcntl = None  # type: ignore[assignment]

ROOT = Path(__file__).resolve().parent
PACKAGES = ("cli", "node", "protocol", "sync")
PYTHON_MIN = (3, 11)
PYTHON_KNOWN = ("python3.14", "python3.13", "python3.12", "python3.11")
INDEX_DEFAULT = "https://pypi.org/simple"  # the public default of pip itself
INDEX_TIMEOUT_S = 20
SETUP_FORMAT = "1"  # raise it when the way of setting up changes, so that folders made before are remade

LOCKS = {"run": ("requirements.lock",), "test": ("requirements-build.lock", "requirements-test.lock")}
OPTIONAL = {
    "oracle": ("tests/requirements-oracle.txt", ["--ignore-requires-python"], "独立对照实现", "second implementation"),
    "postgresql": ("requirements-postgresql.lock", [], "测试用 PostgreSQL", "PostgreSQL for tests"),
}
"""Parts that some tests need and that not every machine can have: (file, extra pip options, Chinese, English)."""
BENCHMARKS = ("exchange", "phases", "outage", "reconcile", "commands")
STAMP, SETUP_LOCK, USE_LOCK = "gongguan-stamp.json", "gongguan-setup.lock", "gongguan-use.lock"

USAGE = """\
用法  python3 go.py 命令 [参数]                          Usage: python3 go.py COMMAND [ARGUMENTS]

  demo [--once]       两个节点从头到尾演示一遍            show two nodes from beginning to end
  test [pytest 参数]  ruff、mypy、import-linter、pytest    run all four checks
  run -- 参数         运行 gongguan 的任何命令             run any gongguan command
  kills / bench       反复杀进程的试验 / 性能测量          kill -9 trial / benchmark
  chaos               断网、坏盘、乱钟、杀进程的混合试验   bad lines, disks, clocks and kill -9 at once
  year                一套演示数据的一年工作               a year of a data set's work
  lock                重新生成依赖锁定文件                 write the lock files anew

环境变量 Environment: GONGGUAN_VENV 虚拟环境文件夹 folder of the environment (.venv)
                      PIP_INDEX_URL 软件包索引 package index (pip 的其他设置同样有效 pip's other settings hold too)"""


class StopError(Exception):
    """What stops the set-up, told to a person: the Chinese sentence, then the English one; each says what to do."""

    def __init__(self, zh: str, en: str) -> None:
        super().__init__(zh + "\n" + en)


class Asset(NamedTuple):
    """One file that an index lists: its name, its address and its SHA-256 (64 hex digits, empty if not told)."""

    name: str
    url: str
    sha256: str


def main(argv: list[str]) -> int:
    """Run one command; returns the exit code: 0 fine, 1 a check failed, 2 not set up or not understood."""
    for stream in (sys.stdout, sys.stderr):
        with contextlib.suppress(AttributeError):
            stream.reconfigure(errors="replace")  # type: ignore[union-attr]
    try:
        check_python(sys.version_info[:3])
        if not argv or argv[0] in ("-h", "--help", "help"):
            print(USAGE)
            return 0 if argv else 2
        if argv[0] not in COMMANDS:
            raise StopError(f"没有“{argv[0]}”这个命令。\n{USAGE}", f"There is no command {argv[0]!r}; see above.")
        return COMMANDS[argv[0]](argv[1:])
    except StopError as stop:
        print(stop, file=sys.stderr)
    except PermissionError as error:
        print(unwritable(Path(error.filename or venv_folder())), file=sys.stderr)
    except KeyboardInterrupt:
        print("已中断；再运行一次即可继续。\nInterrupted; run it again to go on.", file=sys.stderr)
    return 2


# --- the commands -------------------------------------------------------------------------------------------------


def demo(arguments: list[str]) -> int:
    """Replace this process by the demo; its data go to `.demo` beside this file unless GONGGUAN_DEMO names a folder."""
    beside = ROOT if os.access(ROOT, os.W_OK) else venv_folder()
    os.environ.setdefault("GONGGUAN_DEMO", str(beside / ".demo"))
    hand_over(["-m", "gongguan.cli.demo", *arguments], ["run"], safe_path=True)


def run(arguments: list[str]) -> int:
    """Replace this process by any gongguan command, in the folder that the caller stands in."""
    if arguments[:1] == ["--"]:
        arguments = arguments[1:]
    hand_over(["-m", "gongguan.cli", *arguments], ["run"], safe_path=True)


def kills(arguments: list[str]) -> int:
    """Replace this process by the trial that kills either node at random times over live traffic."""
    os.chdir(ROOT)
    hand_over(["-m", "tests.benchmarks.kills", *arguments], ["run", "test"], safe_path=False)


def chaos(arguments: list[str]) -> int:
    """Replace this process by the trial of two nodes with bad lines, bad disks, bad clocks and kill -9."""
    os.chdir(ROOT)
    hand_over(["-m", "tests.chaos", *arguments], ["run", "test"], safe_path=False)


def year(arguments: list[str]) -> int:
    """Replace this process by a year of a data set's work, through staff operations and bundles."""
    os.chdir(ROOT)
    hand_over(["-m", "tests.year", *arguments], ["run", "test"], safe_path=False)


def bench(arguments: list[str]) -> int:
    """Replace this process by a measurement: of the exchange between two node processes, or the one that is named."""
    os.chdir(ROOT)
    named = arguments[:1] if arguments[:1] and arguments[0] in BENCHMARKS else ["exchange"]
    rest = arguments[1:] if named == arguments[:1] else arguments
    hand_over(["-m", f"tests.benchmarks.{named[0]}", *rest], ["run", "test"], safe_path=False)


def test(arguments: list[str]) -> int:
    """Run the four checks, all of them even if one fails, pytest last so that its closing line ends the output."""
    venv = made(["run", "test"])
    for part in OPTIONAL:
        install_optional(venv, part)
    cache = cache_folder(venv)
    python = str(venv_python(venv))
    environment = environment_of_checks(cache)
    lint_imports = [str(venv / "bin" / "lint-imports"), "--cache-dir", str(cache / "import-linter")]
    pytest = [python, "-m", "pytest", "-o", f"cache_dir={cache / 'pytest'}", *(arguments or ["-n", "auto"])]
    # The three that run nothing take a core each; they speak in this order all the same.
    reading = {
        name: subprocess.Popen(
            command, cwd=ROOT, env=environment, close_fds=False, stdout=subprocess.PIPE, stderr=subprocess.STDOUT
        )
        for name, command in (
            ("ruff", [python, "-m", "ruff", "check", "--output-format=concise", "."]),
            ("mypy", [python, "-m", "mypy"]),
            ("import-linter", lint_imports),
        )
    }
    failed: list[str] = []
    for name, process in reading.items():
        print(f"== {name} ==", flush=True)
        sys.stdout.buffer.write(process.communicate()[0])
        sys.stdout.flush()
        if process.returncode:
            failed.append(name)
    if failed:
        say(f"至此未通过：{'、'.join(failed)}", f"failed so far: {', '.join(failed)}")
    print("== pytest ==", flush=True)
    if subprocess.call(pytest, cwd=ROOT, env=environment, close_fds=False):
        failed.append("pytest")
    return 1 if failed else 0


def environment_of_checks(cache: Path) -> dict[str, str]:
    """The caller's, with every cache in its place.

    Compiled modules are kept even where the caller does not want that: tests start hundreds of processes, and each
    would compile all of ours anew.
    """
    kept = {name: value for name, value in os.environ.items() if name != "PYTHONDONTWRITEBYTECODE"}
    return {
        **kept,
        "RUFF_CACHE_DIR": str(cache / "ruff"),
        "MYPY_CACHE_DIR": str(cache / "mypy"),
        "HYPOTHESIS_STORAGE_DIRECTORY": str(cache / "hypothesis"),
    }


def hand_over(command: list[str], layers: list[str], *, safe_path: bool) -> NoReturn:
    """Become the command: its exit code, its signals and its terminal are then its own.

    With `safe_path` a file in the caller's folder cannot stand in for a module. The lock on the environment is
    inherited, so that it is held for as long as the command runs.
    """
    python = str(venv_python(made(layers)))
    sys.stdout.flush()
    os.execv(python, [python, *(["-P"] if safe_path else []), *command])


# --- what the machine must have -----------------------------------------------------------------------------------


def check_python(version: tuple[int, ...]) -> None:
    """Raise `StopError` if this Python is too old or comes without a module that gongguan cannot do without."""
    least = ".".join(map(str, PYTHON_MIN))
    if tuple(version) < PYTHON_MIN:
        have = ".".join(map(str, version))
        found = next((name for name in PYTHON_KNOWN if shutil.which(name)), "")
        zh = f"本机装有 {found}，请改用：{found} go.py …" if found else f"请安装 Python {least} 后再运行。"
        en = f"{found} is here: use `{found} go.py ...`." if found else f"Install Python {least}+ and run again."
        zh = f"需要 Python {least} 或更新的版本，现在运行的是 {have}。{zh}"
        raise StopError(zh, f"Python {least} or newer is needed, this is {have}. {en}")
    if fcntl is None:
        raise StopError("目前只支持 Linux 和 macOS；Windows 上请用 WSL。", "Only Linux and macOS; on Windows use WSL.")
    missing = [name for name in ("venv", "ssl", "sqlite3", "zlib") if not importable(name)]
    if missing:
        listed = ", ".join(missing)
        raise StopError(
            f"这个 Python 缺少标准模块：{listed}。Debian/Ubuntu 请安装 python3-venv 和 libpython3-stdlib；"
            "自行编译的 Python 请装好 openssl、sqlite3、zlib 的开发包后重新编译。",
            f"This Python lacks standard modules: {listed}. On Debian/Ubuntu install python3-venv and "
            "libpython3-stdlib; rebuild a self-compiled Python with the openssl, sqlite3 and zlib headers.",
        )


def importable(name: str) -> bool:
    """Whether the module can really be imported (a broken ssl is there, but fails)."""
    try:
        importlib.import_module(name)
    except ImportError:
        return False
    return True


# --- the environment ----------------------------------------------------------------------------------------------


def venv_folder() -> Path:
    """The folder of the environment, absolute."""
    return Path(os.environ.get("GONGGUAN_VENV") or ROOT / ".venv").expanduser().absolute()


def venv_python(venv: Path) -> Path:
    return venv / "bin" / "python"


def cache_folder(venv: Path) -> Path:
    """Where the checks keep their caches: in the environment, so that the checkout stays clean and may be read-only."""
    if os.access(venv, os.W_OK):
        return venv / "cache"
    return Path(tempfile.gettempdir()) / f"gongguan-cache-{os.getuid()}"


def fingerprints(layers: list[str]) -> dict[str, str]:
    """What each layer depends on, as a hash: {layer: hex}; `project` is the links into this checkout."""
    python = f"{SETUP_FORMAT}\n{sys.version}\n{platform.machine()}\n"
    wanted = {layer: digest(python, *(ROOT / lock for lock in LOCKS[layer])) for layer in layers}
    return {**wanted, "project": digest(f"{SETUP_FORMAT}\n{ROOT}\n", ROOT / "pyproject.toml")}


def digest(text: str, *files: Path) -> str:
    state = hashlib.sha256(text.encode())
    for file in files:
        state.update(hashlib.sha256(file.read_bytes()).digest())
    return state.hexdigest()


def made(layers: list[str]) -> Path:
    """The environment's folder, set up as the layers ask; from here on this process holds it for use.

    Raises `StopError` if it cannot be made; what is then half-made is remade by the next run.
    """
    venv, wanted = venv_folder(), fingerprints(layers)
    for _ in range(3):  # another run may change the stamp between our set-up and our hold
        if (venv / USE_LOCK).exists():
            hold = flock(venv / USE_LOCK, fcntl.LOCK_SH)
            if is_current(venv, wanted):
                return venv
            os.close(hold)
        set_up(venv, wanted)
    raise StopError(
        "另一个版本的 go.py 一直在改同一个环境；请等它结束，或用 GONGGUAN_VENV 指定另一个文件夹。",
        "Another version of go.py keeps changing the same environment; wait for it to end, or set GONGGUAN_VENV to "
        "another folder.",
    )


def is_current(venv: Path, wanted: dict[str, str]) -> bool:
    stamp = read_stamp(venv)
    return venv_python(venv).exists() and all(stamp.get(layer) == value for layer, value in wanted.items())


def read_stamp(venv: Path) -> dict[str, str]:
    """Layer → hash of what it was made from; empty if the folder is new or half-made."""
    try:
        stamp = json.loads((venv / STAMP).read_text())
    except (OSError, ValueError):
        return {}
    return stamp if isinstance(stamp, dict) else {}


def write_stamp(venv: Path, stamp: dict[str, str]) -> None:
    fresh = venv / (STAMP + ".new")
    fresh.write_text(json.dumps(stamp, indent=1, sort_keys=True))
    os.replace(fresh, venv / STAMP)


def flock(path: Path, mode: int) -> int:
    """An open file that holds the lock; says so once if it has to wait.

    Children that keep it open hold it too: when go.py is killed, the pip that it left behind still keeps others out.
    """
    try:
        held = os.open(path, os.O_RDWR | os.O_CREAT, 0o644)
    except PermissionError:
        held = os.open(path, os.O_RDONLY)  # made by another user: holding it for use needs no more
    try:
        fcntl.flock(held, mode | fcntl.LOCK_NB)
    except BlockingIOError:
        say("另一个 go.py 正在准备环境，等它完成……", "another go.py is setting up; waiting for it ...")
        fcntl.flock(held, mode)
    os.set_inheritable(held, True)
    return held


def set_up(venv: Path, wanted: dict[str, str]) -> None:
    """Make what is not there yet, one layer after the other, each stamped once it is complete."""
    claim(venv)
    setup_hold = flock(venv / SETUP_LOCK, fcntl.LOCK_EX)
    try:
        stamp = read_stamp(venv)
        stale = [layer for layer in LOCKS if layer in stamp and stamp[layer] != fingerprints([layer])[layer]]
        if "run" not in stamp or stale or not venv_python(venv).exists():
            create(venv)
            stamp = {}
        for layer in ("run", "test", "project"):
            if layer in wanted and stamp.get(layer) != wanted[layer]:
                link_project(venv) if layer == "project" else install(venv, layer)
                stamp[layer] = wanted[layer]
                write_stamp(venv, stamp)
    finally:
        os.close(setup_hold)


def claim(venv: Path) -> None:
    """Take the folder: it is new, empty or ours. Anything else is left alone, since set-up may empty it."""
    try:
        venv.mkdir(parents=True, exist_ok=True)
        foreign = not (venv / SETUP_LOCK).exists() and any(venv.iterdir())
    except (FileExistsError, NotADirectoryError):
        foreign = True
    except OSError as error:  # read-only file system, no permission, no space
        raise unwritable(venv) from error
    if foreign:
        raise StopError(
            f"{venv} 不是 go.py 建的，未作改动。请移走它，或用环境变量 GONGGUAN_VENV 指定一个新文件夹。",
            f"{venv} was not made by go.py and is left as it is. Move it away, or set GONGGUAN_VENV to a new folder.",
        )
    if not os.access(venv, os.W_OK):
        raise unwritable(venv)


def unwritable(folder: Path) -> StopError:
    return StopError(
        f"不能写入 {folder}。请用环境变量指定一个可写的文件夹：GONGGUAN_VENV=~/gongguan-venv python3 go.py …",
        f"Cannot write to {folder}. Name a folder that you may write to: "
        "GONGGUAN_VENV=~/gongguan-venv python3 go.py ...",
    )


def create(venv: Path) -> None:
    """Empty the folder and make an environment without pip in it; refused while a command runs from it."""
    use_hold = os.open(venv / USE_LOCK, os.O_RDWR | os.O_CREAT, 0o644)
    try:
        try:
            fcntl.flock(use_hold, fcntl.LOCK_EX | fcntl.LOCK_NB)
        except BlockingIOError as error:
            raise StopError(
                f"{venv} 需要更新，但有命令正在使用它。请先停止（例如仍在运行的演示），"
                "或用 GONGGUAN_VENV 指定另一个文件夹。",
                f"{venv} has to be renewed, but a command is running from it (a demo left up?). Stop it first, "
                "or set GONGGUAN_VENV to another folder.",
            ) from error
        for entry in venv.iterdir():
            if entry.name not in (SETUP_LOCK, USE_LOCK):
                shutil.rmtree(entry) if entry.is_dir() and not entry.is_symlink() else entry.unlink()
        say("正在准备运行环境，第一次需要一两分钟……", "setting up; the first time takes a minute or two ...")
        importlib.import_module("venv").EnvBuilder(symlinks=True, with_pip=False).create(venv)
    finally:
        os.close(use_hold)


def install(venv: Path, layer: str) -> None:
    """Install the locked packages of one layer; raises `StopError` with pip's own words if that fails."""
    command = [*pip_command(venv), "install", "-qq", "--require-hashes", "--only-binary", ":all:"]
    for lock_file in LOCKS[layer]:
        command += ["-r", str(ROOT / lock_file)]
    if subprocess.call(command, env=pip_environment(), close_fds=False):
        raise StopError(
            "安装依赖失败，原因见上。请检查网络；使用内网镜像时请设置 PIP_INDEX_URL"
            "（或 pip.conf 的 index-url），再运行一次。",
            "Installing the dependencies failed, see above. Check the network; behind a mirror set PIP_INDEX_URL "
            "(or index-url in pip.conf) and run again.",
        )


def install_optional(venv: Path, part: str) -> None:
    """Install a part that some tests use; without it those tests say so and skip."""
    file_name, options, chinese, english = OPTIONAL[part]
    wanted = digest(sys.version, ROOT / file_name)
    if read_stamp(venv).get(part) == wanted or not os.access(venv, os.W_OK):
        return
    hold = flock(venv / SETUP_LOCK, fcntl.LOCK_EX)
    try:
        pip = [*pip_command(venv), "install", "-qq", "--require-hashes", "--only-binary", ":all:"]
        asked = subprocess.run(
            [*pip, *options, "--no-deps", "-r", str(ROOT / file_name)],
            env=pip_environment(), capture_output=True, text=True, check=False, close_fds=False,
        )  # fmt: skip
        if asked.returncode == 0:
            write_stamp(venv, {**read_stamp(venv), part: wanted})
            return
        print(asked.stderr.strip())
        say(f"{chinese}未能安装，用到它的测试将跳过。", f"{english} not installed: its tests will be skipped.")
    finally:
        os.close(hold)


def link_project(venv: Path) -> None:
    """Put the import name, the command and the package metadata into the environment; the code stays where it is."""
    ask = "import sysconfig; print(sysconfig.get_path('purelib'))"
    site = Path(subprocess.check_output([str(venv_python(venv)), "-I", "-c", ask], text=True).strip())
    (site / "gongguan").mkdir(exist_ok=True)
    for name in PACKAGES:
        link = site / "gongguan" / name
        if link.is_symlink():
            link.unlink()
        link.symlink_to(ROOT / name)
    version = load_pyproject()["project"]["version"]
    for old in site.glob("gongguan-*.dist-info"):
        shutil.rmtree(old)
    info = site / f"gongguan-{version}.dist-info"
    info.mkdir()
    (info / "METADATA").write_text(f"Metadata-Version: 2.1\nName: gongguan\nVersion: {version}\n")
    (info / "INSTALLER").write_text("go.py\n")
    command = venv / "bin" / "gongguan"
    # `-P` for the reason given in hand_over; sh because a path with a space cannot stand in a `#!` line
    command.write_text(f'#!/bin/sh\nexec "{venv_python(venv)}" -P -m gongguan.cli "$@"\n')
    command.chmod(0o755)


def load_pyproject() -> dict[str, Any]:
    text = (ROOT / "pyproject.toml").read_text(encoding="utf-8")
    loaded: dict[str, Any] = importlib.import_module("tomllib").loads(text)
    return loaded


# --- pip, wherever it may come from -------------------------------------------------------------------------------


def pip_environment() -> dict[str, str]:
    """The caller's settings for pip, without those that would lead the packages out of the environment."""
    kept = {k: v for k, v in os.environ.items() if k not in ("PIP_TARGET", "PIP_PREFIX", "PIP_ROOT", "PIP_NO_BINARY")}
    quiet = {"PIP_DISABLE_PIP_VERSION_CHECK": "1", "PIP_ROOT_USER_ACTION": "ignore", "PIP_NO_INPUT": "1"}
    return {**kept, **quiet, "PIP_USER": "0"}


def pip_command(venv: Path) -> list[str]:
    """The words that run pip on the environment: the pinned wheel, else ensurepip, else this Python's own pip.

    The wheel comes first because it is the same everywhere; `venv` on a bare Debian has no ensurepip at all.
    """
    try:
        return [str(venv_python(venv)), "-I", str(pinned_pip(venv) / "pip")]
    except OSError as error:
        why = error
    own = [str(venv_python(venv)), "-I", "-m"]
    if quietly([*own, "pip", "--version"]) or quietly([*own, "ensurepip"]):
        return [*own, "pip"]
    system = [sys.executable, "-m", "pip", "--python", str(venv_python(venv))]
    if quietly([*system, "--version"]):
        return system
    raise StopError(
        f"无法取得 pip（{why}），这个 Python 也不带 ensurepip 和 pip。请检查网络，或设置 PIP_INDEX_URL 后再运行一次。",
        f"pip could not be fetched ({why}) and this Python has neither ensurepip nor pip. Check the network, or set "
        "PIP_INDEX_URL, and run again.",
    )


def quietly(command: list[str]) -> bool:
    """Whether the command ends with exit code 0; its output is dropped."""
    return subprocess.run(command, env=pip_environment(), capture_output=True, check=False).returncode == 0


def pinned_pip(venv: Path) -> Path:
    """The pip wheel of requirements-build.lock, its hash checked; runs as it is. Raises OSError if it cannot be had."""
    name, hashes = locked_pip((ROOT / "requirements-build.lock").read_text())
    wheel = venv / "tools" / name
    if wheel.exists() and hashlib.sha256(wheel.read_bytes()).hexdigest() in hashes:
        return wheel
    listed = local_assets(name) or [a for index in index_urls() for a in try_listing(index, "pip") if a.name == name]
    if not listed:
        raise OSError(f"{name}: {', '.join(map(without_password, index_urls()))}")
    data = fetch(listed[0].url)[0]
    if hashlib.sha256(data).hexdigest() not in hashes:
        raise StopError(
            f"下载的 {name} 与锁定文件中的 SHA-256 不符，未使用。请换一个可信的软件包索引。",
            f"The downloaded {name} does not match the SHA-256 of the lock file and is not used. Choose an index that "
            "you trust.",
        )
    wheel.parent.mkdir(exist_ok=True)
    fresh = wheel.with_suffix(".new")
    fresh.write_bytes(data)
    os.replace(fresh, wheel)
    return wheel


def locked_pip(text: str) -> tuple[str, list[str]]:
    """(file name of the wheel, its allowed SHA-256) out of the text of a lock file."""
    entry = re.search(r"^pip==(\S+)((?: *\\\n *--hash=sha256:[0-9a-f]{64})+)", text, re.MULTILINE)
    if entry is None:
        raise OSError("requirements-build.lock: pip==")
    return f"pip-{entry.group(1)}-py3-none-any.whl", re.findall(r"[0-9a-f]{64}", entry.group(2))


# --- package indexes ----------------------------------------------------------------------------------------------


def pip_setting(name: str, default: str = "") -> str:
    """A setting as pip sees it: PIP_NAME, else the last of pip's configuration files that has it."""
    said = os.environ.get("PIP_" + name.upper().replace("-", "_"))
    if said:
        return said
    home, sep = Path.home(), os.pathsep
    files = [Path(d) / "pip" / "pip.conf" for d in os.environ.get("XDG_CONFIG_DIRS", "/etc/xdg").split(sep)]
    files += [Path("/etc/pip.conf"), home / ".pip" / "pip.conf"]
    files += [Path(os.environ.get("XDG_CONFIG_HOME") or home / ".config") / "pip" / "pip.conf"]
    if os.environ.get("PIP_CONFIG_FILE"):
        files.append(Path(os.environ["PIP_CONFIG_FILE"]))
    parser = configparser.RawConfigParser()
    with contextlib.suppress(configparser.Error, OSError):
        parser.read([str(file) for file in files], encoding="utf-8")
    found = [parser.get(s, name) for s in ("install", "global") if parser.has_option(s, name)]
    return found[0] if found else default


def index_urls() -> list[str]:
    """The configured package indexes, the main one first."""
    offline = pip_setting("no-index").lower() in ("1", "true", "yes", "on")
    main_index = [] if offline else [pip_setting("index-url", INDEX_DEFAULT)]
    return main_index + pip_setting("extra-index-url").split()


def local_assets(name: str) -> list[Asset]:
    """The file of this name in the folders that `find-links` names."""
    folders = [urllib.request.url2pathname(re.sub("^file://", "", f)) for f in pip_setting("find-links").split()]
    return [Asset(name, (Path(f) / name).as_uri(), "") for f in folders if (Path(f) / name).is_file()]


def try_listing(index: str, package: str) -> list[Asset]:
    """As `listing`, or nothing if this index does not answer: the next one may."""
    try:
        return listing(index, package)
    except (OSError, ValueError):
        return []


def listing(index: str, package: str) -> list[Asset]:
    """Every file that the index has of a package (PEP 503 page or PEP 691 JSON). Raises OSError, ValueError."""
    url = f"{index.rstrip('/')}/{package}/" + ("index.html" if index.startswith("file:") else "")
    data, kind = fetch(url, "application/vnd.pypi.simple.v1+json, text/html;q=0.5")
    if "json" in kind:
        files = [f for f in json.loads(data)["files"] if not f.get("yanked")]
        return [Asset(f["filename"], urllib.parse.urljoin(url, f["url"]), f["hashes"].get("sha256", "")) for f in files]
    page = LinkPage()
    page.feed(data.decode("utf-8", "replace"))
    found = [urllib.parse.urldefrag(urllib.parse.urljoin(url, link)) for link in page.links]
    return [Asset(urllib.parse.unquote(u.rsplit("/", 1)[-1]), u, tail.rpartition("sha256=")[2]) for u, tail in found]


class LinkPage(html.parser.HTMLParser):
    """Collects the links of an index page, save those of withdrawn releases."""

    def __init__(self) -> None:
        super().__init__()
        self.links: list[str] = []

    def handle_starttag(self, tag: str, attrs: list[tuple[str, Any]]) -> None:
        told = dict(attrs)
        if tag == "a" and told.get("href") and "data-yanked" not in told:
            self.links.append(told["href"])


def fetch(url: str, accept: str = "*/*") -> tuple[bytes, str]:
    """(bytes, media type) behind an address, by pip's certificate and proxy; raises OSError."""
    parts = urllib.parse.urlsplit(url)
    request = urllib.request.Request(without_password(url), headers={"Accept": accept, "User-Agent": "gongguan-go"})
    if parts.username:
        pair = f"{urllib.parse.unquote(parts.username)}:{urllib.parse.unquote(parts.password or '')}"
        request.add_header("Authorization", "Basic " + base64.b64encode(pair.encode()).decode())
    context = importlib.import_module("ssl").create_default_context(cafile=pip_setting("cert") or None)
    handlers: list[Any] = [urllib.request.HTTPSHandler(context=context)]
    proxy = pip_setting("proxy")
    if proxy:
        handlers.append(urllib.request.ProxyHandler({"http": proxy, "https": proxy}))
    with urllib.request.build_opener(*handlers).open(request, timeout=INDEX_TIMEOUT_S) as answer:
        return answer.read(), answer.headers.get("Content-Type", "")


def without_password(url: str) -> str:
    parts = urllib.parse.urlsplit(url)
    return urllib.parse.urlunsplit(parts._replace(netloc=parts.netloc.rpartition("@")[2]))


# --- writing the lock files ---------------------------------------------------------------------------------------


def lock(_arguments: list[str]) -> int:
    """Write the lock files anew from pyproject.toml and the newest releases that the index offers.

    Needs the network. Every wheel of a release that a supported Python on Linux or macOS could take is listed with
    its SHA-256, so that one file serves all of them; source archives are not, since nothing is built at set-up.
    """
    project = load_pyproject()
    groups = project["dependency-groups"]
    asked = (
        ("requirements.lock", project["project"]["dependencies"]),
        ("requirements-build.lock", [*project["build-system"]["requires"], "pip"]),
        ("requirements-test.lock", [*groups["test"], *groups["lint"]]),
        ("requirements-postgresql.lock", groups["postgresql-test"]),
    )
    pins: dict[str, str] = {}
    with tempfile.TemporaryDirectory() as scratch:
        for file_name, requirements in asked:
            known = [f"{name}=={version}" for name, version in pins.items()]
            resolved = resolve(Path(scratch), [*known, *requirements])
            fresh = {name: version for name, version in resolved.items() if name not in pins}
            pins.update(fresh)
            (ROOT / file_name).write_text("".join(lock_lines(file_name, fresh)))
            say(f"{file_name}：{len(fresh)} 个软件包", f"{file_name}: {len(fresh)} packages")
    return 0


def resolve(scratch: Path, requirements: list[str]) -> dict[str, str]:
    """{normalised name: version} of everything that the requirements need, as pip would choose now."""
    if not venv_python(scratch).exists():
        importlib.import_module("venv").EnvBuilder(symlinks=True, with_pip=False).create(scratch)
    report = scratch / "report.json"
    pip = [*pip_command(scratch), "install", "-qq", "--dry-run", "--ignore-installed", "--only-binary", ":all:"]
    if subprocess.call([*pip, "--report", str(report), *requirements], env=pip_environment()):
        raise StopError("解析依赖失败，原因见上。", "Resolving the dependencies failed, see above.")
    chosen = [item["metadata"] for item in json.loads(report.read_text())["install"]]
    return dict(sorted((re.sub(r"[-_.]+", "-", m["name"]).lower(), m["version"]) for m in chosen))


def lock_lines(file_name: str, pins: dict[str, str]) -> Iterator[str]:
    """The text of a lock file, entry by entry."""
    yield f"# {file_name}: written by `python3 go.py lock` from pyproject.toml; do not edit by hand.\n"
    for name, version in pins.items():
        offers = (try_listing(index, name) for index in index_urls())
        hashes = next((h for h in ({a.sha256 for a in o if suits(a.name, version)} - {""} for o in offers) if h), None)
        if not hashes:
            raise StopError(f"索引没有 {name} {version} 的 SHA-256。", f"No index has a SHA-256 for {name} {version}.")
        yield " \\\n    ".join([f"{name}=={version}", *(f"--hash=sha256:{value}" for value in sorted(hashes))]) + "\n"


def suits(file_name: str, version: str) -> bool:
    """Whether the file is a wheel of this version for CPython 3.11 or newer, on Linux, macOS or anything.

    >>> suits("msgspec-0.20.0-cp312-cp312-manylinux_2_17_x86_64.whl", "0.20.0")
    True
    >>> suits("msgspec-0.20.0-cp312-cp312-win_amd64.whl", "0.20.0")
    False
    """
    parts = file_name[: -len(".whl")].split("-") if file_name.endswith(".whl") else []
    if len(parts) not in (5, 6) or parts[1] != version:
        return False
    python, abi, system = parts[-3:]
    minors = [int(minor) for minor in re.findall(r"cp3(\d+)", python)]
    runs = "py3" in python.split(".") or abi == "abi3" or any(minor >= PYTHON_MIN[1] for minor in minors)
    return runs and system.startswith(("any", "manylinux", "musllinux", "linux", "macosx"))


def say(zh: str, en: str) -> None:
    """One line for a person, Chinese first."""
    print(f"{zh}  {en}", flush=True)


COMMANDS = {
    "demo": demo,
    "test": test,
    "run": run,
    "kills": kills,
    "chaos": chaos,
    "year": year,
    "bench": bench,
    "lock": lock,
}

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
