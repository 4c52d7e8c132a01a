"""The set-up file as a stranger meets it: real folders, real processes, a package index on this disk."""

from __future__ import annotations

import ast
import base64
import fcntl
import hashlib
import http.server
import os
import shutil
import subprocess
import sys
import threading
import zipfile
from collections.abc import Iterator
from pathlib import Path

import go
import pytest

TINY = "tiny-1.0-py3-none-any.whl"


def wheel(path: Path) -> str:
    """A wheel with one module, written by hand; returns its SHA-256."""
    with zipfile.ZipFile(path, "w") as archive:
        archive.writestr("tiny.py", "WORD = '安装好了'\n")
        archive.writestr("tiny-1.0.dist-info/METADATA", "Metadata-Version: 2.1\nName: tiny\nVersion: 1.0\n")
        archive.writestr("tiny-1.0.dist-info/WHEEL", "Wheel-Version: 1.0\nRoot-Is-Purelib: true\nTag: py3-none-any\n")
        archive.writestr("tiny-1.0.dist-info/RECORD", "tiny.py,,\ntiny-1.0.dist-info/RECORD,,\n")
    return hashlib.sha256(path.read_bytes()).hexdigest()


@pytest.fixture
def checkout(tmp_path: Path) -> Path:
    """A small project with the real go.py, one locked package, and a package index beside it."""
    root = tmp_path / "检 出"  # a folder with a space and Chinese in its name
    (root / "cli").mkdir(parents=True)
    for name in ("node", "protocol", "sync"):
        (root / name).mkdir()
    shutil.copy(go.ROOT / "go.py", root)
    shutil.copy(go.ROOT / "requirements-build.lock", root)
    (root / "pyproject.toml").write_text('[project]\nname = "gongguan"\nversion = "0.1.0"\n')
    (root / "cli" / "__init__.py").write_text("")
    (root / "cli" / "__main__.py").write_text("import sys, tiny\nprint(tiny.WORD, *sys.argv[1:])\nsys.exit(7)\n")
    index = tmp_path / "index" / "tiny"
    index.mkdir(parents=True)
    value = wheel(index / TINY)
    (index / "index.html").write_text(f'<a href="{TINY}#sha256={value}">{TINY}</a>')
    (root / "requirements.lock").write_text(f"tiny==1.0 --hash=sha256:{value}\n")
    return root


def start(checkout: Path, *arguments: str) -> subprocess.Popen[str]:
    """Run its go.py with nothing but the index beside it; pip itself comes from this environment or from ensurepip."""
    settings = {
        "PATH": os.environ["PATH"],
        "HOME": str(checkout.parent),
        "PIP_INDEX_URL": (checkout.parent / "index").as_uri(),
        "PIP_FIND_LINKS": str(Path(sys.prefix) / "tools"),
        "PIP_CONFIG_FILE": os.devnull,
        "PYTHONUTF8": "1",
    }
    command = [sys.executable, str(checkout / "go.py"), *arguments]
    return subprocess.Popen(
        command, env=settings, cwd=checkout.parent, text=True, stdout=subprocess.PIPE, stderr=subprocess.PIPE
    )


def outcome(process: subprocess.Popen[str]) -> tuple[int, str, str]:
    out, err = process.communicate()
    return process.returncode, out, err


def test_it_can_be_read_by_python_3_8() -> None:
    ast.parse((go.ROOT / "go.py").read_text(encoding="utf-8"), feature_version=(3, 8))


def test_an_old_python_is_told_in_both_languages_what_it_lacks() -> None:
    with pytest.raises(go.StopError) as stop:
        go.check_python((3, 8, 18))
    assert "需要 Python 3.11" in str(stop.value)
    assert "Python 3.11 or newer is needed, this is 3.8.18" in str(stop.value)


def test_an_unknown_command_shows_the_usage_and_ends_with_2(checkout: Path) -> None:
    code, _, err = outcome(start(checkout, "dmeo"))
    assert code == 2
    assert "没有“dmeo”这个命令" in err
    assert "python3 go.py" in err


def test_the_first_run_sets_up_the_second_does_not_and_a_half_made_folder_is_remade(checkout: Path) -> None:
    code, out, err = outcome(start(checkout, "run", "--", "甲", "--x"))
    assert (code, out.splitlines()[-1]) == (7, "安装好了 甲 --x"), err
    assert "setting up" in out
    assert outcome(start(checkout, "run", "--", "乙"))[1] == "安装好了 乙\n"
    (checkout / ".venv" / go.STAMP).unlink()
    for module in (checkout / ".venv").rglob("tiny.py"):
        module.unlink()
    code, out, err = outcome(start(checkout, "run"))
    assert (code, out.splitlines()[-1]) == (7, "安装好了"), err


def test_two_first_runs_at_once_both_end_well(checkout: Path) -> None:
    both = [start(checkout, "run", "--", name) for name in ("甲", "乙")]
    ends = [outcome(process) for process in both]
    assert [(code, out.splitlines()[-1]) for code, out, _ in ends] == [(7, "安装好了 甲"), (7, "安装好了 乙")]
    assert sum("setting up; the first" in out for _, out, _ in ends) == 1


def test_a_package_that_does_not_match_its_hash_is_refused(checkout: Path) -> None:
    with zipfile.ZipFile(checkout.parent / "index" / "tiny" / TINY, "a") as archive:
        archive.writestr("planted.py", "")
    (checkout.parent / "index" / "tiny" / "index.html").write_text(f'<a href="{TINY}">{TINY}</a>')
    code, _, err = outcome(start(checkout, "run"))
    assert code == 2
    assert "安装依赖失败" in err
    assert "Installing the dependencies failed" in err
    assert not (checkout / ".venv" / go.STAMP).exists()


