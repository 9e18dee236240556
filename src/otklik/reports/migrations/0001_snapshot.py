"""Months as they were reported: only ever added."""

import django.db.models.deletion
from django.db import migrations, models

FORWARD = """
create function snapshot_stays() returns trigger language plpgsql as $$
begin
  raise exception 'a month that was kept stays as it is' using errcode = 'insufficient_privilege';
end $$;
create trigger snapshot_stays before update or delete on reports_snapshot
  for each row execute function snapshot_stays();
"""
BACKWARD = """
drop trigger snapshot_stays on reports_snapshot;
drop function snapshot_stays();
"""


class Migration(migrations.Migration):
    initial = True
    dependencies = [("people", "0002_signing_in")]

    operations = [
        migrations.CreateModel(
            name="Snapshot",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=7, unique=True)),
                ("zone", models.CharField(max_length=40)),
                ("kept_at", models.DateTimeField()),
                ("versions", models.JSONField()),
                ("items", models.JSONField()),
                ("hash", models.CharField(max_length=64)),
                (
                    "kept_by",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="people.person"
                    ),
                ),
            ],
            options={"ordering": ["name"]},
        ),
        migrations.RunSQL(FORWARD, BACKWARD),
    ]
