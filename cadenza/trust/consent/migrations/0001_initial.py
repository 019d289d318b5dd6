"""The ledger of consent, its fold, topics, wordings and merges."""

from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='Entry',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('workspace_id', models.UUIDField()),
                ('profile_id', models.BigIntegerField(null=True)),
                ('channel', models.CharField(max_length=16)),
                ('address_digest', models.BinaryField()),
                ('topic', models.CharField(max_length=64)),
                ('state', models.CharField(max_length=16)),
                ('at', models.DateTimeField()),
                ('recorded_at', models.DateTimeField()),
                ('source', models.CharField(max_length=100)),
                ('wording', models.CharField(max_length=300)),
                ('wording_version', models.IntegerField()),
                ('wording_hash', models.BinaryField(null=True)),
                ('actor', models.CharField(max_length=100, null=True)),
                ('ip', models.CharField(max_length=45, null=True)),
                ('proven', models.BooleanField()),
            ],
            options={
                'indexes': [models.Index(fields=['workspace_id', 'profile_id'], name='consent_entry_person')],
                'constraints': [models.UniqueConstraint(fields=('workspace_id', 'channel', 'address_digest', 'topic', 'at', 'state', 'source', 'wording', 'proven'), name='consent_entry_once')],
            },
        ),
        migrations.CreateModel(
            name='Merge',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('workspace_id', models.UUIDField()),
                ('winner', models.BigIntegerField()),
                ('loser', models.BigIntegerField()),
            ],
            options={
                'indexes': [models.Index(fields=['workspace_id', 'winner'], name='consent_merge_winner')],
                'constraints': [models.UniqueConstraint(fields=('workspace_id', 'loser'), name='consent_merge_loser')],
            },
        ),
        migrations.CreateModel(
            name='Subscription',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('workspace_id', models.UUIDField()),
                ('channel', models.CharField(max_length=16)),
                ('address_digest', models.BinaryField()),
                ('topic', models.CharField(max_length=64)),
                ('state', models.CharField(max_length=16)),
                ('since', models.DateTimeField()),
                ('source', models.CharField(max_length=100)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('workspace_id', 'channel', 'address_digest', 'topic'), name='consent_subscription_point')],
            },
        ),
        migrations.CreateModel(
            name='Topic',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('workspace_id', models.UUIDField()),
                ('key', models.CharField(max_length=64)),
                ('title', models.CharField(max_length=200)),
                ('kind', models.CharField(max_length=16)),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('workspace_id', 'key'), name='consent_topic_key')],
            },
        ),
        migrations.CreateModel(
            name='Wording',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('workspace_id', models.UUIDField()),
                ('key', models.CharField(max_length=64)),
                ('language', models.CharField(max_length=16)),
                ('version', models.IntegerField()),
                ('text', models.TextField()),
                ('sha256', models.BinaryField()),
                ('at', models.DateTimeField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('workspace_id', 'key', 'language', 'version'), name='consent_wording_version')],
            },
        ),
    ]
