"""Migration operations for rules that Postgres keeps."""

from __future__ import annotations

from django.db.migrations.operations import RunSQL


class AppendOnly(RunSQL):
    """Let rows be added to a table and nothing else.

    The trigger stops everybody, the owner included; `tenancy.grants` also withholds the rights themselves from every
    table that carries it.
    """

    def __init__(self, table: str) -> None:
        self.table = table
        super().__init__(
            f"CREATE TRIGGER append_only BEFORE UPDATE OR DELETE ON {table} "
            "FOR EACH ROW EXECUTE FUNCTION public.refuse_change();"
            f"CREATE TRIGGER append_only_truncate BEFORE TRUNCATE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_change();",
            f"DROP TRIGGER append_only ON {table}; DROP TRIGGER append_only_truncate ON {table};",
        )

    def deconstruct(self) -> tuple[str, list[str], dict[str, str]]:
        return (self.__class__.__name__, [self.table], {})

    def describe(self) -> str:
        return f"Make {self.table} append-only"


class LockedOnceSet(RunSQL):
    """Let a row be changed until one of its columns is set, such as `signed_at`; never after, and never removed."""

    def __init__(self, table: str, column: str) -> None:
        self.table, self.column = table, column
        super().__init__(
            f"CREATE TRIGGER locked_once_set BEFORE UPDATE OR DELETE ON {table} "
            f"FOR EACH ROW EXECUTE FUNCTION public.refuse_change_once_set('{column}');",
            f"DROP TRIGGER locked_once_set ON {table};",
        )

    def deconstruct(self) -> tuple[str, list[str], dict[str, str]]:
        return (self.__class__.__name__, [self.table, self.column], {})

    def describe(self) -> str:
        return f"Lock rows of {self.table} once {self.column} is set"


class TriggerFunction(RunSQL):
    """Create or replace a trigger's function. It finds its own schema's tables, whoever writes, and as their owner.

    Write it without a single name of a schema: each tenant's schema has its own.
    """

    def __init__(self, name: str, body: str, before: str = "") -> None:
        self.name, self.body, self.before = name, body, before
        super().__init__(
            _function(name, body), _function(name, before) if before else f"DROP FUNCTION {name}()", elidable=False
        )

    def deconstruct(self) -> tuple[str, list[str], dict[str, str]]:
        return (self.__class__.__name__, [self.name, self.body, self.before], {})

    def describe(self) -> str:
        return f"Write the function {self.name}"


def _function(name: str, body: str) -> str:
    body = "\n".join(line for line in body.splitlines() if line.strip())  # the blueprint's script has no empty lines
    return (
        f"CREATE OR REPLACE FUNCTION {name}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$ {body} $$;"
        f"DO $$ BEGIN EXECUTE format('ALTER FUNCTION {name}() SET search_path = %I, public, pg_temp', "
        "current_schema()); END $$;"
    )


class WrittenByTriggers(RunSQL):
    """Let only triggers of other tables write to a table: what follows from their rows is nobody's to set.

    The trigger stops everybody, the owner included; `tenancy.grants` also withholds the rights themselves.
    """

    def __init__(self, table: str) -> None:
        self.table = table
        super().__init__(
            f"CREATE TRIGGER written_by_triggers BEFORE INSERT OR UPDATE OR DELETE ON {table} "
            "FOR EACH STATEMENT EXECUTE FUNCTION public.refuse_direct_change();",
            f"DROP TRIGGER written_by_triggers ON {table};",
        )

    def deconstruct(self) -> tuple[str, list[str], dict[str, str]]:
        return (self.__class__.__name__, [self.table], {})

    def describe(self) -> str:
        return f"Let only triggers write {self.table}"
