"""The structure of a schema, as pg_dump writes it down."""

from __future__ import annotations

import re
import shutil
import subprocess

from django.conf import settings
from django.db import connection
from psycopg.conninfo import make_conninfo

NOISE = re.compile(r"^(--|\\|SET |SELECT pg_catalog\.set_config\('search_path'|CREATE SCHEMA )")


def structure_of(schema_name: str, *, section: str = "", snapshot: str = "") -> str:
    """Return the statements that make a schema's tables, functions and rules; the schema itself is not among them.

    Ask in the database that it is in. `section` is "pre-data" or "post-data", for what is to come before the rows and
    what after; `snapshot` names the moment, as another transaction has exported it.
    """
    wanted = [f"--section={section}"] if section else ["--schema-only"]
    moment = [f"--snapshot={snapshot}"] if snapshot else []
    done = subprocess.run(
        [_pg_dump(), *wanted, *moment, "--no-owner", "--no-privileges", f"--schema={schema_name}", _conninfo()],
        capture_output=True,
        text=True,
        check=False,
    )
    if done.returncode:
        raise RuntimeError(f"pg_dump failed: {done.stderr}")
    return "\n".join(line for line in done.stdout.splitlines() if line and not NOISE.match(line)) + "\n"


def _pg_dump() -> str:
    found = settings.PG_DUMP or shutil.which("pg_dump")
    if not found:
        raise RuntimeError("pg_dump is needed to write down the tables of a tenant; set PG_DUMP to its path.")
    return str(found)


def _conninfo() -> str:
    database = connection.settings_dict
    names = {"dbname": "NAME", "user": "USER", "password": "PASSWORD", "host": "HOST", "port": "PORT"}
    return make_conninfo("", **{key: str(database[name]) for key, name in names.items() if database[name]})
