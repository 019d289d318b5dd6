"""Whom the search for duplicates has looked at, what it suggests, and how far it is."""

import cadenza.base.ids
import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Search',
            fields=[
                ('workspace_id', models.UUIDField(primary_key=True, serialize=False)),
                ('state', models.CharField(default='waiting', max_length=8)),
                ('done', models.BigIntegerField(default=0)),
                ('total', models.BigIntegerField(default=0)),
                ('people', models.BigIntegerField(default=0)),
                ('pairs', models.BigIntegerField(default=0)),
                ('sources', models.JSONField(default=dict)),
                ('model', models.JSONField(default=dict)),
                ('error', models.TextField(default='')),
                ('touched_at', models.DateTimeField()),
                ('started_at', models.DateTimeField(null=True)),
                ('finished_at', models.DateTimeField(null=True)),
                ('until', models.DateTimeField(null=True)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Looked',
            fields=[
                ('workspace_id', models.UUIDField()),
                ('profile_id', models.BigIntegerField(primary_key=True, serialize=False)),
                ('keys', django.contrib.postgres.fields.ArrayField(base_field=models.BigIntegerField(), size=None)),
                ('changed_at', models.DateTimeField()),
                ('looked_at', models.DateTimeField()),
            ],
            options={
                'indexes': [models.Index(fields=['workspace_id', 'looked_at'], name='looked_when')],
            },
        ),
        migrations.CreateModel(
            name='Suggestion',
            fields=[
                ('workspace_id', models.UUIDField()),
                ('id', models.UUIDField(default=cadenza.base.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('first', models.BigIntegerField()),
                ('second', models.BigIntegerField()),
                ('probability', models.FloatField()),
                ('reasons', models.JSONField(default=list)),
                ('state', models.CharField(default='open', max_length=8)),
                ('found_at', models.DateTimeField()),
                ('seen_at', models.DateTimeField()),
                ('decided_at', models.DateTimeField(null=True)),
                ('decided_by', models.CharField(default='', max_length=64)),
                ('via', models.UUIDField(null=True)),
            ],
            options={
                'indexes': [models.Index(fields=['workspace_id', 'second'], name='suggestion_second'), models.Index(fields=['workspace_id', 'state', '-probability', 'id'], name='suggestion_likeliest')],
                'constraints': [models.UniqueConstraint(fields=('workspace_id', 'first', 'second'), name='suggestion_once')],
            },
        ),
    ]
