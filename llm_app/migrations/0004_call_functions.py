"""A call's reservation and its booking as functions: one statement each, planned once in a session and not every time.

``llm_app_reserve`` also says whether what the caller knows of the providers is still so: a process may go by what it
read before, because no reservation is made by anything else than what stands in the tables at that moment.
"""

from django.db import migrations

# Who may be asked: the one named or the default for the role, then the fallbacks; each with the price that counts now.
ASKABLE = """
CREATE FUNCTION llm_app_askable(
    wanted text, role text, fallbacks boolean
) RETURNS TABLE (is_first boolean, provider llm_app_provider, price llm_app_price) LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN QUERY
    WITH known AS (
        SELECT one AS provider,
               CASE WHEN wanted <> '' THEN one.name = wanted
                    WHEN role = 'parser' THEN one.default_parser
                    WHEN role = 'reviewer' THEN one.default_reviewer
                    WHEN role = 'generator' THEN one.default_generator
                    WHEN role = 'chat' THEN one.default_chat
                    ELSE false END AS is_first
          FROM llm_app_provider AS one
    )
    SELECT known.is_first, known.provider, (
               SELECT one FROM llm_app_price AS one
                WHERE one.model = coalesce(nullif((known.provider).price_name, ''), (known.provider).litellm_model)
                  AND one.valid_from <= statement_timestamp()
                ORDER BY one.valid_from DESC LIMIT 1)
      FROM known
     WHERE known.is_first
        OR fallbacks AND (known.provider).enabled AND (known.provider).fallback_order IS NOT NULL
     ORDER BY known.is_first DESC, (known.provider).fallback_order, (known.provider).name;
END $$"""

# The same for as long as nothing of it changes, in whatever column; NULL where nobody may be asked.
VERSION = """
CREATE FUNCTION llm_app_askable_version(
    wanted text, role text, fallbacks boolean
) RETURNS text LANGUAGE plpgsql STABLE AS $$
BEGIN
    RETURN (SELECT md5(string_agg(md5(askable::text), '' ORDER BY (askable.provider).id))
              FROM llm_app_askable(wanted, role, fallbacks) AS askable);
END $$"""

# False, and nothing done, where other providers or prices count by now than in `seen`. The job is locked after the
# balances, and must still be the lease's; a cap or a lease that refuses is a violated check whose name says which.
RESERVE = """
CREATE FUNCTION llm_app_reserve(
    seen jsonb, entry jsonb, call_limit numeric, limits numeric[], ids uuid[]
) RETURNS boolean LANGUAGE plpgsql AS $$
DECLARE
    intent llm_app_ledgerentry := jsonb_populate_record(NULL::llm_app_ledgerentry, entry);
BEGIN
    IF seen IS NOT NULL AND seen ->> 'version' IS DISTINCT FROM llm_app_askable_version(
        seen ->> 'name', seen ->> 'role', (seen ->> 'fallbacks')::boolean)
    THEN
        RETURN false;
    END IF;
    IF intent.job_id IS NOT NULL THEN
        SELECT coalesce(root_id, id) INTO intent.root_job_id FROM jobs_app_job WHERE id = intent.job_id;
    END IF;
    intent.period := llm_app_hold(
        intent.customer_id, intent.root_job_id, intent.reserved_usd, call_limit, limits, ids);
    IF intent.job_id IS NOT NULL THEN
        SELECT held.attempt, held.workflow INTO intent.attempt, intent.workflow FROM jobs_app_job AS held
         WHERE held.id = intent.job_id AND held.lease_number = intent.lease_number AND held.worker_id IS NOT NULL
           FOR NO KEY UPDATE;
        IF NOT FOUND THEN
            RAISE check_violation USING MESSAGE = 'lease lost', CONSTRAINT = 'lease_is_held';
        END IF;
    END IF;
    INSERT INTO llm_app_ledgerentry (
        id, customer_id, job_id, root_job_id, lease_number, attempt, workflow, step_key, provider, model, price_id,
        status, estimated, reserved_usd, cost_usd, input_tokens, output_tokens, total_tokens, cached_input_tokens,
        cache_write_tokens, reasoning_tokens, streamed, cache, prompt_hash, idempotency_key, error_code, metadata,
        period, deadline_at)
    VALUES (
        intent.id, intent.customer_id, intent.job_id, intent.root_job_id, intent.lease_number, intent.attempt,
        intent.workflow, intent.step_key, intent.provider, intent.model, intent.price_id,
        'reserved', false, intent.reserved_usd, 0, intent.input_tokens, intent.output_tokens,
        intent.input_tokens + intent.output_tokens, 0, 0, 0, intent.streamed, intent.cache, intent.prompt_hash,
        intent.idempotency_key, '', intent.metadata, intent.period,
        statement_timestamp() + make_interval(secs => (entry ->> 'seconds')::float));
    RETURN true;
END $$"""

