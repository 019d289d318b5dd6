"""What is in a list follows from what was told of it, whenever it is asked for: it is not kept a second time."""

from django.db import migrations


class Migration(migrations.Migration):
    dependencies = [("product_lists", "0001_initial")]
    operations = [migrations.DeleteModel(name="Item")]
