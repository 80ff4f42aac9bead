"""References stay within one customer: the database holds to it, whatever the code does."""

from django.db import migrations


def same_customer(table: str, column: str, target: str) -> migrations.RunSQL:
    """A reference that cannot point at another customer's row."""
    name = f"{table}_{column}_same_customer"
    return migrations.RunSQL(
        f"ALTER TABLE {table} ADD CONSTRAINT {name} FOREIGN KEY (customer_id, {column})"
        f" REFERENCES {target} (customer_id, id) DEFERRABLE INITIALLY DEFERRED",
        f"ALTER TABLE {table} DROP CONSTRAINT {name}",
    )


class Migration(migrations.Migration):
    dependencies = [("templates_app", "0001_initial"), ("jobs_app", "0001_initial")]

    operations = [
        same_customer("templates_app_template", "file_id", "jobs_app_artifact"),
        same_customer("templates_app_template", "parsed_file_id", "jobs_app_artifact"),
        same_customer("templates_app_template", "parse_job_id", "jobs_app_job"),
        same_customer("templates_app_templatesection", "template_id", "templates_app_template"),
        same_customer("templates_app_templatefield", "template_id", "templates_app_template"),
        same_customer("templates_app_document", "template_id", "templates_app_template"),
        same_customer("templates_app_document", "job_id", "jobs_app_job"),
        same_customer("templates_app_document", "file_id", "jobs_app_artifact"),
    ]
