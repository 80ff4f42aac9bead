"""Feeds: what users are told, and what is told to whoever has joined a topic."""

import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

# The feed's row changes with every entry: room in its page keeps those updates off the indexes (HOT).
LEAVE_ROOM = "ALTER TABLE jobs_app_feed SET (fillfactor = 70)"
FILL_UP = "ALTER TABLE jobs_app_feed RESET (fillfactor)"


class Migration(migrations.Migration):
    dependencies = [
        ("accounts_app", "0001_initial"),
        ("jobs_app", "0005_operators"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Feed",
            fields=[
                ("id", models.UUIDField(editable=False, primary_key=True, serialize=False)),
                ("topic", models.CharField(blank=True, help_text="Kind of the topic; empty for a user's own feed.", max_length=60)),
                ("last_number", models.PositiveIntegerField(default=0)),
                ("user", models.OneToOneField(blank=True, null=True, on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL)),
            ],
            options={
                "ordering": ["id"],
                "constraints": [
                    models.CheckConstraint(
                        condition=models.Q(("topic", ""), ("user", None), _connector="XOR"),
                        name="feed_of_a_user_or_of_a_topic",
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="FeedEntry",
            fields=[
                ("pk", models.CompositePrimaryKey("feed_id", "number", blank=True, editable=False, primary_key=True, serialize=False)),
                ("number", models.PositiveIntegerField()),
                ("type", models.CharField(choices=[("progress", "Progress"), ("job_complete", "Job Complete"), ("job_failed", "Job Failed"), ("position_updated", "Position Updated"), ("document_uploaded", "Document Uploaded"), ("budget_recalculated", "Budget Recalculated"), ("chat_message", "Chat Message"), ("notification", "Notification")], max_length=60)),
                ("data", models.JSONField(default=dict)),
                ("created_at", models.DateTimeField()),
                ("customer", models.ForeignKey(null=True, on_delete=django.db.models.deletion.CASCADE, related_name="+", to="accounts_app.customer")),
                ("feed", models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name="entries", to="jobs_app.feed")),
            ],
            options={
                "ordering": ["feed_id", "number"],
            },
        ),
        migrations.RunSQL(LEAVE_ROOM, FILL_UP),
    ]
