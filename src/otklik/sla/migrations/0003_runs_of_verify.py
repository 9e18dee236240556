"""Runs of ``sla verify``, for reports to name."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sla", "0002_never_changed")]

    operations = [
        migrations.CreateModel(
            name="VerifyRun",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("began_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField()),
                ("tickets", models.IntegerField()),
                ("differences", models.IntegerField()),
                ("whole", models.BooleanField()),
            ],
            options={"ordering": ["-ended_at", "-pk"]},
        ),
    ]
