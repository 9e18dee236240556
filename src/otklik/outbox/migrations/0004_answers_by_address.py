"""What one address was answered lately is found without reading every letter: addresses in lower case, by time."""

from django.db import migrations, models
from django.db.models.functions import Lower


class Migration(migrations.Migration):
    dependencies = [("outbox", "0003_sender_tokens")]

    operations = [
        migrations.AddIndex(
            "delivery",
            models.Index(Lower("recipient"), "created_at", name="outbox_address"),
        ),
    ]
