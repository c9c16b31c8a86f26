"""What every schema stands on: extensions, the two roles that requests run under, and the refusal of changes.

Extensions go into `public`, here and nowhere else. Created by a tenant's migration they would land in that tenant's
schema, and dropping the tenant would drop every other tenant's exclusion constraints with them.
"""

from django.conf import settings
from django.db import migrations

EXTENSIONS = ("btree_gist", "citext", "pg_trgm", "unaccent")

CREATE_ROLE = """
DO $$
BEGIN
    CREATE ROLE {role} NOLOGIN;
EXCEPTION
    WHEN duplicate_object OR unique_violation THEN NULL;
END $$;
"""

LET_US_BECOME = """
DO $$
BEGIN
    EXECUTE format('GRANT {role} TO %I WITH INHERIT FALSE, SET TRUE', current_user);
END $$;
"""

REFUSE_CHANGE = """
CREATE FUNCTION public.refuse_change() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    RAISE EXCEPTION '% is append-only: rows are neither changed nor removed', TG_TABLE_NAME USING ERRCODE = '42501';
END $$;
"""

REFUSE_CHANGE_ONCE_SET = """
CREATE FUNCTION public.refuse_change_once_set() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF to_jsonb(OLD) ->> TG_ARGV[0] IS NULL THEN
        RETURN CASE TG_OP WHEN 'DELETE' THEN OLD ELSE NEW END;
    END IF;
    RAISE EXCEPTION '%: a row whose % is set neither changes nor goes', TG_TABLE_NAME, TG_ARGV[0] USING ERRCODE = '42501';
END $$;
"""


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        *(migrations.RunSQL(f"CREATE EXTENSION IF NOT EXISTS {name} WITH SCHEMA public", migrations.RunSQL.noop) for name in EXTENSIONS),
        migrations.RunSQL(CREATE_ROLE.format(role=settings.DATABASE_PLATFORM_ROLE), migrations.RunSQL.noop),
        migrations.RunSQL(CREATE_ROLE.format(role=settings.DATABASE_TENANTS_ROLE), migrations.RunSQL.noop),
        migrations.RunSQL(LET_US_BECOME.format(role=settings.DATABASE_PLATFORM_ROLE), migrations.RunSQL.noop),
        migrations.RunSQL(REFUSE_CHANGE, "DROP FUNCTION public.refuse_change()"),
        migrations.RunSQL(REFUSE_CHANGE_ONCE_SET, "DROP FUNCTION public.refuse_change_once_set()"),
    ]
