"""What an issuer's own host answers: its badge site and certificates, and nothing of the site or of anybody else.

The addresses are those of the site, so that a page finds its links on either; the badge site stands at the root too,
and a certificate at its permanent address. Names of pages that live on the site's own host lead there.
"""

from django.urls import path, re_path

from plaudit_site.public.urls import ENDINGS, FILE, ID, PNG
from plaudit_site.public.views import certificates, documents, embedding, hosts, issuers, maps
from plaudit_site.public.views.hosts import of_this_host, to_the_site

urlpatterns = [
    path("", hosts.front, name="host_front"),
    path(".well-known/plaudit-host", hosts.mark, name="host_mark"),
    path("robots.txt", maps.host_robots, name="robots"),
    path("sitemap.xml", maps.host_sitemap, name="host_sitemap"),
    path("i/<slug:slug>/", of_this_host(hosts.badge_site), name="issuer_site"),
    path("i/<slug:slug>/b/<id:public_id>/", of_this_host(issuers.badge), name="badge_page"),
    path("i/<slug:slug>/how-to-claim/", of_this_host(issuers.how_to_claim), name="how_to_claim"),
    path("i/<slug:slug>/how-to-check/", of_this_host(issuers.how_to_check), name="how_to_check"),
    re_path(
        r"^i/(?P<slug>[-a-zA-Z0-9_]+)/certificate-(?P<version>[0-9a-f]{12})\.css$",
        of_this_host(documents.design_style),
        name="certificate_style",
    ),
    re_path(
        r"^i/(?P<slug>[-a-zA-Z0-9_]+)/signature-(?P<version>[0-9a-f]{12})\.png$",
        of_this_host(documents.signature),
        name="certificate_signature",
    ),
    path("i/<slug:slug>/logo.png", of_this_host(documents.logo), name="issuer_logo"),
    path("i/<slug:slug>/c/<id:public_id>", of_this_host(hosts.to_permanent, "award"), name="certificate"),
    path("i/<slug:slug>/c/<id:public_id>/is-it", of_this_host(certificates.is_it, "award"), name="is_it"),
    path("c/<id:public_id>", of_this_host(certificates.permanent, "award"), name="permanent"),
    re_path(
        rf"^c/(?P<public_id>{ID})\.(?P<ending>{ENDINGS})$",
        of_this_host(certificates.file, "award"),
        name="certificate_file",
    ),
    path("c/<id:public_id>/qr.svg", of_this_host(certificates.qr, "award"), name="qr"),
    path("c/<id:public_id>/qr.png", of_this_host(certificates.qr, "award"), PNG, name="qr_png"),
    re_path(
        rf"^c/(?P<public_id>{ID})/card-(?P<version>[0-9a-f]{{12}})\.png$",
        of_this_host(certificates.card, "award"),
        name="card",
    ),
    path("embed/<id:public_id>", of_this_host(embedding.embed, "award"), name="embed"),
    path(
        "issuers/<id:public_id>/did.json", of_this_host(documents.did_document, "issuer"), name="did_document"
    ),
    path(
        "own/<id:public_id>/did.json",
        of_this_host(documents.own_did_document, "issuer"),
        name="own_did_document",
    ),
    path(
        "issuers/<id:public_id>.ob2.json",
        of_this_host(documents.issuer_profile, "issuer"),
        name="issuer_profile",
    ),
    path("status/<id:public_id>", of_this_host(documents.status_list, "list"), name="status_list"),
    path("status/<id:public_id>.json", of_this_host(documents.status_list, "list"), name="status_list_file"),
    path("b/<id:public_id>/v<int:number>", of_this_host(documents.badge, "badge"), name="badge_document"),
    path(
        "b/<id:public_id>/v<int:number>.json",
        of_this_host(documents.badge, "badge"),
        FILE,
        name="badge_document_file",
    ),
    path(
        "b/<id:public_id>/v<int:number>/<slug:language>",
        of_this_host(documents.badge, "badge"),
        name="badge_document_in",
    ),
    path(
        "b/<id:public_id>/v<int:number>.ob2.json",
        of_this_host(documents.badge_class, "badge"),
        name="badge_class",
    ),
    re_path(
        rf"^b/(?P<public_id>{ID})/v(?P<number>[0-9]{{1,9}})\.(?P<ending>png|svg)$",
        of_this_host(documents.picture, "badge"),
        name="badge_picture",
    ),
    *(path(route, to_the_site, name=name) for name, route in hosts.ON_THE_SITE.items()),
]

handler400 = "plaudit_site.error_views.bad_request"
handler403 = "plaudit_site.error_views.forbidden"
handler404 = "plaudit_site.error_views.not_found"
handler500 = "plaudit_site.error_views.server_error"
