"""Django's settings of the database, or of both, from their addresses."""

from __future__ import annotations

from typing import Any

from psycopg.conninfo import conninfo_to_dict

from config.env import Environment

ADDRESS = ("dbname", "user", "password", "host", "port")


def databases(env: Environment) -> dict[str, Any]:
    """Return the platform's database, and the one that tenants are kept in where that is another."""
    found = {"default": _database(env, env.database_url)}
    if env.cell_database_url:
        found["cell"] = _database(env, env.cell_database_url)
    return found


def _database(env: Environment, url: str) -> dict[str, Any]:
    address = conninfo_to_dict(url)
    return {
        "ENGINE": "tenancy.backend",
        "NAME": address.get("dbname", ""),
        "USER": address.get("user", ""),
        "PASSWORD": address.get("password", ""),
        "HOST": address.get("host", ""),
        "PORT": address.get("port", ""),
        "CONN_HEALTH_CHECKS": True,
        "OPTIONS": {
            **{name: value for name, value in address.items() if name not in ADDRESS},  # sslmode and the like
            # Few and recycled: a backend remembers every table of every tenant it served.
            # (Tests change databases, so they do without.)
            "pool": env.mode != "test"
            and {"min_size": 1, "max_size": env.database_pool, "timeout": 10, "max_lifetime": 600},
        },
    }
