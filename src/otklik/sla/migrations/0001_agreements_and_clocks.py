"""Agreements, versions, targets, clocks and promises."""

import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("calendars", "0002_never_changed"),
        ("catalogue", "0001_services"),
        ("people", "0002_signing_in"),
        ("tickets", "0002_numbers_and_guards"),
    ]

    operations = [
        migrations.CreateModel(
            name="Agreement",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("code", models.SlugField(max_length=40, unique=True)),
                (
                    "kind",
                    models.CharField(
                        choices=[("sla", "with customers"), ("ola", "among teams"), ("uc", "with a supplier")],
                        default="sla",
                        max_length=3,
                    ),
                ),
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
            name="AgreementVersion",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("number", models.SmallIntegerField()),
                ("valid_from", models.DateTimeField()),
                ("valid_to", models.DateTimeField(null=True)),
                ("published_at", models.DateTimeField()),
                ("published_by", models.CharField(max_length=80)),
                ("note", models.CharField(blank=True, max_length=300)),
                (
                    "agreement",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="versions", to="sla.agreement"
                    ),
                ),
            ],
            options={
                "ordering": ["agreement", "number"],
            },
        ),
        migrations.CreateModel(
            name="HoursOf",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=12)),
                ("subject", models.BigIntegerField()),
                (
                    "calendar",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="calendars.calendar"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Promise",
            fields=[
                (
                    "ticket",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.PROTECT,
                        primary_key=True,
                        related_name="promise",
                        serialize=False,
                        to="tickets.ticket",
                    ),
                ),
                ("standing", models.SmallIntegerField(default=2)),
                ("due_at", models.DateTimeField(null=True)),
                ("breach_at", models.DateTimeField(null=True)),
                ("metric", models.CharField(blank=True, max_length=16)),
                ("calendar_version", models.BigIntegerField(null=True)),
                ("left_seconds", models.IntegerField(null=True)),
                ("unit", models.CharField(default="seconds", max_length=7)),
                ("first_due_at", models.DateTimeField(null=True)),
                ("first_met_at", models.DateTimeField(null=True)),
                ("solution_due_at", models.DateTimeField(null=True)),
                ("solution_first_due_at", models.DateTimeField(null=True)),
                ("pause_ends_at", models.DateTimeField(null=True)),
                ("seq", models.IntegerField(default=0)),
            ],
            options={
                "indexes": [
                    models.Index(
                        models.F("standing"),
                        models.OrderBy(models.F("due_at"), nulls_last=True),
                        models.F("ticket"),
                        name="promise_nearest",
                    ),
                    models.Index(condition=models.Q(("standing", 0)), fields=["due_at"], name="promise_due"),
                ],
            },
        ),
        migrations.CreateModel(
            name="SlaClock",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("metric", models.CharField(max_length=16)),
                ("cycle", models.SmallIntegerField(default=1)),
                ("team", models.BigIntegerField(null=True)),
                ("target_id", models.BigIntegerField()),
                ("agreement_version", models.BigIntegerField()),
                ("calendar_version", models.BigIntegerField()),
                ("started_at", models.DateTimeField()),
                ("stopped_at", models.DateTimeField(null=True)),
                ("elapsed", models.IntegerField()),
                ("target", models.IntegerField()),
                ("unit", models.CharField(max_length=7)),
                ("due_at", models.DateTimeField(null=True)),
                ("breach_at", models.DateTimeField(null=True)),
                ("breached_at", models.DateTimeField(null=True)),
                ("state", models.CharField(max_length=14)),
                ("outcome", models.CharField(blank=True, max_length=14)),
                ("contract", models.CharField(blank=True, max_length=14)),
                ("breach_cause", models.CharField(blank=True, max_length=12)),
                ("negotiated_at", models.DateTimeField(null=True)),
                ("binding", models.SmallIntegerField(default=0)),
                ("wake_at", models.DateTimeField(null=True)),
                ("read_at", models.DateTimeField()),
                ("computed_from_seq", models.IntegerField()),
                ("engine_version", models.SmallIntegerField()),
                ("tzdb_version", models.CharField(max_length=10)),
                (
                    "ticket",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="clocks", to="tickets.ticket"
                    ),
                ),
            ],
            options={
                "ordering": ["ticket", "metric", "cycle"],
            },
        ),
        migrations.CreateModel(
            name="Target",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                (
                    "metric",
                    models.CharField(
                        choices=[
                            ("first_response", "First response"),
                            ("next_response", "Next response"),
                            ("periodic_update", "Regular update"),
                            ("resolution", "Solution"),
                            ("ack", "Take-up by the team"),
                            ("hold", "Time with the team"),
                        ],
                        max_length=16,
                    ),
                ),
                ("type", models.CharField(blank=True, max_length=16)),
                ("priority", models.CharField(blank=True, max_length=2)),
                ("value", models.IntegerField()),
                ("unit", models.CharField(default="seconds", max_length=7)),
                (
                    "calendar_ref",
                    models.CharField(
                        choices=[
                            ("fixed", "This calendar"),
                            ("organisation", "Calendar of the requester's organisation"),
                            ("place", "Calendar of the requester's place"),
                            ("team", "Calendar of the team"),
                        ],
                        default="fixed",
                        max_length=12,
                    ),
                ),
                ("pauses", models.JSONField(default=dict)),
                ("pause_count", models.SmallIntegerField(blank=True, null=True)),
                ("pause_seconds", models.IntegerField(blank=True, null=True)),
                ("reopen_mode", models.CharField(default="continue", max_length=9)),
                ("rebind_mode", models.CharField(default="from_start", max_length=12)),
                ("stop_on", models.CharField(default="resolved", max_length=8)),
                ("keep_breach", models.BooleanField(default=True)),
                ("warn", models.JSONField(default=list)),
                ("rank", models.SmallIntegerField(default=0)),
                (
                    "calendar",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="+", to="calendars.calendar"
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="people.organisation",
                    ),
                ),
                (
                    "place",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="people.place",
                    ),
                ),
                (
                    "service",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="catalogue.service",
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        blank=True,
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="people.team",
                    ),
                ),
                (
                    "version",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="targets", to="sla.agreementversion"
                    ),
                ),
            ],
            options={
                "ordering": ["version", "rank", "pk"],
            },
        ),
        migrations.AddConstraint(
            model_name="agreementversion",
            constraint=models.UniqueConstraint(fields=("agreement", "number"), name="one_number_per_agreement_version"),
        ),
        migrations.AddConstraint(
            model_name="hoursof",
            constraint=models.UniqueConstraint(fields=("kind", "subject"), name="one_calendar_each"),
        ),
        migrations.AddIndex(
            model_name="slaclock",
            index=models.Index(
                condition=models.Q(("wake_at__isnull", False)), fields=["wake_at"], name="clock_to_wake"
            ),
        ),
        migrations.AddIndex(
            model_name="slaclock",
            index=models.Index(
                condition=models.Q(("stopped_at__isnull", True)),
                fields=["agreement_version", "target_id"],
                name="clock_running",
            ),
        ),
        migrations.AddConstraint(
            model_name="slaclock",
            constraint=models.UniqueConstraint(fields=("ticket", "metric", "cycle"), name="one_clock_per_instance"),
        ),
        migrations.AddConstraint(
            model_name="target",
            constraint=models.CheckConstraint(condition=models.Q(("value__gte", 1)), name="target_is_positive"),
        ),
        migrations.AddConstraint(
            model_name="target",
            constraint=models.UniqueConstraint(
                fields=("version", "metric", "organisation", "service", "type", "priority", "team", "place", "rank"),
                name="no_two_targets_alike",
                nulls_distinct=False,
            ),
        ),
    ]
