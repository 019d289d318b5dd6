from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ('inbox', '0002_about'),
    ]

    operations = [
        migrations.CreateModel(
            name='Position',
            fields=[
                ('partition', models.IntegerField(primary_key=True, serialize=False)),
                ('born', models.CharField(max_length=64)),
                ('seq', models.BigIntegerField(default=0)),
            ],
        ),
    ]
