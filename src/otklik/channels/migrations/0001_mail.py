"""Mailboxes, the ledger of letters, how their reading goes."""

import django.contrib.postgres.fields
import django.db.models.deletion
from django.db import migrations, models


class Migration(migrations.Migration):
    initial = True

    dependencies = [
        ("people", "0001_people"),
        ("tickets", "0002_numbers_and_guards"),
    ]

    operations = [
        migrations.CreateModel(
            name="Mailbox",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("name", models.CharField(max_length=60, unique=True)),
                ("address", models.CharField(blank=True, max_length=320)),
                (
                    "aliases",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=320), blank=True, default=list, size=None
                    ),
                ),
                ("host", models.CharField(blank=True, max_length=255)),
                ("port", models.IntegerField(default=993)),
                ("tls", models.CharField(default="tls", max_length=8)),
                ("verify", models.BooleanField(default=True)),
                ("user", models.CharField(blank=True, max_length=320)),
                ("secret", models.TextField(blank=True)),
                ("folder", models.CharField(default="INBOX", max_length=200)),
                ("after", models.CharField(default="seen", max_length=6)),
                ("after_folder", models.CharField(blank=True, max_length=200)),
                ("since", models.DateField(blank=True, null=True)),
                ("poll_seconds", models.IntegerField(default=60)),
                (
                    "authserv_ids",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=255), blank=True, default=list, size=None
                    ),
                ),
                ("checks_dkim", models.BooleanField(default=False)),
                (
                    "relay_networks",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=60), blank=True, default=list, size=None
                    ),
                ),
                (
                    "relay_domains",
                    django.contrib.postgres.fields.ArrayField(
                        base_field=models.CharField(max_length=255), blank=True, default=list, size=None
                    ),
                ),
                ("language", models.CharField(default="ru", max_length=5)),
                ("staff_replies", models.CharField(default="public", max_length=8)),
                ("is_active", models.BooleanField(default=True)),
                ("created_at", models.DateTimeField()),
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
            ],
        ),
        migrations.CreateModel(
            name="RefusedSender",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("value", models.CharField(max_length=320, unique=True)),
                ("since", models.DateTimeField()),
                ("by", models.BigIntegerField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="Reading",
            fields=[
                (
                    "mailbox",
                    models.OneToOneField(
                        on_delete=django.db.models.deletion.CASCADE,
                        primary_key=True,
                        related_name="reading",
                        serialize=False,
                        to="channels.mailbox",
                    ),
                ),
                ("lease_until", models.DateTimeField(null=True)),
                ("token", models.BigIntegerField(default=0)),
                ("last_try_at", models.DateTimeField(null=True)),
                ("last_success_at", models.DateTimeField(null=True)),
                ("failing_since", models.DateTimeField(null=True)),
                ("failures", models.IntegerField(default=0)),
                ("trouble", models.CharField(blank=True, max_length=40)),
                ("detail", models.TextField(blank=True)),
                ("alarmed_at", models.DateTimeField(null=True)),
                ("wake_at", models.DateTimeField(null=True)),
            ],
        ),
        migrations.CreateModel(
            name="Inbound",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uidvalidity", models.BigIntegerField(null=True)),
                ("uid", models.BigIntegerField(null=True)),
                ("source", models.CharField(blank=True, max_length=500)),
                ("size", models.BigIntegerField()),
                ("size_told", models.BigIntegerField(null=True)),
                ("sha256", models.CharField(max_length=64)),
                ("identity", models.CharField(max_length=68)),
                ("mail_id", models.CharField(blank=True, max_length=500)),
                ("received_at", models.DateTimeField()),
                ("kept_at", models.DateTimeField()),
                ("state", models.CharField(default="received", max_length=9)),
                ("attempts", models.SmallIntegerField(default=0)),
                ("outcome", models.CharField(blank=True, max_length=9)),
                ("reason", models.CharField(blank=True, max_length=40)),
                ("detail", models.TextField(blank=True)),
                ("sender_name", models.CharField(blank=True, max_length=200)),
                ("sender_address", models.CharField(blank=True, max_length=320)),
                ("subject", models.CharField(blank=True, max_length=300)),
                ("verdict", models.CharField(blank=True, max_length=10)),
                ("matched_by", models.CharField(blank=True, max_length=10)),
                ("automatic", models.CharField(blank=True, max_length=40)),
                ("facts", models.JSONField(default=dict)),
                ("processed_at", models.DateTimeField(null=True)),
                ("marked_at", models.DateTimeField(null=True)),
                ("decided_by", models.BigIntegerField(null=True)),
                ("decided_at", models.DateTimeField(null=True)),
                (
                    "duplicate_of",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="channels.inbound"
                    ),
                ),
                (
                    "message",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tickets.message"
                    ),
                ),
                (
                    "ticket",
                    models.ForeignKey(
                        null=True, on_delete=django.db.models.deletion.PROTECT, related_name="+", to="tickets.ticket"
                    ),
                ),
                (
                    "mailbox",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.PROTECT, related_name="letters", to="channels.mailbox"
                    ),
                ),
            ],
        ),
        migrations.CreateModel(
            name="ServerCount",
            fields=[
                ("id", models.BigAutoField(auto_created=True, primary_key=True, serialize=False, verbose_name="ID")),
                ("uidvalidity", models.BigIntegerField()),
                ("first_uid", models.BigIntegerField()),
                ("uid_next", models.BigIntegerField()),
                ("waiting", models.IntegerField(default=0)),
                ("explained", models.IntegerField(default=0)),
                ("looked_at", models.DateTimeField()),
                (
                    "mailbox",
                    models.ForeignKey(
                        on_delete=django.db.models.deletion.CASCADE, related_name="counts", to="channels.mailbox"
                    ),
                ),
            ],
        ),
        migrations.AddConstraint(
            model_name="mailbox",
            constraint=models.CheckConstraint(
                condition=models.Q(("tls__in", ("tls", "starttls", "none"))), name="mailbox_tls"
            ),
        ),
        migrations.AddConstraint(
            model_name="mailbox",
            constraint=models.CheckConstraint(
                condition=models.Q(("after__in", ("seen", "move", "delete"))), name="mailbox_after"
            ),
        ),
        migrations.AddIndex(
            model_name="inbound",
            index=models.Index(fields=["mailbox", "identity"], name="inbound_identity"),
        ),
        migrations.AddIndex(
            model_name="inbound",
            index=models.Index(fields=["identity"], name="inbound_elsewhere"),
        ),
        migrations.AddIndex(
            model_name="inbound",
            index=models.Index(
                condition=models.Q(("mail_id", ""), _negated=True), fields=["mail_id"], name="inbound_mail_id"
            ),
        ),
        migrations.AddIndex(
            model_name="inbound",
            index=models.Index(fields=["mailbox", "-received_at"], name="inbound_newest"),
        ),
        migrations.AddIndex(
            model_name="inbound",
            index=models.Index(fields=["sender_address", "received_at"], name="inbound_sender"),
        ),
        migrations.AddIndex(
            model_name="inbound",
            index=models.Index(
                condition=models.Q(("state", "received")), fields=["kept_at"], name="inbound_unfinished"
            ),
        ),
        migrations.AddIndex(
            model_name="inbound",
            index=models.Index(
                condition=models.Q(("outcome", "parked")), fields=["-received_at"], name="inbound_parked"
            ),
        ),
        migrations.AddIndex(
            model_name="inbound",
            index=models.Index(fields=["ticket"], name="inbound_ticket"),
        ),
        migrations.AddConstraint(
            model_name="inbound",
            constraint=models.UniqueConstraint(
                condition=models.Q(("uid__isnull", False)), fields=("mailbox", "uidvalidity", "uid"), name="inbound_uid"
            ),
        ),
        migrations.AddConstraint(
            model_name="inbound",
            constraint=models.UniqueConstraint(
                condition=models.Q(("source", ""), _negated=True), fields=("mailbox", "source"), name="inbound_source"
            ),
        ),
        migrations.AddConstraint(
            model_name="inbound",
            constraint=models.CheckConstraint(
                condition=models.Q(
                    models.Q(("outcome", ""), ("state", "received")),
                    models.Q(
                        ("outcome__in", ("opened", "joined", "parked", "refused", "duplicate")), ("state", "processed")
                    ),
                    _connector="OR",
                ),
                name="inbound_one_outcome",
            ),
        ),
        migrations.AddConstraint(
            model_name="servercount",
            constraint=models.UniqueConstraint(fields=("mailbox", "uidvalidity"), name="one_count_per_validity"),
        ),
    ]
