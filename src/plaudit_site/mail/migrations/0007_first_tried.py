"""When a mail was first tried and has to be tried again; a process of before leaves the column empty."""

from django.db import migrations, models


class Migration(migrations.Migration):
    dependencies = [("mail", "0006_words_in_a_language")]

    operations = [
        migrations.AddField(
            model_name="message",
            name="first_tried_at",
            field=models.DateTimeField(blank=True, null=True),
        ),
    ]
