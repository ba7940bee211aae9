"""The operator's console: terms and privacy page."""

from __future__ import annotations

from typing import Any

from django.contrib import admin
from django.contrib.auth import admin as _registers_groups  # noqa: F401 - before they are taken away
from django.contrib.auth.models import Group
from django.http import HttpRequest

from plaudit_site.accounts import agreeing
from plaudit_site.accounts.models import Policy, User

admin.site.unregister(Group)  # nobody's right here comes from a group


@admin.register(Policy)
class PolicyAdmin(admin.ModelAdmin):  # type: ignore[type-arg]
    """A version is added, and never changed or taken back: people have agreed to it."""

    list_display = ("kind", "number", "since")
    list_filter = ("kind",)
    fields = ("kind", "text")

    def has_change_permission(self, request: HttpRequest, obj: Policy | None = None) -> bool:
        return False

    def has_delete_permission(self, request: HttpRequest, obj: Policy | None = None) -> bool:
        return False

    def save_model(self, request: HttpRequest, obj: Policy, form: Any, change: bool) -> None:
        by = request.user.public_id if isinstance(request.user, User) else "operator"
        made = agreeing.publish(obj.kind, obj.text, by=by)
        obj.pk, obj.number, obj.since = made.pk, made.number, made.since
