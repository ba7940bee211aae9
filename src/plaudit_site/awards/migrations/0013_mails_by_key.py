"""Mails about awards are found by the award's key (`Message.about`); those that are there get theirs."""

from typing import Any

from django.db import migrations
from django.db.models import F, Func, OuterRef, Subquery, Value
from django.db.models.functions import Concat


def give_keys(apps: Any, schema_editor: Any) -> None:
    Award, Message = apps.get_model("awards", "Award"), apps.get_model("mail", "Message")
    award = Award.objects.filter(public_id=OuterRef("subject_id")).values("pk")[:1]
    Message.objects.filter(about__isnull=True, subject_id__in=Award.objects.values("public_id")).update(
        about=Subquery(award),
        # "invitation:ID:1" was unique among all mails; among those about one award it need not name that.
        once_key=Func(F("once_key"), Concat(Value(":"), F("subject_id")), Value(""), function="REPLACE"),
    )


class Migration(migrations.Migration):

    dependencies = [
        ("awards", "0012_earned"),
        ("mail", "0005_about_one_of_many"),
    ]

    operations = [migrations.RunPython(give_keys, migrations.RunPython.noop)]
