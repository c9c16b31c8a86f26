"""House rules that no linter can express. Each says why it is one."""

from __future__ import annotations

import ast
import importlib.util
import platform
import re
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
from django.apps import apps
from django.db import connection
from django.db.models import CASCADE

from config.modules import INSTALLED_MODULES
from kernel.modules import installed_modules
from tenancy import use_owner
from tests.addresses import api_operations, page_patterns

ROOT = Path(__file__).resolve().parents[1]
PACKAGES = ("config", "infra", "modules", "platform", "tenants")
DOORS = ("api", "pages", "tasks", "handlers", "messages", "panels", "endpoints")
WRITES = {"save", "create", "bulk_create", "get_or_create", "update_or_create", "delete", "bulk_update"}
CLOCKS = {"now", "today", "localtime", "localdate", "utcnow"}


def python_files(*, tests: bool = False) -> list[Path]:
    files = [file for package in PACKAGES for file in (ROOT / package).rglob("*.py")]
    unwanted = {"migrations", "node_modules", *([] if tests else ["tests"])}
    return sorted(file for file in files if not unwanted & set(file.relative_to(ROOT).parts))


def parts_of(*names: str) -> list[Path]:
    """Return the files of the modules, the platform and the tenants that are, or lie in a folder, named so."""
    roots = ("modules", "platform", "tenants")
    return [
        file
        for file in python_files()
        if file.relative_to(ROOT).parts[0] in roots and ({file.stem} | set(file.parts)) & set(names)
    ]


def named(file: Path) -> str:
    return str(file.relative_to(ROOT))


def calls(file: Path) -> list[ast.Call]:
    return [node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.Call)]


def name_of(call: ast.Call) -> str:
    return call.func.attr if isinstance(call.func, ast.Attribute) else getattr(call.func, "id", "")


@pytest.mark.parametrize("door", parts_of(*DOORS), ids=named)
def test_doors_do_not_write(door: Path) -> None:
    """A page, endpoint, job or handler asks a service, so that the others do the same; only `form.save()` may write."""
    assert [f"{named(door)}:{call.lineno} .{name_of(call)}()" for call in calls(door) if writes_rows(call)] == []


def writes_rows(call: ast.Call) -> bool:
    if not isinstance(call.func, ast.Attribute):
        return False
    receiver = call.func.value
    if call.func.attr == "update":  # of a queryset, and not of a dict
        return bool(call.keywords) and isinstance(receiver, ast.Call | ast.Attribute)
    ours = isinstance(receiver, ast.Name) and receiver.id in ("form", "cache", "router")
    return call.func.attr in WRITES and not ours


@pytest.mark.parametrize("file", parts_of("services", "signup", "opening", "standing"), ids=named)
def test_public_services_take_keyword_arguments_only(file: Path) -> None:
    """`move(appointment, then, ana)` can be misread; `move(appointment=…, to=…, by=…)` cannot."""
    public = [
        node
        for node in ast.parse(file.read_text()).body
        if isinstance(node, ast.FunctionDef) and not node.name.startswith("_")
    ]
    # A sole argument cannot be mistaken for another.
    wrong = [function.name for function in public if len(function.args.args) + len(function.args.posonlyargs) > 1]
    assert wrong == []


@pytest.mark.parametrize("file", parts_of("services", "models", "domain", "selectors", "rules"), ids=named)
def test_the_clock_is_read_at_the_edge(file: Path) -> None:
    """A rule that asks for the time itself can be tried at no other time."""
    assert {name_of(call) for call in calls(file)} & CLOCKS == set()


def test_no_file_is_longer_than_a_stranger_reads() -> None:
    """Past 400 lines a file is two files."""
    suffixes = ("*.py", "*.ts", "*.css", "*.html", "*.mjs")
    files = [file for package in (*PACKAGES, "tests") for suffix in suffixes for file in (ROOT / package).rglob(suffix)]
    skipped = {"migrations", "node_modules", "dist"}
    long = [named(f) for f in files if not skipped & set(f.parts) and len(f.read_text().splitlines()) > 400]
    assert long == []


def functions(file: Path) -> Iterator[tuple[str, int]]:
    for node in ast.walk(ast.parse(file.read_text())):
        if isinstance(node, ast.FunctionDef | ast.AsyncFunctionDef):
            yield node.name, (node.end_lineno or 0) - node.lineno + 1


