"""Everything that Postgres knows of a schema's structure, to be compared with another's."""

from __future__ import annotations

import re

from django.db import connection

from tenancy import use_owner

# Each row: kind, of what, name, and all that makes it what it is.
STRUCTURE = """
WITH here AS (SELECT oid, nspname, nspacl FROM pg_namespace WHERE nspname = %(schema)s),
relations AS (SELECT c.* FROM pg_class c JOIN here ON c.relnamespace = here.oid)
SELECT 'table', relname::text, relkind::text, concat_ws(' ', relpersistence, relreplident, relrowsecurity, reloptions)
FROM relations WHERE relkind IN ('r', 'p', 'v', 'm')
UNION ALL
SELECT 'column', r.relname, a.attname, concat_ws(' ', a.attnum, format_type(a.atttypid, a.atttypmod),
    a.attnotnull, a.attcollation::regcollation, a.attstorage)
FROM pg_attribute a JOIN relations r ON r.oid = a.attrelid
WHERE r.relkind IN ('r', 'p') AND a.attnum > 0 AND NOT a.attisdropped
UNION ALL
SELECT 'default', r.relname, a.attname, concat_ws(' ', a.attgenerated, pg_get_expr(d.adbin, d.adrelid))
FROM pg_attrdef d JOIN relations r ON r.oid = d.adrelid JOIN pg_attribute a ON (a.attrelid, a.attnum) = (r.oid, d.adnum)
UNION ALL
SELECT 'identity', r.relname, a.attname, a.attidentity::text
FROM pg_attribute a JOIN relations r ON r.oid = a.attrelid WHERE a.attidentity <> ''
UNION ALL
SELECT 'sequence', r.relname, format_type(s.seqtypid, NULL), concat_ws(' ', s.seqstart, s.seqincrement, s.seqmin,
    s.seqmax, s.seqcache, s.seqcycle, (SELECT concat_ws('.', refobjid::regclass, refobjsubid) FROM pg_depend
        WHERE objid = r.oid AND deptype IN ('a', 'i') AND refclassid = 'pg_class'::regclass))
FROM pg_sequence s JOIN relations r ON r.oid = s.seqrelid
UNION ALL
SELECT 'index', i.indrelid::regclass::text, r.relname,
    concat_ws(' ', pg_get_indexdef(r.oid), i.indisvalid, i.indisreplident, i.indisclustered, i.indnullsnotdistinct)
FROM pg_index i JOIN relations r ON r.oid = i.indexrelid
UNION ALL
SELECT 'constraint', c.conrelid::regclass::text, c.conname, concat_ws(' ', c.contype, pg_get_constraintdef(c.oid),
    c.condeferrable, c.condeferred, c.convalidated)
FROM pg_constraint c JOIN here ON here.oid = c.connamespace
UNION ALL
SELECT 'trigger', r.relname, t.tgname, concat_ws(' ', pg_get_triggerdef(t.oid), t.tgenabled)
FROM pg_trigger t JOIN relations r ON r.oid = t.tgrelid WHERE NOT t.tgisinternal
UNION ALL
SELECT 'function', p.proname, pg_get_function_identity_arguments(p.oid), pg_get_functiondef(p.oid)
FROM pg_proc p JOIN here ON here.oid = p.pronamespace
UNION ALL
SELECT 'type', t.typname, t.typtype::text, concat_ws(' ', (SELECT string_agg(enumlabel, ',' ORDER BY enumsortorder)
    FROM pg_enum WHERE enumtypid = t.oid)) FROM pg_type t JOIN here ON here.oid = t.typnamespace WHERE t.typtype <> 'c'
UNION ALL
SELECT 'policy', r.relname, p.polname, concat_ws(' ', p.polcmd, pg_get_expr(p.polqual, r.oid))
FROM pg_policy p JOIN relations r ON r.oid = p.polrelid
UNION ALL
SELECT 'grant', r.relname, g.grantee::regrole::text, concat_ws(' ', g.privilege_type, g.is_grantable)
FROM relations r, aclexplode(r.relacl) g
UNION ALL
SELECT 'grant', 'the schema', g.grantee::regrole::text, concat_ws(' ', g.privilege_type, g.is_grantable)
FROM here, aclexplode(here.nspacl) g
UNION ALL
SELECT 'grant', p.proname, g.grantee::regrole::text, concat_ws(' ', g.privilege_type, g.is_grantable)
FROM pg_proc p JOIN here ON here.oid = p.pronamespace, aclexplode(p.proacl) g
UNION ALL
SELECT 'comment', identity, d.classoid::regclass::text, d.description
FROM pg_description d, LATERAL pg_identify_object(d.classoid, d.objoid, d.objsubid)
WHERE d.classoid = ANY('{pg_class,pg_constraint,pg_trigger,pg_proc,pg_type}'::regclass[]) AND identity ~ %(ours)s
"""

Fact = tuple[str, ...]


def structure_of(schema_name: str) -> set[Fact]:
    """Return what there is in a schema, with its name left out."""
    with use_owner(schema_name), connection.cursor() as cursor:
        cursor.execute("SET LOCAL search_path = pg_catalog")  # so that every name is said in full
        cursor.execute(STRUCTURE, {"schema": schema_name, "ours": rf"\y{schema_name}\."})
        rows = cursor.fetchall()
        cursor.execute(f'SET LOCAL search_path = "{schema_name}", public')
        cursor.execute("SELECT 'migration', app, name, '' FROM django_migrations")
        rows += cursor.fetchall()
    return {tuple(re.sub(rf"\b{schema_name}\b", "<schema>", str(part)) for part in row) for row in rows}
