"""The table of fields was that of profiles; it is taken over with what is in it."""

from django.db import migrations, models


class Migration(migrations.Migration):

    initial = True

    dependencies = [
        ("profiles", "0001_initial"),
    ]

    operations = [
        migrations.SeparateDatabaseAndState(
            database_operations=[
                migrations.RunSQL(
                    "alter table profiles_customfield rename to fields_customfield",
                    "alter table fields_customfield rename to profiles_customfield",
                ),
            ],
            state_operations=[
                migrations.CreateModel(
                    name='CustomField',
                    fields=[
                        ('id', models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name='ID')),
                        ('workspace_id', models.UUIDField()),
                        ('name', models.CharField(max_length=120)),
                        ('type', models.CharField(max_length=12)),
                        ('category', models.CharField(default='custom.fields', max_length=48)),
                        ('label', models.CharField(max_length=120)),
                        ('created_at', models.DateTimeField()),
                    ],
                    options={
                        'constraints': [models.UniqueConstraint(fields=('workspace_id', 'name'), name='custom_field_once')],
                    },
                ),
            ],
        ),
        migrations.AddField('customfield', 'entity', models.CharField(default='person', max_length=12)),
        migrations.AddField('customfield', 'retention', models.CharField(default='as_long_as_needed', max_length=48)),
        migrations.AddField('customfield', 'choices', models.JSONField(default=list)),
        migrations.AddField('customfield', 'retired_at', models.DateTimeField(null=True)),
        migrations.RemoveConstraint('customfield', 'custom_field_once'),
        migrations.AddConstraint(
            'customfield',
            models.UniqueConstraint(fields=('workspace_id', 'entity', 'name'), name='custom_field_once'),
        ),
    ]