def test_a_folder_that_is_not_its_own_is_left_alone(tmp_path: Path) -> None:
    (tmp_path / "letter.txt").write_text("keep")
    with pytest.raises(go.StopError, match=r"GONGGUAN_VENV[\s\S]*left as it is"):
        go.claim(tmp_path)
    assert (tmp_path / "letter.txt").read_text() == "keep"


def test_an_environment_in_use_is_not_replaced(tmp_path: Path) -> None:
    go.claim(tmp_path / "venv")
    hold = go.flock(tmp_path / "venv" / go.USE_LOCK, fcntl.LOCK_SH)
    (tmp_path / "venv" / "library.py").write_text("in use")
    with pytest.raises(go.StopError, match=r"正在使用[\s\S]*Stop it first"):
        go.create(tmp_path / "venv")
    os.close(hold)
    assert (tmp_path / "venv" / "library.py").exists()


def test_a_changed_lock_changes_the_stamp(checkout: Path) -> None:
    before = go.digest("", checkout / "requirements.lock")
    with (checkout / "requirements.lock").open("a") as lock:
        lock.write("# one more line\n")
    assert go.digest("", checkout / "requirements.lock") != before


def test_the_build_lock_pins_the_pip_wheel() -> None:
    name, hashes = go.locked_pip((go.ROOT / "requirements-build.lock").read_text())
    assert name.startswith("pip-")
    assert name.endswith("-py3-none-any.whl")
    assert [len(value) for value in hashes] == [64]


def test_processes_that_tests_start_find_our_modules_compiled(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PYTHONDONTWRITEBYTECODE", "1")
    ask = [sys.executable, "-c", "import sys; print(sys.dont_write_bytecode)"]
    assert subprocess.check_output(ask, env=go.environment_of_checks(tmp_path), text=True) == "False\n"


@pytest.mark.parametrize(
    ("file_name", "suits"),
    [
        ("msgspec-0.20.0-cp312-cp312-manylinux_2_17_aarch64.manylinux2014_aarch64.whl", True),
        ("msgspec-0.20.0-cp314-cp314-macosx_11_0_arm64.whl", True),
        ("cryptography-0.20.0-cp38-abi3-manylinux_2_28_x86_64.whl", True),
        ("rich-0.20.0-py3-none-any.whl", True),
        ("ruff-0.20.0-py3-none-musllinux_1_2_x86_64.whl", True),
        ("msgspec-0.20.0-cp39-cp39-manylinux_2_17_x86_64.whl", False),
        ("msgspec-0.20.0-cp312-cp312-win_amd64.whl", False),
        ("msgspec-0.19.0-cp312-cp312-manylinux_2_17_x86_64.whl", False),
        ("msgspec-0.20.0.tar.gz", False),
    ],
)
def test_the_lock_lists_wheels_that_a_supported_machine_could_take(file_name: str, suits: bool) -> None:
    assert go.suits(file_name, "0.20.0") is suits


def test_the_index_is_read_from_the_environment_before_the_configuration_of_pip(
    tmp_path: Path, monkeypatch: pytest.MonkeyPatch
) -> None:
    (tmp_path / "pip.conf").write_text("[global]\nindex-url = https://one.example/simple\nextra-index-url =\n")
    monkeypatch.setenv("PIP_CONFIG_FILE", str(tmp_path / "pip.conf"))
    monkeypatch.delenv("PIP_INDEX_URL", raising=False)
    monkeypatch.delenv("PIP_EXTRA_INDEX_URL", raising=False)
    monkeypatch.delenv("PIP_NO_INDEX", raising=False)
    assert go.index_urls() == ["https://one.example/simple"]
    monkeypatch.setenv("PIP_INDEX_URL", "https://two.example/simple")
    assert go.index_urls() == ["https://two.example/simple"]


class Index(http.server.BaseHTTPRequestHandler):
    """An index that wants a password, and offers one file, one withdrawn file, and the JSON form on request."""

    def do_GET(self) -> None:
        wanted = "Basic " + base64.b64encode(b"reader:p@ss").decode()
        if self.headers["Authorization"] != wanted:
            self.send_error(401)
            return
        page = b'<a href="../f/a-1-py3-none-any.whl#sha256=ab">a</a><a href="b.whl" data-yanked="">b</a>'
        self.send_response(200)
        self.send_header("Content-Type", "text/html")
        self.end_headers()
        self.wfile.write(page)

    def log_message(self, format: str, *args: object) -> None:
        """Says nothing."""


@pytest.fixture
def index_port() -> Iterator[int]:
    with http.server.ThreadingHTTPServer(("127.0.0.1", 0), Index) as server:
        thread = threading.Thread(target=server.serve_forever)
        thread.start()
        yield server.server_port
        server.shutdown()
        thread.join()


def test_an_index_with_a_password_in_its_address_is_read(index_port: int, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.delenv("PIP_PROXY", raising=False)
    monkeypatch.setenv("NO_PROXY", "127.0.0.1")
    address = f"http://reader:p%40ss@127.0.0.1:{index_port}/simple"
    (asset,) = go.listing(address, "a")
    assert (asset.name, asset.sha256) == ("a-1-py3-none-any.whl", "ab")
    assert asset.url.endswith("/simple/f/a-1-py3-none-any.whl")
    assert go.try_listing(f"http://127.0.0.1:{index_port}/simple", "a") == []
