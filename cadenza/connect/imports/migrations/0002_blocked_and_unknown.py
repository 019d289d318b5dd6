"""Rows that must not be, and rows that name nobody, are counted apart."""

from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('imports', '0001_initial'),
    ]

    operations = [
        migrations.AddField(
            model_name='importrun',
            name='blocked',
            field=models.BigIntegerField(default=0),
        ),
        migrations.AddField(
            model_name='importrun',
            name='unknown',
            field=models.BigIntegerField(default=0),
        ),
    ]
