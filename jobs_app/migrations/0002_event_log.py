"""What the database itself holds to: the log is append-only, references stay within one customer, hot rows have room."""

from django.db import migrations

from accounts_app.constraints import same_customer

# A row may be deleted only by `erase`, which wrote its audit entry in the same transaction and names it in
# `dna.erase_entry`. Rows are never updated. The entry must be younger than the transaction, so no old one will do.
REFUSE_CHANGES = """
CREATE FUNCTION dna_refuse_event_change() RETURNS trigger LANGUAGE plpgsql AS $$
BEGIN
    IF TG_OP = 'DELETE' AND EXISTS (
        SELECT 1 FROM accounts_app_auditentry
         WHERE id::text = current_setting('dna.erase_entry', true)
           AND action = 'erase' AND created_at >= transaction_timestamp()
    ) THEN
        RETURN OLD;
    END IF;
    RAISE EXCEPTION 'the event log is append-only: % of job % refused', TG_OP, OLD.job_id USING ERRCODE = 'restrict_violation';
END $$;
CREATE TRIGGER event_is_append_only BEFORE UPDATE OR DELETE ON jobs_app_event
    FOR EACH ROW EXECUTE FUNCTION dna_refuse_event_change();
"""
ALLOW_CHANGES = """
DROP TRIGGER event_is_append_only ON jobs_app_event;
DROP FUNCTION dna_refuse_event_change();
"""

# The job row changes with every event: room in its page keeps those updates off the indexes (HOT).
LEAVE_ROOM = "ALTER TABLE jobs_app_job SET (fillfactor = 70)"
FILL_UP = "ALTER TABLE jobs_app_job RESET (fillfactor)"


class Migration(migrations.Migration):
    dependencies = [("jobs_app", "0001_initial"), ("accounts_app", "0001_initial"), ("procrastinate", "__latest__")]

    operations = [
        migrations.RunSQL(REFUSE_CHANGES, ALLOW_CHANGES),
        migrations.RunSQL(LEAVE_ROOM, FILL_UP),
        same_customer("jobs_app_job", "parent_id", "jobs_app_job"),
        same_customer("jobs_app_job", "root_id", "jobs_app_job"),
        same_customer("jobs_app_artifact", "job_id", "jobs_app_job"),
        same_customer("jobs_app_stepresult", "artifact_id", "jobs_app_artifact"),
    ]
