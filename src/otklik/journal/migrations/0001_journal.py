"""The journal: entries, heads, seals, keys, configuration versions."""

import django.contrib.postgres.fields
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = []

    operations = [
        migrations.CreateModel(
            name="Seal",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("day", models.DateField(unique=True)),
                ("root", models.BinaryField()),
                ("heads", models.IntegerField()),
                ("leaves", models.JSONField()),
                ("sealed_at", models.DateTimeField()),
            ],
        ),
        migrations.CreateModel(
            name="ConfigVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=60)),
                ("version", models.IntegerField()),
                ("data", models.JSONField()),
                ("published_by", models.CharField(max_length=60)),
                ("published_at", models.DateTimeField()),
                ("note", models.TextField(blank=True)),
                (
                    "tags",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=40), default=list, size=None
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("name", "version"), name="config_versions_count_up")],
            },
        ),
        migrations.CreateModel(
            name="Entry",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("subject_kind", models.CharField(max_length=24)),
                ("subject_id", models.CharField(max_length=40)),
                ("seq", models.IntegerField()),
                ("kind", models.CharField(max_length=40)),
                ("payload", models.JSONField()),
                ("actor_kind", models.CharField(max_length=12)),
                ("actor_id", models.CharField(blank=True, max_length=40)),
                ("on_behalf_of", models.CharField(blank=True, max_length=40)),
                ("recorded_at", models.DateTimeField()),
                ("effective_at", models.DateTimeField()),
                ("audience", models.CharField(max_length=10)),
                ("schema_version", models.SmallIntegerField(default=1)),
                ("correlation", models.UUIDField()),
                ("cause", models.BigIntegerField(null=True)),
                ("depth", models.SmallIntegerField(default=0)),
                ("voids", models.BigIntegerField(null=True)),
                ("bumps_version", models.BooleanField(default=True)),
                ("irregular", models.BooleanField(default=False)),
                ("provenance", models.JSONField(null=True)),
                ("payload_digest", models.BinaryField()),
                ("previous_digest", models.BinaryField()),
                ("digest", models.BinaryField()),
            ],
            options={
                "indexes": [
                    models.Index(fields=["kind", "effective_at"], name="entry_kind_time"),
                    models.Index(fields=["actor_kind", "actor_id", "-id"], name="entry_actor"),
                ],
                "constraints": [
                    models.UniqueConstraint(fields=("subject_kind", "subject_id", "seq"), name="entries_are_gapless"),
                    models.CheckConstraint(
                        condition=models.Q(("audience__in", ["public", "internal", "restricted"])),
                        name="entry_audience",
                    ),
                ],
            },
        ),
        migrations.CreateModel(
            name="Head",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=24)),
                ("subject", models.CharField(max_length=40)),
                ("seq", models.IntegerField(default=0)),
                ("digest", models.BinaryField(default=b"")),
                ("effective_at", models.DateTimeField(null=True)),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("kind", "subject"), name="one_head_per_subject")],
            },
        ),
        migrations.CreateModel(
            name="IdempotencyKey",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("scope", models.CharField(max_length=80)),
                ("key", models.CharField(max_length=200)),
                ("request_digest", models.CharField(blank=True, max_length=64)),
                ("answer", models.JSONField(null=True)),
                ("created_at", models.DateTimeField(db_index=True)),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("scope", "key"), name="one_answer_per_key")],
            },
        ),
    ]
