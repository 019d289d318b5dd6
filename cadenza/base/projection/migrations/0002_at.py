from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("projection", "0001_initial")]
    operations = [
        migrations.AddField(model_name="batch", name="at", field=models.DateTimeField(null=True)),
    ]
