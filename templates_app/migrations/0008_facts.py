
import accounts_app.ids
import django.db.models.deletion
import django.db.models.functions.datetime
from django.conf import settings
from django.db import migrations, models

from accounts_app.constraints import same_customer


class Migration(migrations.Migration):

    dependencies = [
        ('accounts_app', '0001_initial'),
        ('templates_app', '0006_versions'),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.AddField(
            model_name='document',
            name='origins',
            field=models.JSONField(blank=True, db_default={}, default=dict, help_text='By field key: who gave the value, and out of what.'),
        ),
        migrations.CreateModel(
            name='Fact',
            fields=[
                ('id', models.UUIDField(default=accounts_app.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('key', models.CharField(max_length=60)),
                ('label', models.CharField(max_length=200)),
                ('type', models.CharField(choices=[('text', 'Text'), ('long_text', 'Long text'), ('date', 'Date'), ('number', 'Number'), ('choice', 'Choice'), ('checkbox', 'Check box'), ('person', 'Person'), ('image', 'Image')], max_length=10)),
                ('value', models.JSONField(help_text='As documents keep the value of a field of this type.')),
                ('source', models.CharField(blank=True, help_text='Where it is from, in words.', max_length=500)),
                ('author', models.CharField(choices=[('person', 'Person'), ('import', 'Import'), ('model', 'Language model')], default='person', max_length=10)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('replaced_at', models.DateTimeField(blank=True, help_text='Empty: it counts.', null=True)),
                ('created_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('customer', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='facts', to='accounts_app.customer')),
                ('replaced_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
            ],
            options={
                'ordering': ['label', 'key', '-created_at', '-id'],
                'indexes': [models.Index(fields=['customer', 'key', '-created_at'], name='fact_by_customer')],
                'constraints': [models.UniqueConstraint(condition=models.Q(('replaced_at', None)), fields=('customer', 'key'), name='one_fact_counts')],
            },
        ),
        migrations.CreateModel(
            name='FactLink',
            fields=[
                ('id', models.UUIDField(default=accounts_app.ids.uuid7, editable=False, primary_key=True, serialize=False)),
                ('field_key', models.CharField(max_length=200)),
                ('fact_key', models.CharField(blank=True, help_text='Empty: from no fact.', max_length=60)),
                ('created_at', models.DateTimeField(db_default=django.db.models.functions.datetime.Now(), editable=False)),
                ('created_by', models.ForeignKey(blank=True, null=True, on_delete=django.db.models.deletion.SET_NULL, related_name='+', to=settings.AUTH_USER_MODEL)),
                ('customer', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='+', to='accounts_app.customer')),
                ('template', models.ForeignKey(db_index=False, on_delete=django.db.models.deletion.CASCADE, related_name='fact_links', to='templates_app.template')),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('template', 'field_key'), name='one_link_per_field')],
            },
        ),
        same_customer("templates_app_factlink", "template_id", "templates_app_template"),
    ]
