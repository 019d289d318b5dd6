from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('projection', '0002_at'),
    ]

    operations = [
        migrations.AddField(
            model_name='batch',
            name='bundle',
            field=models.BigIntegerField(null=True),
        ),
        # What waits already may have been tried by itself: it stays by itself.
        migrations.RunSQL("update projection_batch set bundle = id", migrations.RunSQL.noop),
        migrations.AddIndex(
            model_name='batch',
            index=models.Index(condition=models.Q(bundle__isnull=False), fields=['bundle'], name='projection_bundle'),
        ),
    ]
