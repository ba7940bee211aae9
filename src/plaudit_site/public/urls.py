import re

from django.urls import path, re_path

from plaudit_site.awards import downloads
from plaudit_site.public.views import (
    certificates,
    documents,
    embedding,
    issuers,
    limited,
    maps,
    own_browser,
    pages,
    profiles,
    shown,
    verifying,
)

HELP_IN_COPY = "public/help_in_copy.html"
ID = "[0-9a-hjkmnp-tv-z]{26}"
ENDINGS = "|".join(re.escape(ending) for ending in downloads.ENDINGS)

PNG = {"ending": "png"}
FILE = {"is_file": True}

urlpatterns = [
    path("i/<slug:slug>/c/<id:public_id>", certificates.certificate, name="certificate"),
    path("", pages.home, name="home"),
    path("help/", pages.standing("public/help.html", HELP_IN_COPY), name="help"),
    path("help/open-badges/", pages.standing("public/about_open_badges.html"), name="about_open_badges"),
    path("help/checking/", pages.standing("public/how_to_check.html"), name="how_to_check_any"),
    path(
        "help/addresses",
        pages.standing("accounts/addresses_help.html", HELP_IN_COPY),
        name="addresses_help",
    ),
    path("terms/", pages.policy("terms"), name="terms"),
    path("terms/<int:number>", pages.policy("terms"), name="terms_version"),
    path("privacy/", pages.policy("privacy"), name="privacy"),
    path("privacy/<int:number>", pages.policy("privacy"), name="privacy_version"),
    path("accessibility/", pages.standing("public/accessibility.html"), name="accessibility"),
    path("verify/", verifying.verify, name="verify"),
    path("verify/in-your-browser", own_browser.own_browser, name="own_browser"),
    path("verify/known.json", own_browser.known, name="own_browser_known"),
    path("verify/<id:public_id>", verifying.result, name="verify_result"),
    # An issuer's badge site
    path("i/<slug:slug>/", issuers.site, name="issuer_site"),
    path("i/<slug:slug>/b/<id:public_id>/", issuers.badge, name="badge_page"),
    path("i/<slug:slug>/how-to-claim/", issuers.how_to_claim, name="how_to_claim"),
    path("i/<slug:slug>/how-to-check/", issuers.how_to_check, name="how_to_check"),
    re_path(
        r"^i/(?P<slug>[-a-zA-Z0-9_]+)/certificate-(?P<version>[0-9a-f]{12})\.css$",
        documents.design_style,
        name="certificate_style",
    ),
    re_path(
        r"^i/(?P<slug>[-a-zA-Z0-9_]+)/signature-(?P<version>[0-9a-f]{12})\.png$",
        documents.signature,
        name="certificate_signature",
    ),
    path("i/<slug:slug>/logo.png", documents.logo, name="issuer_logo"),
    path("i/<slug:slug>/c/<id:public_id>/is-it", certificates.is_it, name="is_it"),
    # The permanent address of a certificate, and its files
    path("c/<id:public_id>", certificates.permanent, name="permanent"),
    re_path(rf"^c/(?P<public_id>{ID})\.(?P<ending>{ENDINGS})$", certificates.file, name="certificate_file"),
    path("c/<id:public_id>/qr.svg", certificates.qr, name="qr"),
    path("c/<id:public_id>/qr.png", certificates.qr, PNG, name="qr_png"),
    re_path(
        rf"^c/(?P<public_id>{ID})/card-(?P<version>[0-9a-f]{{12}})\.png$", certificates.card, name="card"
    ),
    # A page on which its earner leaves something out
    path("s/<id:public_id>", limited.page, name="limited"),
    # A badge from elsewhere that its earner shows here
    path("shown/<id:public_id>", shown.page, name="shown"),
    path("shown/<id:public_id>/check", shown.check_again, name="shown_check"),
    path("shown/<id:public_id>/file", shown.file, name="shown_file"),
    path("shown/<id:public_id>/picture.png", shown.picture, name="shown_picture"),
    path("shown/<id:public_id>/qr.svg", shown.qr, name="shown_qr"),
    path("shown/<id:public_id>/qr.png", shown.qr, PNG, name="shown_qr_png"),
    # People, as they show themselves
    re_path(r"^@(?P<name>[A-Za-z0-9_-]{1,40})$", profiles.profile, name="public_profile"),
    re_path(r"^@(?P<name>[A-Za-z0-9_-]{1,40})/qr\.svg$", profiles.profile_qr, name="profile_qr"),
    re_path(r"^@(?P<name>[A-Za-z0-9_-]{1,40})/qr\.png$", profiles.profile_qr, PNG, name="profile_qr_png"),
    re_path(r"^@(?P<name>[A-Za-z0-9_-]{1,40})\.pdf$", profiles.profile_paper, name="profile_paper"),
    re_path(r"^@(?P<name>[A-Za-z0-9_-]{1,40})/card\.png$", profiles.profile_card, name="profile_card"),
    path("collection/<id:public_id>", profiles.collection, name="public_collection"),
    path("collection/<id:public_id>.pdf", profiles.collection_paper, name="collection_paper"),
    path("collection/<id:public_id>.json", profiles.collection_record, name="collection_record"),
    path("collection/<id:public_id>/card.png", profiles.collection_card, name="collection_card"),
    path("collection/<id:public_id>/qr.svg", profiles.collection_qr, name="collection_qr"),
    path("collection/<id:public_id>/qr.png", profiles.collection_qr, PNG, name="collection_qr_png"),
    path("robots.txt", maps.robots, name="robots"),
    path("sitemap.xml", maps.sitemaps, name="sitemaps"),
    path("sitemap-<str:kind>-<int:number>.xml", maps.sitemap, name="sitemap"),
    # Inside other people's pages
    path("embed/<id:public_id>", embedding.embed, name="embed"),
    path("oembed", embedding.oembed, name="oembed"),
    # What programs read
    path("issuers/<id:public_id>/did.json", documents.did_document, name="did_document"),
    path("own/<id:public_id>/did.json", documents.own_did_document, name="own_did_document"),
    path("issuers/<id:public_id>.ob2.json", documents.issuer_profile, name="issuer_profile"),
    path("status/<id:public_id>", documents.status_list, name="status_list"),
    path("status/<id:public_id>.json", documents.status_list, name="status_list_file"),
    path("b/<id:public_id>/v<int:number>", documents.badge, name="badge_document"),
    path("b/<id:public_id>/v<int:number>.json", documents.badge, FILE, name="badge_document_file"),
    path("b/<id:public_id>/v<int:number>/<slug:language>", documents.badge, name="badge_document_in"),
    path("b/<id:public_id>/v<int:number>.ob2.json", documents.badge_class, name="badge_class"),
    re_path(
        rf"^b/(?P<public_id>{ID})/v(?P<number>[0-9]{{1,9}})\.(?P<ending>png|svg)$",
        documents.picture,
        name="badge_picture",
    ),
]
