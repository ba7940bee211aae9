from django.urls import path

from plaudit_site.belongings import (
    collection_views,
    erasing_views,
    export_views,
    merging_views,
    profile_views,
    shelf_views,
    views,
)

urlpatterns = [
    path("badges", shelf_views.earned, name="earned"),
    path("badges/waiting", shelf_views.waiting, name="waiting"),
    path("badges/hidden", shelf_views.hidden, name="hidden"),
    path("badges/collections", collection_views.collections, name="collections"),
    path("badges/collections/<id:public_id>", collection_views.collection, name="collection"),
    path("badges/<id:public_id>/collections", collection_views.put, name="put_in_collections"),
    path(
        "badges/imported/<id:public_id>/collections",
        collection_views.put_imported,
        name="imported_collections",
    ),
    path("account", views.account_settings, name="account_settings"),
    path("account/addresses", views.addresses, name="addresses"),
    path("account/addresses/add", views.address_add, name="address_add"),
    path("account/addresses/code", views.address_code, name="address_code"),
    path("account/addresses/<int:pk>/primary", views.address_primary, name="address_primary"),
    path("account/addresses/<int:pk>/remove", views.address_remove, name="address_remove"),
    path("account/counting", views.set_counting, name="set_counting"),
    path("account/profile", profile_views.profile, name="profile"),
    path("account/profile/order", profile_views.profile_order, name="profile_order"),
    path("account/export", export_views.export, name="export"),
    path("account/export/<id:public_id>.zip", export_views.download, name="export_download"),
    path("account/erase", erasing_views.erase, name="erase"),
    path("account/merge", merging_views.merge, name="merge"),
    path("account/merge/allow", merging_views.allow, name="merge_allow"),
    # The account library's own page of addresses does the same without our proofs: ours stands before it.
    path("accounts/email/", views.addresses),
    path("account/trusted", views.trusted, name="trusted"),
    path("account/trusted/<id:public_id>", views.set_trusted, name="set_trusted"),
    path("account/undo/<str:secret>", views.undo_claim, name="undo_claim"),
]
