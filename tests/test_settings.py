"""Production refuses what belongs to a demo, and says everything that is wrong at once."""

from __future__ import annotations

import base64
import json
import os
import subprocess
import sys
from pathlib import Path
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured

from config.env import (
    DEMO_OPERATOR_SECRET,
    DEMO_SEALING_KEY,
    DEMO_SECRET_KEY,
    DEMO_STRIPE_KEY,
    DEMO_WEBHOOK_SECRET,
    Environment,
)
from config.mail import mail_settings

ROOT = Path(__file__).resolve().parents[1]
REAL = {
    "ATRIUM_MODE": "production",
    "DEBUG": "0",
    "ATRIUM_SECRET_KEY": "Zq3-vT8_nB5xW1rL7yK9-dG2mS6jH4cF0pX_aE8uN3oQ5iR7tY",
    "ATRIUM_SEALING_KEYS": "2:bmV3LXNlYWxpbmcta2V5LW9mLTMyLWJ5dGVzLWhlcmU=,"
    "1:b2xkLXNlYWxpbmcta2V5LW9mLTMyLWJ5dGVzLWhlcmU=",
    "ATRIUM_URL": "https://atrium.example",
    "ATRIUM_TRUSTED_PROXIES": "1",
    "DATABASE_URL": "postgresql://atrium:secret@db.example:5432/atrium",
    "REDIS_URL": "redis://valkey.example:6379/0",
    "STRIPE_SECRET_KEY": "sk_live_x",
    "STRIPE_WEBHOOK_SECRET": "whsec_x",
    "ATRIUM_STRIPE_STAND_IN": "",
    "AWS_STORAGE_BUCKET_NAME": "atrium-files",
    "EMAIL_URL": "smtp://user:secret@mail.example:587/?tls=1",
    "ATRIUM_OUTBOX_FOLDER": "",
}


CHECK = ("check", "--deploy", "--fail-level", "WARNING")


def started(*command: str, **changes: str) -> subprocess.CompletedProcess[str]:
    """Start Django as a server would, with a production's environment and these changes to it."""
    named = ("ATRIUM_", "AWS_", "STRIPE_", "EMAIL_", "DATABASE_URL", "REDIS_URL", "DEBUG", "DJANGO_")
    clean = {name: value for name, value in os.environ.items() if not name.startswith(named)}
    whole = [sys.executable, "manage.py", *(command or CHECK)]
    return subprocess.run(whole, cwd=ROOT, env=clean | REAL | changes, capture_output=True, text=True, check=False)


def problems(**changes: Any) -> list[str]:
    """Return what production says of these values, one sentence each."""
    try:
        Environment(**(REAL | changes)).refuse_demo_parts()
    except ImproperlyConfigured as error:
        return str(error).split("\n- ")[1:]
    return []


def test_production_starts_with_real_parts_and_nothing_to_warn_of() -> None:
    done = started()

    assert done.returncode == 0, done.stderr
    assert "no issues" in done.stdout


def test_production_does_not_start_with_parts_of_the_demo() -> None:
    done = started(ATRIUM_SECRET_KEY=DEMO_SECRET_KEY, DEBUG="1", ATRIUM_STRIPE_STAND_IN="http://127.0.0.1:1")

    assert done.returncode != 0
    for sentence in ("DEBUG is on.", "ATRIUM_SECRET_KEY is the demo's.", "the stand-in takes no money."):
        assert sentence in done.stderr


def test_production_is_what_one_gets_without_asking() -> None:
    silent = {name: value for name, value in os.environ.items() if name in ("PATH", "HOME", "LANG")}
    command = [sys.executable, "-c", "import config.settings"]

    done = subprocess.run(command, cwd=ROOT, env=silent, capture_output=True, text=True, check=False)

    assert done.returncode != 0
    assert "Atrium does not start in production like this" in done.stderr


@pytest.mark.parametrize(
    ("name", "value", "sentence"),
    [
        ("DEBUG", "1", "DEBUG is on."),
        ("ATRIUM_SECRET_KEY", "", "ATRIUM_SECRET_KEY is missing or shorter than 32 characters."),
        ("ATRIUM_SECRET_KEY", "short", "ATRIUM_SECRET_KEY is missing or shorter than 32 characters."),
        ("ATRIUM_SECRET_KEY", DEMO_SECRET_KEY, "ATRIUM_SECRET_KEY is the demo's."),
        ("ATRIUM_SEALING_KEYS", "", "ATRIUM_SEALING_KEYS is missing."),
        (
            "ATRIUM_SEALING_KEYS",
            "1:" + base64.b64encode(DEMO_SEALING_KEY).decode(),
            "ATRIUM_SEALING_KEYS is the demo's.",
        ),
        *(
            (
                "ATRIUM_SEALING_KEYS",
                nonsense,
                "ATRIUM_SEALING_KEYS is not version:key,version:key, each 32 bytes in base64.",
            )
            for nonsense in ("1:c2hvcnQ=", "1", "no base64", ":bmV3LXNlYWxpbmcta2V5LW9mLTMyLWJ5dGVzLWhlcmU=")
        ),
        ("ATRIUM_URL", "http://atrium.example", "ATRIUM_URL is not https."),
        ("DATABASE_URL", "", "DATABASE_URL is missing."),
        ("REDIS_URL", "", "REDIS_URL is missing."),
        ("STRIPE_SECRET_KEY", "", "STRIPE_SECRET_KEY is missing."),
        ("STRIPE_SECRET_KEY", DEMO_STRIPE_KEY, "STRIPE_SECRET_KEY is the demo's."),
        ("STRIPE_WEBHOOK_SECRET", "", "STRIPE_WEBHOOK_SECRET is missing."),
        ("STRIPE_WEBHOOK_SECRET", DEMO_WEBHOOK_SECRET, "STRIPE_WEBHOOK_SECRET is the demo's."),
        (
            "ATRIUM_STRIPE_STAND_IN",
            "http://127.0.0.1:1",
            "ATRIUM_STRIPE_STAND_IN is set: the stand-in takes no money.",
        ),
        (
            "AWS_STORAGE_BUCKET_NAME",
            "",
            "AWS_STORAGE_BUCKET_NAME is missing: files would be kept on one machine only.",
        ),
        ("ATRIUM_SCANNER", "test-string-only", "ATRIUM_SCANNER is not clamd://host:port, or empty."),
        ("EMAIL_URL", "", "EMAIL_URL is missing."),
        (
            "ATRIUM_STOLEN_PASSWORDS_URL",
            "http://passwords.example/range/",
            "ATRIUM_STOLEN_PASSWORDS_URL is not https.",
        ),
        ("ATRIUM_OUTBOX_FOLDER", "mail", "ATRIUM_OUTBOX_FOLDER is set: mail would be shown instead of sent."),
    ],
)
def test_each_thing_that_must_not_reach_production_is_named(name: str, value: str, sentence: str) -> None:
    assert problems(**{name: value}) == [sentence]


