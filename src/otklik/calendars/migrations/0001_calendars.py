"""Calendars, their versions, and holiday sets."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Calendar",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.SlugField(max_length=40, unique=True)),
                ("name_ru", models.CharField(max_length=120)),
                ("name_en", models.CharField(max_length=120)),
                ("is_active", models.BooleanField(default=True)),
                ("position", models.SmallIntegerField(default=0)),
            ],
            options={
                "ordering": ["position", "pk"],
            },
        ),
        migrations.CreateModel(
            name="HolidaySet",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("country", models.CharField(max_length=2)),
                ("region", models.CharField(blank=True, max_length=10)),
                ("year", models.SmallIntegerField()),
                ("number", models.SmallIntegerField()),
                ("data", models.JSONField()),
                ("source", models.CharField(max_length=300)),
                ("checksum", models.CharField(max_length=64)),
                ("file_checksum", models.CharField(blank=True, max_length=64)),
                ("imported_at", models.DateTimeField()),
                ("imported_by", models.CharField(max_length=80)),
                ("confirmed_at", models.DateTimeField(blank=True, null=True)),
                ("confirmed_by", models.CharField(blank=True, max_length=80)),
            ],
            options={
                "ordering": ["country", "region", "year", "number"],
                "constraints": [
                    models.UniqueConstraint(
                        fields=("country", "region", "year", "number"), name="one_number_per_holiday_year"
                    )
                ],
            },
        ),
        migrations.CreateModel(
            name="CalendarVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.SmallIntegerField()),
                (
                    "kind",
                    models.CharField(
                        choices=[
                            ("first", "first version"),
                            ("prospective", "from now on"),
                            ("corrective", "correction of the past"),
                        ],
                        max_length=12,
                    ),
                ),
                ("tz", models.CharField(max_length=50)),
                ("weekly", models.JSONField(default=dict)),
                ("periods", models.JSONField(default=list)),
                ("exceptions", models.JSONField(default=list)),
                ("observe_holidays", models.BooleanField(default=False)),
                ("country", models.CharField(blank=True, max_length=2)),
                ("region", models.CharField(blank=True, max_length=10)),
                (
                    "holiday_sets",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), default=list, size=None
                    ),
                ),
                (
                    "combine",
                    models.CharField(
                        blank=True,
                        choices=[
                            ("", "own hours"),
                            ("union", "open when any part is"),
                            ("intersect", "open when all parts are"),
                        ],
                        max_length=10,
                    ),
                ),
                (
                    "parts",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.BigIntegerField(), default=list, size=None
                    ),
                ),
                ("reason", models.CharField(blank=True, max_length=300)),
                ("published_at", models.DateTimeField()),
                ("published_by", models.CharField(max_length=80)),
                ("tzdb_version", models.CharField(max_length=10)),
                (
                    "calendar",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="versions", to="calendars.calendar"
                    ),
                ),
            ],
            options={
                "ordering": ["calendar", "number"],
                "constraints": [
                    models.UniqueConstraint(fields=("calendar", "number"), name="one_number_per_calendar_version")
                ],
            },
        ),
    ]
