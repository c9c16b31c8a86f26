"""The trigger that keeps a row's former state, in the one schema that its table is in.

The library's function finds its tables by the search path of whoever writes, which may be another tenant's, and runs
with their rights; it also lets itself be switched off by a setting that anybody may make. Ours has a path of its own,
runs as the owner, for the tenant's role may only read history, and cannot be switched off.
"""

from __future__ import annotations

from typing import Any

import pghistory.trigger
from pgtrigger import compiler


class PinnedTriggerSql(compiler.UpsertTriggerSql):
    """Migrations keep what goes into this text and not the text: changed, it would change what they did."""

    def get_template(self) -> str:
        return """
            CREATE OR REPLACE FUNCTION {pgid}() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
                {declare}
                BEGIN
                    {func}
                END
            $$;
            DO $$ BEGIN
                EXECUTE format('ALTER FUNCTION {pgid}() SET search_path = %I, public, pg_temp', current_schema());
            END $$;
            CREATE OR REPLACE TRIGGER {pgid} {when} {operation} ON {table}
                FOR EACH {level} {condition} EXECUTE FUNCTION {execute};
            COMMENT ON TRIGGER {pgid} ON {table} IS '{hash}';
        """


class KeepFormer(pghistory.trigger.Event):
    def compile(self, model: Any) -> compiler.Trigger:
        return compiler.Trigger(name=self.name, sql=PinnedTriggerSql(**super().compile(model).sql.kwargs))
