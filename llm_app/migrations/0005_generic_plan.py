"""Who may be asked is planned once in a session: made anew for every call, the plan takes longer than the look."""

from django.db import migrations

NAME = "llm_app_askable(text, text, boolean)"


class Migration(migrations.Migration):
    dependencies = [("llm_app", "0004_call_functions")]

    operations = [
        migrations.RunSQL(
            f"ALTER FUNCTION {NAME} SET plan_cache_mode = force_generic_plan",
            f"ALTER FUNCTION {NAME} RESET plan_cache_mode",
        )
    ]
