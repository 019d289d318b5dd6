"""The tables of templates and their versions."""

import cadenza.base.ids
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Template',
            fields=[
                ('workspace_id', models.UUIDField()),
                ('id', models.UUIDField(default=cadenza.base.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('title', models.CharField(max_length=120)),
                ('version', models.IntegerField(default=0)),
                ('purpose', models.CharField(max_length=16)),
                ('topic', models.CharField(max_length=64)),
                ('created_at', models.DateTimeField()),
                ('updated_at', models.DateTimeField()),
                ('archived_at', models.DateTimeField(null=True)),
            ],
            options={
                'indexes': [models.Index(fields=['workspace_id', '-updated_at'], name='content_template_recent')],
            },
        ),
        migrations.CreateModel(
            name='Version',
            fields=[
                ('workspace_id', models.UUIDField()),
                ('id', models.UUIDField(default=cadenza.base.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('template', models.UUIDField()),
                ('number', models.IntegerField()),
                ('subject', models.TextField()),
                ('preheader', models.TextField()),
                ('mjml', models.TextField()),
                ('text_override', models.TextField()),
                ('skip_missing', models.BooleanField()),
                ('html', models.TextField()),
                ('text', models.TextField()),
                ('links', models.JSONField()),
                ('reads', models.JSONField()),
                ('created_at', models.DateTimeField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('workspace_id', 'template', 'number'), name='content_version_number')],
            },
        ),
    ]
