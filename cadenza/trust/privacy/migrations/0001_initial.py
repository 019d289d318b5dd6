"""Instructions, erasures and tombstones."""

import cadenza.base.ids
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Erasure',
            fields=[
                ('workspace_id', models.UUIDField()),
                ('id', models.UUIDField(default=cadenza.base.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('profile_id', models.BigIntegerField()),
                ('by', models.CharField(max_length=100)),
                ('reason', models.CharField(max_length=1000)),
                ('state', models.CharField(max_length=16)),
                ('requested_at', models.DateTimeField()),
                ('tried_at', models.DateTimeField(null=True)),
                ('completed_at', models.DateTimeField(null=True)),
                ('tries', models.IntegerField(default=0)),
                ('counts', models.JSONField(default=dict)),
                ('failures', models.JSONField(default=dict)),
                ('tombstones', models.IntegerField(default=0)),
            ],
            options={
                'indexes': [models.Index(fields=['workspace_id', 'profile_id'], name='privacy_erasure_person'), models.Index(condition=models.Q(('state', 'complete'), _negated=True), fields=['requested_at'], name='privacy_erasure_open')],
            },
        ),
        migrations.CreateModel(
            name='Instruction',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('workspace_id', models.UUIDField()),
                ('number', models.IntegerField()),
                ('purpose', models.CharField(max_length=16)),
                ('category', models.CharField(max_length=64)),
                ('action', models.CharField(max_length=16)),
                ('by', models.CharField(max_length=100)),
                ('reason', models.CharField(max_length=1000)),
                ('at', models.DateTimeField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('workspace_id', 'number'), name='privacy_instruction_number')],
            },
        ),
        migrations.CreateModel(
            name='Tombstone',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('workspace_id', models.UUIDField()),
                ('kind', models.CharField(max_length=32)),
                ('digest', models.BinaryField()),
                ('erased_at', models.DateTimeField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('workspace_id', 'kind', 'digest'), name='privacy_tombstone_once')],
            },
        ),
    ]
