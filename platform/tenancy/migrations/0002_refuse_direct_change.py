"""What follows from other rows is for those rows' triggers to write."""

from django.db import migrations

REFUSE_DIRECT_CHANGE = """
CREATE FUNCTION public.refuse_direct_change() RETURNS trigger LANGUAGE plpgsql SET search_path = pg_catalog AS $$
BEGIN
    IF pg_trigger_depth() < 2 THEN
        RAISE EXCEPTION '% is written by triggers only', TG_TABLE_NAME USING ERRCODE = '42501';
    END IF;
    RETURN NULL;
END $$;
"""


class Migration(migrations.Migration):
    dependencies = [("tenancy", "0001_extensions_and_roles")]
    operations = [migrations.RunSQL(REFUSE_DIRECT_CHANGE, "DROP FUNCTION public.refuse_direct_change()")]
