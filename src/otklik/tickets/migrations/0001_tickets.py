"""Tickets and their content."""

import django.contrib.postgres.fields
import django.contrib.postgres.indexes
import django.contrib.postgres.search
import django.db.models.deletion
from django.conf import settings
from django.db import migrations, models

import otklik.tickets.models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("catalogue", "0001_services"),
        ("people", "0001_people"),
        migrations.swappable_dependency(settings.AUTH_USER_MODEL),
    ]

    operations = [
        migrations.CreateModel(
            name="Ticket",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=otklik.tickets.models.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("number", models.BigIntegerField(unique=True)),
                ("version", models.IntegerField(default=0)),
                ("type", models.CharField(max_length=16)),
                ("origin", models.CharField(default="human", max_length=12)),
                ("subject", models.CharField(max_length=200)),
                ("status", models.CharField(default="new", max_length=10)),
                ("pending_reason", models.CharField(blank=True, max_length=12)),
                ("pending_data", models.JSONField(default=dict)),
                ("pending_since", models.DateTimeField(null=True)),
                ("reporter", models.CharField(blank=True, max_length=40)),
                ("contact", models.JSONField(default=dict)),
                ("impact", models.SmallIntegerField(default=3)),
                ("urgency", models.SmallIntegerField(default=3)),
                (
                    "raised_by",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=10), default=list, size=None
                    ),
                ),
                ("priority_computed", models.CharField(default="P4", max_length=2)),
                ("priority_override", models.CharField(blank=True, max_length=2)),
                ("priority", models.CharField(default="P4", max_length=2)),
                ("channel", models.CharField(max_length=10)),
                ("visibility", models.CharField(default="participants", max_length=12)),
                ("device", models.CharField(blank=True, max_length=120)),
                ("deadline_text", models.CharField(blank=True, max_length=200)),
                ("error_text", models.TextField(blank=True)),
                ("alert_key", models.CharField(blank=True, max_length=200)),
                (
                    "tags",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=40), default=list, size=None
                    ),
                ),
                ("opened_at", models.DateTimeField()),
                ("acknowledged_at", models.DateTimeField(null=True)),
                ("first_response_at", models.DateTimeField(null=True)),
                ("resolved_at", models.DateTimeField(null=True)),
                ("closed_at", models.DateTimeField(null=True)),
                ("cancelled_at", models.DateTimeField(null=True)),
                ("service_restored_at", models.DateTimeField(null=True)),
                ("promised_until", models.DateTimeField(null=True)),
                ("customer_waiting_since", models.DateTimeField(null=True)),
                ("last_customer_at", models.DateTimeField(null=True)),
                ("last_staff_at", models.DateTimeField(null=True)),
                ("public_status", models.CharField(blank=True, max_length=140)),
                ("resolution_code", models.CharField(blank=True, max_length=24)),
                ("cause_code", models.CharField(blank=True, max_length=24)),
                ("cancel_reason", models.CharField(blank=True, max_length=16)),
                ("reopen_count", models.SmallIntegerField(default=0)),
                ("updated_at", models.DateTimeField()),
                (
                    "search",
                    models.GeneratedField(
                        db_persist=True,
                        expression=django.contrib.postgres.search.SearchVector("subject", config="russian"),
                        output_field=django.contrib.postgres.search.SearchVectorField(),
                    ),
                ),
                (
                    "affected_person",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "assignee",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="assigned",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "organisation",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to="people.organisation",
                    ),
                ),
                (
                    "place",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="people.place"
                    ),
                ),
                (
                    "requester",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="requested",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "service",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="tickets",
                        to="catalogue.service",
                    ),
                ),
                (
                    "team",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="tickets", to="people.team"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Message",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=otklik.tickets.models.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("audience", models.CharField(max_length=10)),
                ("side", models.CharField(max_length=8)),
                ("author_name", models.CharField(blank=True, max_length=200)),
                ("author_address", models.CharField(blank=True, max_length=320)),
                ("author_kind", models.CharField(default="human", max_length=5)),
                ("kind", models.CharField(default="message", max_length=12)),
                ("channel", models.CharField(max_length=10)),
                ("text", models.TextField(blank=True)),
                ("quoted", models.TextField(blank=True)),
                ("instructions", models.TextField(blank=True)),
                ("error_text", models.TextField(blank=True)),
                ("html", models.TextField(blank=True)),
                ("mail", models.BigIntegerField(null=True)),
                ("mail_id", models.CharField(blank=True, max_length=500)),
                ("is_gratitude", models.BooleanField(default=False)),
                ("created_at", models.DateTimeField()),
                ("salt", models.BinaryField()),
                ("redacted_at", models.DateTimeField(null=True)),
                (
                    "search",
                    models.GeneratedField(
                        db_persist=True,
                        expression=django.contrib.postgres.search.SearchVector(
                            "text", "instructions", config="russian"
                        ),
                        output_field=django.contrib.postgres.search.SearchVectorField(),
                    ),
                ),
                (
                    "author",
                    models.ForeignKey(
                        null=True,
                        on_delete=django.db.models.deletion.PROTECT,
                        related_name="+",
                        to=settings.AUTH_USER_MODEL,
                    ),
                ),
                (
                    "ticket",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="messages", to="tickets.ticket"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Link",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("kind", models.CharField(max_length=14)),
                ("other_kind", models.CharField(default="ticket", max_length=24)),
                ("other", models.CharField(max_length=40)),
                ("since", models.DateTimeField()),
                (
                    "ticket",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="links", to="tickets.ticket"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Upload",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=otklik.tickets.models.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("name", models.CharField(max_length=150)),
                ("type", models.CharField(max_length=100)),
                ("size", models.BigIntegerField()),
                ("sha256", models.CharField(max_length=64)),
                ("created_at", models.DateTimeField(db_index=True)),
                (
                    "owner",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="+", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Watch",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("role", models.CharField(max_length=8)),
                ("since", models.DateTimeField()),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="watches", to=settings.AUTH_USER_MODEL
                    ),
                ),
                (
                    "ticket",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="watches", to="tickets.ticket"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="Draft",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("slot", models.CharField(max_length=80)),
                ("data", models.JSONField(default=dict)),
                ("saved_at", models.DateTimeField()),
                (
                    "person",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="drafts", to=settings.AUTH_USER_MODEL
                    ),
                ),
            ],
            options={
                "constraints": [models.UniqueConstraint(fields=("person", "slot"), name="one_draft_per_slot")],
            },
        ),
        migrations.CreateModel(
            name="Attachment",
            fields=[
                (
                    "id",
                    models.UUIDField(
                        default=otklik.tickets.models.uuid7, editable=False, primary_key=True, serialize=False
                    ),
                ),
                ("position", models.SmallIntegerField(default=0)),
                ("name", models.CharField(max_length=150)),
                ("type", models.CharField(max_length=100)),
                ("size", models.BigIntegerField()),
                ("sha256", models.CharField(db_index=True, max_length=64)),
                ("content_id", models.CharField(blank=True, max_length=200)),
                ("is_inline", models.BooleanField(default=False)),
                ("scan", models.CharField(default="not_scanned", max_length=12)),
                (
                    "message",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="attachments", to="tickets.message"
                    ),
                ),
            ],
            options={
                "indexes": [models.Index(fields=["message", "position"], name="attachment_message")],
            },
        ),
        migrations.AddIndex(
            model_name="ticket",
            index=models.Index(fields=["requester", "-opened_at", "-number"], name="ticket_requester"),
        ),
        migrations.AddIndex(
            model_name="ticket",
            index=models.Index(fields=["affected_person", "-opened_at"], name="ticket_affected"),
        ),
        migrations.AddIndex(
            model_name="ticket",
            index=models.Index(fields=["organisation", "-opened_at"], name="ticket_organisation"),
        ),
        migrations.AddIndex(
            model_name="ticket",
            index=models.Index(
                condition=models.Q(("status__in", ["new", "open", "pending"])),
                fields=["team", "status"],
                name="ticket_team_live",
            ),
        ),
        migrations.AddIndex(
            model_name="ticket",
            index=models.Index(
                condition=models.Q(("status__in", ["new", "open", "pending"])),
                fields=["assignee", "status"],
                name="ticket_assignee_live",
            ),
        ),
        migrations.AddIndex(
            model_name="ticket",
            index=models.Index(
                condition=models.Q(("status__in", ["new", "open", "pending"])),
                fields=["place", "status"],
                name="ticket_place_live",
            ),
        ),
        migrations.AddIndex(
            model_name="ticket",
            index=models.Index(
                condition=models.Q(("status", "resolved")), fields=["status", "resolved_at"], name="ticket_resolved"
            ),
        ),
        migrations.AddIndex(
            model_name="ticket",
            index=models.Index(
                condition=models.Q(("promised_until__isnull", False)), fields=["promised_until"], name="ticket_promised"
            ),
        ),
        migrations.AddIndex(
            model_name="ticket",
            index=models.Index(fields=["-opened_at", "-number"], name="ticket_newest"),
        ),
        migrations.AddIndex(
            model_name="ticket",
            index=models.Index(
                condition=models.Q(("alert_key", ""), _negated=True), fields=["alert_key"], name="ticket_alert"
            ),
        ),
        migrations.AddIndex(
            model_name="ticket",
            index=django.contrib.postgres.indexes.GinIndex(fields=["search"], name="ticket_search"),
        ),
        migrations.AddConstraint(
            model_name="ticket",
            constraint=models.CheckConstraint(
                condition=models.Q(("status__in", ("new", "open", "pending", "resolved", "closed", "cancelled"))),
                name="ticket_status",
            ),
        ),
        migrations.AddConstraint(
            model_name="ticket",
            constraint=models.CheckConstraint(
                condition=models.Q(("type__in", ("incident", "service_request", "question"))), name="ticket_type"
            ),
        ),
        migrations.AddConstraint(
            model_name="ticket",
            constraint=models.CheckConstraint(
                condition=models.Q(("impact__range", (1, 3)), ("urgency__range", (1, 3))), name="ticket_levels"
            ),
        ),
        migrations.AddConstraint(
            model_name="ticket",
            constraint=models.CheckConstraint(
                condition=models.Q(("visibility__in", ("participants", "organisation", "restricted"))),
                name="ticket_visibility",
            ),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(fields=["ticket", "created_at"], name="message_ticket"),
        ),
        migrations.AddIndex(
            model_name="message",
            index=models.Index(
                condition=models.Q(("mail_id", ""), _negated=True), fields=["mail_id"], name="message_mail_id"
            ),
        ),
        migrations.AddIndex(
            model_name="message",
            index=django.contrib.postgres.indexes.GinIndex(fields=["search"], name="message_search"),
        ),
        migrations.AddConstraint(
            model_name="message",
            constraint=models.CheckConstraint(
                condition=models.Q(("audience__in", ("public", "internal", "restricted", "waiting"))),
                name="message_audience",
            ),
        ),
        migrations.AddIndex(
            model_name="link",
            index=models.Index(fields=["other_kind", "other"], name="link_other"),
        ),
        migrations.AddConstraint(
            model_name="link",
            constraint=models.UniqueConstraint(fields=("ticket", "kind", "other_kind", "other"), name="one_link_once"),
        ),
        migrations.AddIndex(
            model_name="watch",
            index=models.Index(fields=["person", "role"], name="watch_person"),
        ),
        migrations.AddConstraint(
            model_name="watch",
            constraint=models.UniqueConstraint(fields=("ticket", "person", "role"), name="one_role_once"),
        ),
    ]
