"""The ledger never changes, and what is on hand is its sum: Postgres sees to both.

Each function carries the search path that it was made under, which is the schema of its tables. Called from any other
schema it still counts in its own; and when the blueprint's DDL is replayed under another name, the name in the path is
replaced with the rest.
"""

from django.db import migrations

from tenancy.operations import AppendOnly

COUNT_MOVE = """
CREATE FUNCTION inventory_count_move() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    UPDATE inventory_item SET on_hand = on_hand + NEW.delta WHERE id = NEW.item_id;
    RETURN NULL;
END $$;
CREATE TRIGGER count_move AFTER INSERT ON inventory_stockmove
    FOR EACH ROW EXECUTE FUNCTION inventory_count_move();
"""

# A trigger's own statements run at a depth above 0; what the application sends runs at 0.
GUARD_ON_HAND = """
CREATE FUNCTION inventory_refuse_on_hand() RETURNS trigger LANGUAGE plpgsql SET search_path FROM CURRENT AS $$
BEGIN
    RAISE EXCEPTION 'on_hand is the sum of the ledger: write a stock move' USING ERRCODE = '42501';
END $$;
CREATE TRIGGER on_hand_is_counted BEFORE UPDATE ON inventory_item FOR EACH ROW
    WHEN (NEW.on_hand IS DISTINCT FROM OLD.on_hand AND pg_trigger_depth() = 0)
    EXECUTE FUNCTION inventory_refuse_on_hand();
CREATE TRIGGER on_hand_starts_empty BEFORE INSERT ON inventory_item FOR EACH ROW
    WHEN (NEW.on_hand <> 0) EXECUTE FUNCTION inventory_refuse_on_hand();
"""


class Migration(migrations.Migration):
    dependencies = [("inventory", "0001_initial")]
    operations = [
        AppendOnly("inventory_stockmove"),
        migrations.RunSQL(COUNT_MOVE, "DROP TRIGGER count_move ON inventory_stockmove; DROP FUNCTION inventory_count_move();"),
        migrations.RunSQL(
            GUARD_ON_HAND,
            "DROP TRIGGER on_hand_starts_empty ON inventory_item; DROP TRIGGER on_hand_is_counted ON inventory_item;"
            " DROP FUNCTION inventory_refuse_on_hand();",
        ),
    ]
