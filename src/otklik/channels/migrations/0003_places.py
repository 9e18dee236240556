from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("channels", "0002_tokens")]

    operations = [
        migrations.AddField(model_name="mailbox", name="place", field=models.IntegerField(default=0)),
        migrations.AddIndex(
            model_name="inbound",
            index=models.Index(fields=["mailbox", "sha256"], name="inbound_bytes"),
        ),
    ]
