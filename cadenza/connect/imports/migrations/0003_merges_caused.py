"""Which merges an import has caused, so that they can be taken back."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('imports', '0002_blocked_and_unknown'),
    ]

    operations = [
        migrations.CreateModel(
            name='CausedMerge',
            fields=[
                ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                ('workspace_id', models.UUIDField()),
                ('run_id', models.UUIDField()),
                ('merge_id', models.UUIDField()),
            ],
            options={
                'indexes': [models.Index(fields=['workspace_id', 'run_id'], name='caused_merge_run')],
            },
        ),
    ]
