"""A witness inside the database: who wrote what, by the name of the connection and not by what the product says.

Every process of a run has a name of its own (``PGAPPNAME``). Triggers put each change to a job's state, to events,
results, tickets and domain rows into a table of the witness, in the transaction of the change.
"""

from __future__ import annotations

TABLES = """
CREATE TABLE chaos_effect (
    id bigserial PRIMARY KEY, job_id uuid NOT NULL, customer_id uuid NOT NULL, key text NOT NULL, what text NOT NULL,
    process_id int NOT NULL, lease bigint NOT NULL, written_at timestamptz NOT NULL DEFAULT clock_timestamp());
CREATE TABLE chaos_witness (
    id bigserial PRIMARY KEY, at timestamptz NOT NULL DEFAULT clock_timestamp(),
    transaction_id bigint NOT NULL DEFAULT txid_current(),
    writer text NOT NULL DEFAULT current_setting('application_name'), relation text NOT NULL, verb text NOT NULL,
    before jsonb, after jsonb);
CREATE FUNCTION chaos_witness() RETURNS trigger LANGUAGE plpgsql SECURITY DEFINER AS $$
BEGIN
    INSERT INTO chaos_witness (relation, verb, before, after)
    VALUES (TG_TABLE_NAME, TG_OP, CASE WHEN TG_OP <> 'INSERT' THEN to_jsonb(OLD) END,
            CASE WHEN TG_OP <> 'DELETE' THEN to_jsonb(NEW) END);
    RETURN NULL;
END $$;
"""
_STATE = "status", "lease_number", "worker_id", "ticket_id"
_CHANGED = " OR ".join(f"OLD.{column} IS DISTINCT FROM NEW.{column}" for column in _STATE)
_TRIGGERS = {
    "jobs_app_event": "INSERT OR UPDATE OR DELETE",
    "jobs_app_stepresult": "INSERT OR UPDATE OR DELETE",
    "procrastinate_jobs": "INSERT OR UPDATE OR DELETE",
    "chaos_effect": "INSERT OR UPDATE OR DELETE",
}
# The runtime's own columns of a job, without the renewal of its lease and the summary of its log.
TRIGGERS = "".join(
    f"CREATE TRIGGER chaos_witness AFTER {verbs} ON {table} FOR EACH ROW EXECUTE FUNCTION chaos_witness();\n"
    for table, verbs in _TRIGGERS.items()
) + (
    f"CREATE TRIGGER chaos_witness AFTER UPDATE ON jobs_app_job FOR EACH ROW WHEN ({_CHANGED})"
    " EXECUTE FUNCTION chaos_witness();"
)
