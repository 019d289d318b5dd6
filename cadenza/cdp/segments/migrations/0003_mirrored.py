from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('segments', '0002_depth'),
    ]

    operations = [
        migrations.AddField(
            model_name='progress',
            name='mirrored',
            field=models.SmallIntegerField(default=0),
        ),
    ]