def test_every_problem_is_told_at_once() -> None:
    assert problems(DATABASE_URL="", REDIS_URL="", EMAIL_URL="") == [
        "DATABASE_URL is missing.",
        "REDIS_URL is missing.",
        "EMAIL_URL is missing.",
    ]


SHOWN = """
import json
from django.conf import settings
shown = ("DATABASES", "DEMO_OPERATOR_SECRET", "PASSWORD_HASHERS")
print(json.dumps({name: getattr(settings, name) for name in shown}, default=str))
"""


@pytest.fixture(scope="module")
def in_production() -> dict[str, Any]:
    """What a production's own process says of some of its settings."""
    address = REAL["DATABASE_URL"] + "?sslmode=verify-full&target_session_attrs=read-write"
    done = started("shell", "-v0", "-c", SHOWN, DATABASE_URL=address)
    return dict(json.loads(done.stdout))


def test_what_an_address_of_the_database_asks_for_reaches_the_database(in_production: dict[str, Any]) -> None:
    database = in_production["DATABASES"]["default"]
    asked = {"sslmode": "verify-full", "target_session_attrs": "read-write"}

    assert database["HOST"] == "db.example"
    assert asked.items() <= database["OPTIONS"].items()


def test_production_knows_no_secret_of_the_demos_operator(in_production: dict[str, Any]) -> None:
    """Who has the demo's source could make the digits of an operator out of it."""
    assert DEMO_OPERATOR_SECRET
    assert in_production["DEMO_OPERATOR_SECRET"] == ""


def test_production_hashes_passwords_at_full_cost(in_production: dict[str, Any]) -> None:
    """Not as these tests do, which have better things to wait for."""
    assert in_production["PASSWORD_HASHERS"] == ["django.contrib.auth.hashers.Argon2PasswordHasher"]


PROVIDER = {
    "ATRIUM_OIDC_ISSUER": "https://accounts.google.com",
    "ATRIUM_OIDC_NAME": "Google",
    "ATRIUM_OIDC_CLIENT_ID": "atrium",
    "ATRIUM_OIDC_CLIENT_SECRET": "between the two",
}


def test_production_starts_with_a_provider_that_signs_people_in() -> None:
    done = started(**PROVIDER)

    assert done.returncode == 0, done.stderr


@pytest.mark.parametrize("missing", sorted(PROVIDER))
def test_a_provider_is_named_in_full_or_not_at_all(missing: str) -> None:
    sentence = "ATRIUM_OIDC_ISSUER, _NAME, _CLIENT_ID and _CLIENT_SECRET belong together."

    assert problems(**PROVIDER | {missing: ""}) == [sentence]


def test_a_provider_is_asked_over_https_only() -> None:
    assert problems(**PROVIDER | {"ATRIUM_OIDC_ISSUER": "http://id.example"}) == ["ATRIUM_OIDC_ISSUER is not https."]


@pytest.mark.parametrize("mode", ["demo", "test"])
def test_a_demo_and_the_tests_may_use_the_stand_ins(mode: str) -> None:
    assert problems(ATRIUM_MODE=mode, ATRIUM_SECRET_KEY="", ATRIUM_STRIPE_STAND_IN="http://127.0.0.1:1") == []


@pytest.mark.parametrize(
    ("url", "expected"),
    [
        ("smtp://mail.example", ("mail.example", 587, "", "", False, False)),
        ("smtp://mail.example:2525/?tls=1", ("mail.example", 2525, "", "", False, True)),
        ("smtps://ann%40x.example:p%2Fw@mail.example", ("mail.example", 465, "ann@x.example", "p/w", True, False)),
    ],
)
def test_an_email_url_becomes_djangos_settings(url: str, expected: tuple[Any, ...]) -> None:
    made = mail_settings(Environment(**(REAL | {"EMAIL_URL": url})))

    names = ("HOST", "PORT", "HOST_USER", "HOST_PASSWORD", "USE_SSL", "USE_TLS")
    assert tuple(made[f"EMAIL_{name}"] for name in names) == expected
    assert made["EMAIL_BACKEND"] == "django.core.mail.backends.smtp.EmailBackend"