# A reservation, or an estimate that gives way to what the provider itself says. No row when there is nothing to change.
BOOK = """
CREATE FUNCTION llm_app_book(
    entry uuid, outcome jsonb
) RETURNS TABLE (
    customer_id uuid, job_id uuid, is_first boolean, step_key varchar, provider varchar, model varchar,
    input_tokens integer, output_tokens integer, cost_usd numeric, id uuid, scope varchar, owner_id uuid,
    spent_usd numeric, warned_at timestamptz, own_limit_usd numeric
) LANGUAGE plpgsql AS $$
DECLARE
    said llm_app_ledgerentry := jsonb_populate_record(NULL::llm_app_ledgerentry, outcome);
    old llm_app_ledgerentry;
    new llm_app_ledgerentry;
BEGIN
    SELECT * INTO old FROM llm_app_ledgerentry AS one
     WHERE one.id = entry AND (one.status = 'reserved' OR one.estimated AND NOT said.estimated)
       FOR NO KEY UPDATE;
    IF NOT FOUND THEN
        RETURN;
    END IF;
    UPDATE llm_app_ledgerentry AS one
       SET status = 'booked', estimated = said.estimated, cost_usd = coalesce(said.cost_usd, old.reserved_usd),
           input_tokens = coalesce(said.input_tokens, old.input_tokens),
           output_tokens = coalesce(said.output_tokens, old.output_tokens),
           total_tokens = coalesce(said.input_tokens, old.input_tokens)
                          + coalesce(said.output_tokens, old.output_tokens),
           cached_input_tokens = said.cached_input_tokens, cache_write_tokens = said.cache_write_tokens,
           reasoning_tokens = said.reasoning_tokens, duration_ms = said.duration_ms, error_code = said.error_code,
           metadata = old.metadata || said.metadata, settled_at = statement_timestamp()
     WHERE one.id = entry
 RETURNING * INTO new;
    RETURN QUERY
    SELECT new.customer_id, new.job_id, old.status = 'reserved', new.step_key, new.provider, new.model,
           new.input_tokens, new.output_tokens, new.cost_usd, balance.*
      FROM (SELECT) AS booked
      LEFT JOIN llm_app_settle(
           new.customer_id, new.root_job_id, new.period,
           CASE WHEN old.status = 'reserved' THEN old.reserved_usd ELSE 0 END, new.cost_usd - old.cost_usd
      ) AS balance ON true;
END $$"""


class Migration(migrations.Migration):
    dependencies = [("llm_app", "0003_balance_functions")]

    operations = [
        migrations.RunSQL(ASKABLE, "DROP FUNCTION llm_app_askable(text, text, boolean)"),
        migrations.RunSQL(VERSION, "DROP FUNCTION llm_app_askable_version(text, text, boolean)"),
        migrations.RunSQL(RESERVE, "DROP FUNCTION llm_app_reserve(jsonb, jsonb, numeric, numeric[], uuid[])"),
        migrations.RunSQL(BOOK, "DROP FUNCTION llm_app_book(uuid, jsonb)"),
    ]
