
import accounts_app.ids
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

from accounts_app.constraints import same_customer


class Migration(migrations.Migration):

    dependencies = [
        ('accounts_app', '0001_initial'),
        ('jobs_app', '0007_llm_called'),
        ('templates_app', '0008_facts'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='document',
            name='checks',
            field=models.JSONField(blank=True, db_default={}, default=dict, help_text='What was found in the finished file, and its pages.'),
        ),
        migrations.AddField(
            model_name='document',
            name='failure',
            field=models.CharField(blank=True, db_default='', help_text='Why this document of a batch could not be made.', max_length=1000),
        ),
        migrations.AddField(
            model_name='document',
            name='made_with',
            field=models.JSONField(blank=True, db_default={}, default=dict, help_text='Workflow with its version, prompts with their SHA-256.'),
        ),
        migrations.AddField(
            model_name='document',
            name='notes',
            field=models.JSONField(blank=True, db_default=[], default=list, help_text='What a reader must know, one sentence each.'),
        ),
        migrations.AddField(
            model_name='document',
            name='pdf',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='jobs_app.artifact'),
        ),
        migrations.AddField(
            model_name='document',
            name='row',
            field=models.PositiveIntegerField(blank=True, help_text="Of the batch's table.", null=True),
        ),
        migrations.CreateModel(
            name='Batch',
            fields=[
                ('id', models.UUIDField(default=accounts_app.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=200)),
                ('filename', models.CharField(help_text='Of the table.', max_length=255)),
                ('refused', models.JSONField(blank=True, default=list, help_text='Rows that no document is made of, and why.')),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('completed_at', models.DateTimeField(blank=True, null=True)),
                ('created_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('customer', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts_app.customer')),
                ('file', models.ForeignKey(blank=True, help_text='All documents, zipped.', null=True, on_delete=django.db.models.deletion.PROTECT, related_name='+', to='jobs_app.artifact')),
                ('job', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to='jobs_app.job')),
                ('template', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.PROTECT, related_name='batches', to='templates_app.template')),
            ],
            options={
                'verbose_name_plural': 'batches',
                'ordering': ['-created_at', '-id'],
            },
        ),
        migrations.AddField(
            model_name='document',
            name='batch',
            field=models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='documents', to='templates_app.batch'),
        ),
        migrations.CreateModel(
            name='Draft',
            fields=[
                ('id', models.UUIDField(default=accounts_app.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('field_key', models.CharField(max_length=200)),
                ('label', models.CharField(max_length=500)),
                ('text', models.TextField(help_text='As the model wrote it.')),
                ('sources', models.JSONField(blank=True, default=list, help_text='What it rests on, in words; empty: no source.')),
                ('invented', models.JSONField(blank=True, default=list, help_text='Sources it named that do not exist.')),
                ('provider', models.CharField(blank=True, max_length=100)),
                ('model', models.CharField(blank=True, max_length=200)),
                ('status', models.CharField(choices=[('open', 'To be decided'), ('accepted', 'Accepted'), ('edited', 'Accepted with changes'), ('rejected', 'Rejected')], default='open', max_length=10)),
                ('edited_text', models.TextField(blank=True)),
                ('decided_at', models.DateTimeField(blank=True, null=True)),
                ('customer', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts_app.customer')),
                ('decided_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('document', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='drafts', to='templates_app.document')),
            ],
            options={
                'ordering': ['document', 'id'],
            },
        ),
        migrations.AddIndex(
            model_name='batch',
            index=models.Index(fields=['customer', '-created_at'], name='batch_by_customer'),
        ),
        migrations.AddIndex(
            model_name='batch',
            index=models.Index(fields=['template'], name='batch_by_template'),
        ),
        migrations.AddConstraint(
            model_name='batch',
            constraint=models.UniqueConstraint(fields=('customer', 'id'), name='batch_of_customer'),
        ),
        migrations.AddConstraint(
            model_name='draft',
            constraint=models.UniqueConstraint(fields=('document', 'field_key'), name='one_draft_per_field'),
        ),
        same_customer("templates_app_batch", "template_id", "templates_app_template"),
        same_customer("templates_app_batch", "job_id", "jobs_app_job"),
        same_customer("templates_app_batch", "file_id", "jobs_app_artifact"),
        same_customer("templates_app_document", "pdf_id", "jobs_app_artifact"),
        same_customer("templates_app_document", "batch_id", "templates_app_batch"),
        same_customer("templates_app_draft", "document_id", "templates_app_document"),
    ]
