"""The tables of senders and of the built-in mailbox."""

import cadenza.base.ids
from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
    ]

    operations = [
        migrations.CreateModel(
            name='EmailSender',
            fields=[
                ('workspace_id', models.UUIDField()),
                ('id', models.UUIDField(default=cadenza.base.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('use_sink', models.BooleanField(default=True)),
                ('host', models.CharField(default='', max_length=253)),
                ('port', models.IntegerField(default=587)),
                ('security', models.CharField(default='starttls', max_length=16)),
                ('verify', models.BooleanField(default=True)),
                ('account', models.CharField(default='', max_length=200)),
                ('sealed_password', models.BinaryField(default=bytes)),
                ('from_name', models.CharField(default='', max_length=120)),
                ('from_email', models.CharField(default='', max_length=254)),
                ('return_path', models.CharField(default='', max_length=254)),
                ('unsubscribe_email', models.CharField(default='', max_length=254)),
                ('parallel', models.IntegerField(default=4)),
                ('per_second', models.FloatField(null=True)),
                ('dkim_domain', models.CharField(default='', max_length=253)),
                ('dkim_selector', models.CharField(default='', max_length=63)),
                ('sealed_dkim', models.BinaryField(default=bytes)),
                ('updated_at', models.DateTimeField()),
            ],
            options={
                'constraints': [models.UniqueConstraint(fields=('workspace_id',), name='email_sender_workspace')],
            },
        ),
        migrations.CreateModel(
            name='SinkMail',
            fields=[
                ('workspace_id', models.UUIDField()),
                ('id', models.UUIDField(default=cadenza.base.ids.new_id, editable=False, primary_key=True, serialize=False)),
                ('profile_id', models.BigIntegerField(null=True)),
                ('message', models.UUIDField(null=True)),
                ('sender', models.CharField(max_length=320)),
                ('recipient', models.CharField(max_length=320)),
                ('subject', models.TextField()),
                ('size', models.IntegerField()),
                ('raw', models.BinaryField()),
                ('received_at', models.DateTimeField()),
                ('seen_at', models.DateTimeField(null=True)),
            ],
            options={
                'indexes': [models.Index(fields=['workspace_id', '-id'], name='email_sinkmail_newest'), models.Index(fields=['workspace_id', 'profile_id'], name='email_sinkmail_person'), models.Index(condition=models.Q(('seen_at__isnull', True)), fields=['workspace_id'], name='email_sinkmail_unread')],
            },
        ),
    ]
