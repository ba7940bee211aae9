from django.urls import path

from plaudit_site.issuers import design_views, domain_views, views

urlpatterns = [
    path("issuers", views.issuers, name="issuers"),
    path("issuers/new", views.new, name="issuer_new"),
    path("issuers/join/<str:secret>", views.join, name="issuer_join"),
    path("manage/<slug:slug>/organisation", views.settings, name="issuer_settings"),
    path("manage/<slug:slug>/domain", domain_views.domain, name="issuer_domain"),
    path("manage/<slug:slug>/domain/check", domain_views.check, name="issuer_domain_check"),
    path("manage/<slug:slug>/domain/host", domain_views.host, name="issuer_domain_host"),
    path("manage/<slug:slug>/domain/signing", domain_views.signing, name="issuer_domain_signing"),
    path("manage/<slug:slug>/domain/remove", domain_views.remove, name="issuer_domain_remove"),
    path("manage/<slug:slug>/certificate", design_views.design, name="certificate_design"),
    path("manage/<slug:slug>/certificate.css", design_views.sample_style, name="certificate_sample_style"),
    path("manage/<slug:slug>/links", views.links, name="issuer_links"),
    path("manage/<slug:slug>/links/<int:pk>/remove", views.remove_link, name="issuer_link_remove"),
    path("manage/<slug:slug>/people", views.people, name="issuer_people"),
    path("manage/<slug:slug>/people/<int:pk>", views.change_person, name="issuer_person"),
    path("manage/<slug:slug>/keys", views.signing_keys, name="issuer_keys"),
    path("manage/<slug:slug>/keys/rotate", views.rotate_keys, name="issuer_keys_rotate"),
    path(
        "manage/<slug:slug>/keys/<int:pk>/compromised", views.compromised_key, name="issuer_key_compromised"
    ),
]
