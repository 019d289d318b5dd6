"""Segments, whom they hold, who came and went, and how they grew."""

import cadenza.base.ids
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='State',
            fields=[
                ('workspace_id', models.UUIDField()),
                ('segment_id', models.UUIDField(primary_key=True, serialize=False)),
                ('members', models.BinaryField()),
                ('count', models.BigIntegerField()),
                ('refreshed_at', models.DateTimeField(null=True)),
                ('took_ms', models.IntegerField(null=True)),
                ('problem', models.TextField(null=True)),
            ],
            options={
                'abstract': False,
            },
        ),
        migrations.CreateModel(
            name='Count',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('workspace_id', models.UUIDField()),
                ('segment_id', models.UUIDField()),
                ('hour', models.DateTimeField()),
                ('count', models.BigIntegerField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('segment_id', 'hour'), name='count_once')],
            },
        ),
        migrations.CreateModel(
            name='Segment',
            fields=[
                ('workspace_id', models.UUIDField()),
                ('id', models.UUIDField(default=cadenza.base.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('name', models.CharField(max_length=200)),
                ('tree', models.JSONField()),
                ('sentence', models.TextField()),
                ('purpose', models.CharField(max_length=16)),
                ('created_at', models.DateTimeField()),
                ('updated_at', models.DateTimeField()),
                ('archived_at', models.DateTimeField(null=True)),
            ],
            options={
                'indexes': [models.Index(fields=['workspace_id', 'name'], name='segment_name')],
            },
        ),
        migrations.CreateModel(
            name='Transition',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('workspace_id', models.UUIDField()),
                ('segment_id', models.UUIDField()),
                ('profile_id', models.BigIntegerField()),
                ('entered', models.BooleanField()),
                ('at', models.DateTimeField()),
            ],
            options={
                'indexes': [models.Index(fields=['workspace_id', 'profile_id', 'at'], name='transition_person'), models.Index(fields=['segment_id', 'at'], name='transition_segment')],
            },
        ),
    ]
