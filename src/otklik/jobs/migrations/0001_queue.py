"""The queue: its tables, and the storage settings without which claims slow down under load."""

import django.db.models.functions.datetime
from django.db import migrations, models

STORAGE = """
alter table jobs set (
  fillfactor = 50,
  autovacuum_vacuum_scale_factor = 0, autovacuum_vacuum_threshold = 5000, autovacuum_vacuum_insert_threshold = -1,
  autovacuum_analyze_scale_factor = 0, autovacuum_analyze_threshold = 20000, autovacuum_vacuum_cost_delay = 0)"""


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="DeadJob",
            fields=[
                ("lane", models.TextField()),
                ("task", models.TextField()),
                ("args", models.JSONField()),
                ("key", models.TextField(null=True)),
                ("run_at", models.DateTimeField()),
                ("turn", models.DateTimeField()),
                ("created", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("lease_until", models.DateTimeField(null=True)),
                ("token", models.IntegerField(db_default=0)),
                ("attempts", models.SmallIntegerField(db_default=0)),
                ("max_attempts", models.SmallIntegerField()),
                ("worker", models.TextField(null=True)),
                ("error", models.TextField(null=True)),
                ("id", models.BigIntegerField(primary_key=True, serialize=False)),
                ("died", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
            ],
            options={
                "db_table": "jobs_dead",
            },
        ),
        migrations.CreateModel(
            name="Tick",
            fields=[
                ("name", models.TextField(primary_key=True, serialize=False)),
                ("tick", models.DateTimeField()),
            ],
            options={
                "db_table": "jobs_tick",
            },
        ),
        migrations.CreateModel(
            name="QueuedJob",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("lane", models.TextField()),
                ("task", models.TextField()),
                ("args", models.JSONField()),
                ("key", models.TextField(null=True)),
                ("run_at", models.DateTimeField()),
                ("turn", models.DateTimeField()),
                ("created", models.DateTimeField(db_default=django.db.models.functions.datetime.Now())),
                ("lease_until", models.DateTimeField(null=True)),
                ("token", models.IntegerField(db_default=0)),
                ("attempts", models.SmallIntegerField(db_default=0)),
                ("max_attempts", models.SmallIntegerField()),
                ("worker", models.TextField(null=True)),
                ("error", models.TextField(null=True)),
            ],
            options={
                "db_table": "jobs",
                "indexes": [
                    models.Index(fields=["lane", "run_at", "id"], name="jobs_due"),
                    models.Index(condition=models.Q(("key__isnull", False)), fields=["key", "id"], name="jobs_key"),
                ],
            },
        ),
        migrations.RunSQL(STORAGE, migrations.RunSQL.noop),
    ]
