"""Holding and settling as functions of the database, so that each is part of the statement that writes the entry.

Balances are locked one after the other in the order of ``Scope``; a customer's own limit stands in for the general
one. A cap that refuses is a violated check whose name says which. ``job`` is the one that others were started by.
"""

from django.db import migrations

HOLD = """
CREATE FUNCTION llm_app_hold(
    customer uuid, job uuid, amount numeric, call_limit numeric, limits numeric[], ids uuid[]
) RETURNS text LANGUAGE plpgsql AS $$
DECLARE
    -- The month of the database's clock, in UTC.
    month text := to_char(transaction_timestamp() AT TIME ZONE 'UTC', 'YYYY-MM');
    own llm_app_customercap;
    wanted record;
BEGIN
    SELECT * INTO own FROM llm_app_customercap AS cap WHERE cap.customer_id = customer;
    IF amount > coalesce(own.call_usd, call_limit) THEN
        RAISE check_violation USING MESSAGE = 'cap reached', CONSTRAINT = 'cap_of_call';
    END IF;
    FOR wanted IN VALUES
        (1, 'installation', '00000000-0000-0000-0000-000000000000'::uuid, month, limits[1]),
        (2, 'customer', customer, month, coalesce(own.month_usd, limits[2])),
        (3, 'job', job, '', coalesce(own.job_usd, limits[3]))
    LOOP
        CONTINUE WHEN wanted.column3 IS NULL;
        INSERT INTO llm_app_ledgerbalance AS balance (id, scope, owner_id, period, spent_usd, reserved_usd)
        SELECT ids[wanted.column1], wanted.column2, wanted.column3, wanted.column4, 0, amount
         WHERE wanted.column5 IS NULL OR amount <= wanted.column5
            ON CONFLICT ON CONSTRAINT one_balance DO UPDATE SET reserved_usd = balance.reserved_usd + amount
         WHERE wanted.column5 IS NULL OR balance.spent_usd + balance.reserved_usd + amount <= wanted.column5;
        IF NOT FOUND THEN
            RAISE check_violation USING MESSAGE = 'cap reached', CONSTRAINT = 'cap_of_' || wanted.column2;
        END IF;
    END LOOP;
    RETURN month;
END $$"""

# Moves an amount from reserved to spent (either may be a correction).
SETTLE = """
CREATE FUNCTION llm_app_settle(
    customer uuid, job uuid, month text, reserved numeric, spent numeric
) RETURNS TABLE (
    id uuid, scope varchar, owner_id uuid, spent_usd numeric, warned_at timestamptz, own_limit_usd numeric
) LANGUAGE plpgsql AS $$
DECLARE
    own llm_app_customercap;
    wanted record;
BEGIN
    SELECT * INTO own FROM llm_app_customercap AS cap WHERE cap.customer_id = customer;
    FOR wanted IN VALUES
        ('installation', '00000000-0000-0000-0000-000000000000'::uuid, month, NULL::numeric),
        ('customer', customer, month, own.month_usd),
        ('job', job, '', own.job_usd)
    LOOP
        RETURN QUERY
        UPDATE llm_app_ledgerbalance AS balance
           SET spent_usd = balance.spent_usd + spent, reserved_usd = balance.reserved_usd - reserved
         WHERE (balance.scope, balance.owner_id, balance.period) = (wanted.column1, wanted.column2, wanted.column3)
     RETURNING balance.id, balance.scope, balance.owner_id, balance.spent_usd, balance.warned_at, wanted.column4;
    END LOOP;
END $$"""


class Migration(migrations.Migration):
    dependencies = [("llm_app", "0002_first_rows")]

    operations = [
        migrations.RunSQL(HOLD, "DROP FUNCTION llm_app_hold(uuid, uuid, numeric, numeric, numeric[], uuid[])"),
        migrations.RunSQL(SETTLE, "DROP FUNCTION llm_app_settle(uuid, uuid, text, numeric, numeric)"),
    ]
