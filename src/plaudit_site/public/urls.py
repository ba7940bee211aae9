from django.urls import path, re_path

from plaudit_site.public.views import certificates, documents, issuers, pages

ID = "[0-9a-hjkmnp-tv-z]{26}"

urlpatterns = [
    path("", pages.home, name="home"),
    path("help/", pages.standing("public/help.html"), name="help"),
    path("help/open-badges/", pages.standing("public/about_open_badges.html"), name="about_open_badges"),
    path("help/checking/", pages.standing("public/how_to_check.html"), name="how_to_check_any"),
    path("help/addresses", pages.standing("accounts/addresses_help.html"), name="addresses_help"),
    path("terms/", pages.standing("public/terms.html"), name="terms"),
    path("privacy/", pages.standing("public/privacy.html"), name="privacy"),
    path("accessibility/", pages.standing("public/accessibility.html"), name="accessibility"),
    # An issuer's badge site
    path("i/<slug:slug>/", issuers.site, name="issuer_site"),
    path("i/<slug:slug>/b/<id:public_id>/", issuers.badge, name="badge_page"),
    path("i/<slug:slug>/how-to-claim/", issuers.how_to_claim, name="how_to_claim"),
    path("i/<slug:slug>/how-to-check/", issuers.how_to_check, name="how_to_check"),
    path("i/<slug:slug>/logo.png", documents.logo, name="issuer_logo"),
    path("i/<slug:slug>/c/<id:public_id>", certificates.certificate, name="certificate"),
    path("i/<slug:slug>/c/<id:public_id>/is-it", certificates.is_it, name="is_it"),
    # The permanent address of a certificate, and its files
    path("c/<id:public_id>", certificates.permanent, name="permanent"),
    re_path(
        rf"^c/(?P<public_id>{ID})\.(?P<ending>json|png|svg)$", certificates.file, name="certificate_file"
    ),
    path("c/<id:public_id>/qr.svg", certificates.qr, name="qr"),
    re_path(
        rf"^c/(?P<public_id>{ID})/card-(?P<version>[0-9a-f]{{12}})\.png$", certificates.card, name="card"
    ),
    # What programs read
    path("issuers/<id:public_id>/did.json", documents.did_document, name="did_document"),
    path("status/<id:public_id>", documents.status_list, name="status_list"),
    path("b/<id:public_id>/v<int:number>", documents.badge, name="badge_document"),
    re_path(
        rf"^b/(?P<public_id>{ID})/v(?P<number>[0-9]{{1,9}})\.(?P<ending>png|svg)$",
        documents.picture,
        name="badge_picture",
    ),
]