def test_functions_are_short() -> None:
    """Median at most seven lines, nine in ten at most 25, none above 60: what the admired codebases agree on."""
    lengths = sorted((length, f"{named(file)}:{name}") for file in python_files() for name, length in functions(file))
    plain = [length for length, _ in lengths]
    assert [entry for entry in lengths if entry[0] > 60] == []
    assert plain[len(plain) // 2] <= 7
    assert plain[len(plain) * 9 // 10] <= 25


def test_the_standard_library_keeps_its_platform() -> None:
    """`platform/` is a source root. With an __init__.py it would shadow the standard library's module."""
    assert Path(str(platform.__file__)).name == "platform.py"
    assert not (ROOT / "platform" / "__init__.py").exists()


@pytest.mark.parametrize("package", sorted(p.parent.name for p in (ROOT / "platform").glob("*/__init__.py")))
def test_platform_packages_have_names_of_their_own(package: str) -> None:
    """They are imported without a prefix, so none may be called like something else."""
    spec = importlib.util.find_spec(package)
    assert package not in sys.stdlib_module_names
    assert spec is not None
    assert Path(str(spec.origin)).is_relative_to(ROOT / "platform")


def test_nobody_leaves_the_room_by_the_back_door() -> None:
    """django-tenants' `with tenant:` restores the wrong tenant under threads, and its helpers skip our checks."""
    forbidden = re.compile(
        r"tenant_context|schema_context|set_schema\b|connection\.set_tenant|SET search_path TO (?!'')"
    )
    allowed = {"platform/tenancy/places.py", "platform/tenancy/backend/base.py", "platform/jobs/middleware.py"}
    users = [named(file) for file in python_files() if forbidden.search(file.read_text()) or enters_a_tenant(file)]
    assert sorted(set(users) - allowed) == []


def test_rows_are_locked_before_what_they_join_is_read() -> None:
    """With `of`, a lock that was waited for holds the changed row against rows that were joined before it changed."""
    users = [named(file) for file in python_files() if "select_for_update(of=" in file.read_text()]
    assert users == ["platform/kernel/locking.py"]


def enters_a_tenant(file: Path) -> bool:
    blocks = [node for node in ast.walk(ast.parse(file.read_text())) if isinstance(node, ast.With)]
    entered = [ast.unparse(item.context_expr) for block in blocks for item in block.items]
    return any(re.fullmatch(r"([\w.]*[._])?tenant", expression) for expression in entered)


# What the shared cache holds is the platform's: counters, signs of life, and when the catalogue changed.
KEEPERS = {
    "platform/identity/attempts.py": "wrong passwords, by a digest of whose",
    "modules/crm/services/imports/progress.py": "how many rows are done, by the schema and the import's id",
    "platform/jobs/middleware.py": "signs of life",
    "platform/jobs/outbox.py": "a poke",
    "platform/jobs/relay.py": "a poke",
    "platform/identity/breaches.py": "that the list of stolen passwords does not answer",
    "platform/kernel/limits.py": "knocks, by a digest of whose",
    "platform/monitoring/visits.py": "how many requests, by the tenant's id",
    "platform/tenancy/catalog.py": "that something changed",
    "platform/webui/health.py": "whether it answers",
}


def test_no_data_of_a_tenant_is_cached() -> None:
    """Keys are the same in every room. Whoever caches what is a tenant's has to begin with a prefix of its own."""
    users = {named(f) for f in python_files() if re.search(r"core\.cache import|\bcaches\[", f.read_text())}
    assert users == set(KEEPERS)


def test_modules_know_no_django_signals() -> None:
    """Who hears of a signal, when, and on which save? An event is one line that can be searched for."""
    signals = re.compile(r"django\.db\.models\.signals|django\.db\.models import .*\bsignals\b|django\.dispatch")
    wrong = [named(f) for f in parts_of("modules") if signals.search(f.read_text())]
    assert wrong == []


def foreign_keys() -> Iterator[tuple[Any, Any]]:
    for module in installed_modules():
        for model in module.get_models():
            for field in model._meta.get_fields():
                target = getattr(field.related_model, "_meta", None)
                if (field.many_to_one or field.one_to_one) and not field.auto_created and target is not None:
                    yield module, field


def test_foreign_keys_follow_the_module_graph() -> None:
    """Across modules: only towards what a module builds on, never cascading, never growing a reverse accessor."""
    labels = {module.label for module in installed_modules()}
    wrong = [
        str(field)
        for module, field in foreign_keys()
        if (target := field.related_model._meta.app_label) in labels and target != module.label
        if target not in module.builds_on or field.remote_field.on_delete is CASCADE or not field.remote_field.hidden
    ]
    assert wrong == []


def test_every_required_module_exists_and_is_built_on() -> None:
    labels = {module.label for module in installed_modules()}
    for module in installed_modules():
        assert set(module.requires) <= set(module.builds_on) <= labels, module.label


@pytest.mark.parametrize("in_cell", [False, True])
def test_no_tenant_table_points_into_public(in_cell: bool, db: None) -> None:
    """Each such key adds two triggers to the public table: at 329 tenants deleting one user took 27.9 seconds."""
    with use_owner(in_cell=in_cell), connection.cursor() as cursor:
        cursor.execute(
            "SELECT conrelid::regclass::text, conname FROM pg_constraint WHERE contype = 'f'"
            " AND (SELECT relnamespace FROM pg_class WHERE oid = conrelid) <>"
            "     (SELECT relnamespace FROM pg_class WHERE oid = confrelid)"
        )
        assert cursor.fetchall() == []


@pytest.mark.parametrize("in_cell", [False, True])
def test_extensions_live_in_public_only(in_cell: bool, db: None) -> None:
    """In a tenant's schema they would go with it, and take every other tenant's constraints along."""
    with use_owner(in_cell=in_cell), connection.cursor() as cursor:
        cursor.execute(
            "SELECT extname FROM pg_extension WHERE extname <> 'plpgsql' AND extnamespace <> 'public'::regnamespace"
        )
        assert cursor.fetchall() == []


def test_no_app_is_both_shared_and_a_tenants(settings: Any) -> None:
    """A table in both would answer a query in the wrong room instead of failing."""
    assert set(settings.SHARED_APPS) & set(settings.TENANT_APPS) == set()


def test_every_door_names_its_permission() -> None:
    """A door without one is open, and nobody decided that."""
    operations = api_operations()
    pages = page_patterns()
    assert len(operations) > 20
    nameless = [f"{method} {path}" for method, path, view in operations if not hasattr(view, "permission")]
    nameless += [path for path, view in pages if not hasattr(view, "permission")]
    assert nameless == []


def test_every_permission_is_given_to_somebody_and_none_is_made_up() -> None:
    """A grant of a permission that nobody asks for, or the reverse, is a typing error."""
    from access import rules
    from access.presets import all_grants

    asked = set(rules.PERMISSIONS)
    for module in installed_modules():
        asked |= set(module.load(module.permissions))
    granted = {grant.permission for grant in all_grants()}
    assert granted == asked
    assert all(grant.why.strip() for grant in all_grants())


def templates() -> list[Path]:
    return [f for p in ("modules", "platform", "tenants") for f in (ROOT / p).rglob("templates/**/*.html")]


def test_pages_have_no_inline_style_and_no_inline_script() -> None:
    """The Content-Security-Policy forbids both; mails have none and need their styles inline."""
    inline = re.compile(
        r"\sstyle=|<style|<script(?![^>]*\ssrc=)(?![^>]*type=\"application/json\")|\son[a-z]+=[\"']|javascript:"
    )
    wrong = [
        named(f)
        for f in templates()
        if "mail" not in f.parts and "email" not in f.parts and inline.search(f.read_text())
    ]
    assert wrong == []


@pytest.mark.parametrize("lock", sorted((ROOT / "requirements").glob("*.txt")), ids=named)
def test_every_requirement_has_one_version_and_its_hashes(lock: Path) -> None:
    """Without them, what is installed is whatever the index answers that day."""
    pins = lock.read_text().replace("\\\n", " ").splitlines()
    loose = [
        pin for pin in pins if not re.fullmatch(r"[a-z0-9.\[\]-]+==\S+( ; [^#]+?)?( +--hash=sha256:[0-9a-f]{64})+", pin)
    ]
    assert pins
    assert loose == []


def test_every_requirement_of_the_project_is_locked() -> None:
    """A dependency that was added without `manage.py lock` is missing on the next machine."""
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    wanted = {"app.txt": project["project"]["dependencies"]}
    wanted |= {f"{name}.txt": project["dependency-groups"][name] for name in ("local", "node", "test")}
    for lock, requirements in wanted.items():
        locked = set(re.findall(r"^([a-z0-9.-]+)==", (ROOT / "requirements" / lock).read_text(), re.MULTILINE))
        names = {re.split(r"[\[<>=]", each)[0].lower() for each in requirements if isinstance(each, str)}
        assert names - locked == set(), lock


def test_every_module_says_what_it_is() -> None:
    """A stranger opens the folder and knows in a minute: what it owns, does, tells and answers. Ten lines, or so."""
    for module in INSTALLED_MODULES:
        readme = ROOT / module.replace(".", "/") / "README.md"
        assert readme.exists(), readme
        assert 5 <= len(readme.read_text().splitlines()) <= 25, readme


def test_no_registry_host_is_written_down() -> None:
    """A lock that names a host works on one network only; where packages ask for donations is no business of ours."""
    listed = subprocess.run(["git", "ls-files"], cwd=ROOT, capture_output=True, text=True, check=True).stdout.split()
    locks = [
        ROOT / f for f in listed if Path(f).name in ("package-lock.json", ".npmrc") or f.startswith("requirements/")
    ]
    wrong = [named(f) for f in locks if re.search(r'"resolved"|"funding"|https?://', f.read_text())]
    assert locks
    assert wrong == []


def test_every_app_of_ours_is_installed() -> None:
    """A package with models that is not installed has no tables, and nobody notices until it is used."""
    ours = {p.parent for root in ("modules", "platform") for p in (ROOT / root).glob("*/models.py")}
    installed = {Path(config.path) for config in apps.get_app_configs()}
    assert ours <= installed
