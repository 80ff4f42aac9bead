"""References stay within one customer: the database holds to it, whatever the code does."""

from django.db import migrations

from accounts_app.constraints import same_customer


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
