"""Looks at every running clock under drafted targets, by a job."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("sla", "0003_runs_of_verify")]
    operations = [
        migrations.CreateModel(
            name="PreviewRun",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("drafts", models.JSONField()),
                ("mode", models.CharField(max_length=12)),
                ("told", models.JSONField(default=dict)),
                ("begun_at", models.DateTimeField()),
                ("ended_at", models.DateTimeField(null=True)),
                (
                    "agreement",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to="sla.agreement"
                    ),
                ),
            ],
        ),
    ]
