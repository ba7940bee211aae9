from django.urls import path

from plaudit_site.api.openapi import PREFIX
from plaudit_site.api.operations import OPERATIONS
from plaudit_site.api.views import console, hooks, pages, rest, verifying

_below = PREFIX.strip("/")

urlpatterns = [
    path("manage/<slug:slug>/api", console.tokens, name="issuer_tokens"),
    path("manage/<slug:slug>/api/new", console.token_new, name="issuer_token_new"),
    path("manage/<slug:slug>/api/<id:public_id>/revoke", console.token_revoke, name="issuer_token_revoke"),
    path("manage/<slug:slug>/webhooks", hooks.webhooks, name="webhooks"),
    path("manage/<slug:slug>/webhooks/new", hooks.new, name="webhook_new"),
    path("manage/<slug:slug>/webhooks/<id:public_id>", hooks.webhook, name="webhook"),
    path("manage/<slug:slug>/webhooks/<id:public_id>/edit", hooks.edit, name="webhook_edit"),
    path("manage/<slug:slug>/webhooks/<id:public_id>/secret", hooks.secret, name="webhook_secret"),
    path("manage/<slug:slug>/webhooks/<id:public_id>/act", hooks.act, name="webhook_act"),
    path("manage/<slug:slug>/webhooks/<id:public_id>/remove", hooks.remove, name="webhook_remove"),
    path(
        "manage/<slug:slug>/webhooks/<id:public_id>/<id:message_id>/act",
        hooks.act_on,
        name="webhook_message_act",
    ),
    path("api/", pages.api, name="api"),
    path(f"{_below}/openapi.json", rest.description, name="openapi"),
    path(f"{_below}/verify", verifying.verify, name="api_verify"),
    *(
        path(
            _below + address.replace("{id}", "<id:id>").replace("{line}", "<int:line>"), rest.view_of(address)
        )
        for address in dict.fromkeys(operation.path for operation in OPERATIONS)
    ),
    path(f"{_below}/<path:rest>", rest.nothing),
]
