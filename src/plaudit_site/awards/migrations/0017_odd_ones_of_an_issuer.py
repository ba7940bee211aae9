from django.db import migrations, models


class Migration(migrations.Migration):

    dependencies = [
        ("awards", "0016_list_signed_as"),
    ]

    operations = [
        migrations.AddIndex(
            model_name="award",
            index=models.Index(
                condition=models.Q(
                    (
                        "state__in",
                        ("queued", "accepted", "declined", "withdrawn", "removed", "failed", "erased"),
                    )
                ),
                fields=["issuer", "state", "-id"],
                name="odd_ones_of_an_issuer",
            ),
        ),
    ]
