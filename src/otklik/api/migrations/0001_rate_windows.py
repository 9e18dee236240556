"""A row per caller of the API, counting its calls of the present minute."""

from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True
    dependencies = []
    operations = [
        migrations.CreateModel(
            name="RateWindow",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("caller", models.CharField(max_length=40, unique=True)),
                ("minute", models.BigIntegerField()),
                ("count", models.IntegerField(default=0)),
            ],
        ),
    ]
