"""Badges from elsewhere: checked, matched with proven addresses, kept as they are, shown in true words (J42)."""

from __future__ import annotations

import io
import json
import threading
import tracemalloc
import zipfile
from datetime import timedelta
from typing import Any

import pytest
from allauth.account.models import EmailAddress
from django.conf import settings
from django.core.files.uploadedfile import SimpleUploadedFile
from django.test import Client
from django.utils import timezone

import plaudit
from plaudit import MappedFetch, papers
from plaudit.status import status_entry
from plaudit_site.accounts import proving
from plaudit_site.accounts.models import User
from plaudit_site.achievements import pictures
from plaudit_site.awards import claiming, keeping, revoking, sharing
from plaudit_site.awards.models import Collection
from plaudit_site.backpack import cards, importing, owning, unpacking, verifying
from plaudit_site.backpack.models import Import, Imported, ImportItem
from plaudit_site.belongings import addresses, collecting
from plaudit_site.public import people
from plaudit_site.showing.templatetags.showing import day
from tests.people import EVE, World, run_worker
from tests.plaudit import guild2, samples
from tests.site.belongings.test_addresses import fresh, newest_code
from tests.site.belongings.test_merging import merged
from tests.site.conftest import signed_in

pytestmark = pytest.mark.django_db
YESTERDAY = timedelta(days=1)


@pytest.fixture
def elsewhere(monkeypatch: pytest.MonkeyPatch) -> dict[str, Any]:
    """The web of another issuer, in memory, instead of the network."""
    web: dict[str, Any] = dict(samples.web())
    for address, document in guild2.hosted_web().items():
        web[address] = document if isinstance(document, bytes) else json.dumps(document).encode()
    monkeypatch.setattr(verifying, "WebFetch", lambda: MappedFetch(web))
    return web


@pytest.fixture
def holder(eve: User) -> User:
    """Eve, who has proven the address that the guild awards to."""
    proving.prove(eve, samples.EMAIL, how="code")
    return eve


def signed(**changes: Any) -> bytes:
    return plaudit.issue(samples.credential(**changes), samples.GUILD, timezone.now() - YESTERDAY)


def numbered(number: int) -> bytes:
    return signed(id=f"urn:uuid:2f9e6a52-9a52-4a6c-b0dc-0a2a4c3d{number:04d}")


def png() -> bytes:
    return pictures.rasterise(
        '<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"><path d="M0 0h9v9z"/></svg>', 96
    )


def archive(files: dict[str, bytes], method: int = zipfile.ZIP_DEFLATED) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w", method) as made:
        for name, content in files.items():
            made.writestr(name, content)
    return out.getvalue()


def give(client: Client, *files: bytes, text: str = "", name: str = "badge.json") -> str:
    """The page that a press leads to."""
    data: dict[str, Any] = {"text": text}
    if files:
        data["file"] = [SimpleUploadedFile(name, content) for content in files]
    answer = client.post("/badges/add", data)
    assert answer.status_code == 302, answer.content.decode()
    return str(answer["Location"])


def text_of(client: Client, path: str) -> str:
    answer = client.get(path)
    assert answer.status_code == 200, (path, answer.status_code)
    return answer.content.decode()


def test_ones_own_badge_of_this_site_is_said_to_be_there(world: World, eve: User, sam: User) -> None:
    award = world.award()
    claiming.accept(award, eve, visibility="only_me", trust_issuer=False)
    client = signed_in(eve)
    link = sharing.certificate_url(award)

    def said() -> str:
        return text_of(client, give(client, text=link)).split("<main")[1].split("</main")[0]

    assert "Here already" in said()
    assert 'It is on Earned already. <a href="/badges">' in said()
    assert "did not come in" not in said()
    # Also one that does not hold any more: it is theirs all the same.
    revoking.revoke(award, reason="Issued in error", by=world.ada)
    run_worker()
    assert "It is on Earned already" in said()
    keeping.set_hidden(award, eve, True)
    assert 'It is yours already, on the tab Hidden. <a href="/badges/hidden">' in said()
    keeping.remove(award, eve)
    assert "You removed it" in said()
    # To anybody else it stays what it was: nothing.
    other = signed_in(sam)
    assert "already" not in text_of(other, give(other, text=link)).split("<main")[1].split("</main")[0]


@pytest.mark.journey("J42", "J20")
def test_ones_own_badge_that_waits_is_said_to_wait_with_the_way_to_accept_it(
    world: World, eve: User, sam: User
) -> None:
    award = world.award()
    assert award.credential is not None
    file = bytes(award.credential.content)
    client = signed_in(eve)

    def main(page: str) -> str:
        return page.split("<main")[1].split("</main")[0]

    runs = [give(client, text=sharing.certificate_url(award)), give(client, file, name="badge.json")]
    for run in runs:
        shown = main(text_of(client, run))
        assert "Here already" in shown
        assert award.title in shown
        said = "It waits for you here: accept it, and it is on Earned."
        assert f'{said} <a href="/badges/{award.public_id}/accept">Accept it</a>' in shown
        assert "did not come in" not in shown
    assert client.get(f"/badges/{award.public_id}/accept").status_code == 200
    # The same page later says what is so by then.
    claiming.decline(award, actor="mailbox")
    assert 'you can undo that. <a href="/badges/waiting">To Waiting</a>' in main(text_of(client, runs[0]))
    claiming.undo_decline(award, actor="mailbox")
    claiming.accept(award, eve, visibility="only_me", trust_issuer=False)
    for run in runs:
        assert 'It is on Earned already. <a href="/badges">To Earned</a>' in main(text_of(client, run))
    # Whoever has not proven that address learns nothing of it; nor does a badge wait that was taken back.
    other, second = signed_in(sam), world.award(badge=world.badge_like("Second"))
    assert "waits for you" not in text_of(other, give(other, text=sharing.certificate_url(second)))
    revoking.revoke(second, reason="Issued in error", by=world.ada)
    assert "waits for you" not in text_of(client, give(client, text=sharing.certificate_url(second)))


@pytest.mark.journey("J42", "J25")
@pytest.mark.parametrize("kind", ["JSON", "JWT", "PNG", "SVG", "text", "JWT text"])
def test_a_badge_from_elsewhere_comes_in_and_goes_out_byte_for_byte(
    holder: User, elsewhere: dict[str, Any], kind: str
) -> None:
    token = plaudit.issue_jwt(samples.credential(), samples.GUILD, timezone.now() - YESTERDAY).encode()
    plain = signed()
    drawing = b'<svg xmlns="http://www.w3.org/2000/svg" viewBox="0 0 9 9"/>'
    given = {
        "JSON": plain, "JWT": token, "PNG": plaudit.bake(png(), plain), "SVG": plaudit.bake(drawing, plain),
        "text": plain, "JWT text": token,
    }[kind]  # fmt: skip
    client = signed_in(holder)
    path = give(client, text=given.decode()) if "text" in kind else give(client, given)
    assert "One badge came in" in text_of(client, path)
    imported = Imported.objects.get()
    assert (imported.owner, imported.title, imported.visibility) == (holder, "Soldering", "only_me")
    page = text_of(client, "/badges")
    for word in ("Soldering", "Makers’ Guild", "Imported", "31 Oct 2026"):
        assert word in page
    file = client.get(f"/badges/imported/{imported.public_id}/file")
    assert file.content == given
    assert "attachment" in file["Content-Disposition"]
    assert "sandbox" in file["Content-Security-Policy"]


@pytest.mark.journey("J42")
def test_open_badges_2_by_its_address(eve: User, elsewhere: dict[str, Any]) -> None:
    proving.prove(eve, guild2.EMAIL, how="code")
    client = signed_in(eve)
    give(client, text=guild2.ADDRESS)
    imported = Imported.objects.get()
    assert bytes(imported.content) == elsewhere[guild2.ADDRESS]
    assert (imported.form, imported.state, imported.address) == ("json", "genuine", guild2.ADDRESS)
    owning.check_again(imported, timezone.now())
    assert imported.state == "genuine"
    elsewhere[guild2.ADDRESS] = json.dumps({**guild2.hosted_web()[guild2.ADDRESS], "revoked": True}).encode()
    owning.check_again(imported, timezone.now())
    assert imported.state == "revoked"
    assert "Revoked" in text_of(client, "/badges")


def test_a_pdf_of_ours_is_read_by_what_is_attached_to_it(world: World, eve: User) -> None:
    award = world.award()
    claiming.accept(award, eve, visibility="link", trust_issuer=False)
    paper = Client().get(f"/c/{award.public_id}.pdf").content
    assert award.credential is not None
    assert papers.attached(paper) == bytes(award.credential.content)
    client = signed_in(eve)
    assert "It is on Earned already" in text_of(client, give(client, paper, name="certificate.pdf"))
    assert papers.attached(b"%PDF-1.7\n/Type /EmbeddedFile stream\n" + b"x" * 100) is None
    assert "carries no badge" in text_of(client, give(client, b"%PDF-1.7\nnothing", name="other.pdf"))


# Whose it is


@pytest.mark.journey("J42", "J16")
def test_a_badge_for_another_address_waits_and_comes_in_when_that_is_proven(
    eve: User, elsewhere: dict[str, Any]
) -> None:
    client = fresh(eve)
    path = give(client, signed())
    page = text_of(client, path)
    assert "Awarded to another address" in page
    assert samples.EMAIL not in page, "it is hashed: nobody tells it"
    assert not Imported.objects.exists()
    client.post("/account/addresses/add", {"address": samples.EMAIL})
    answer = client.post("/account/addresses/code", {"code": newest_code(samples.EMAIL)})
    assert answer["Location"] == path
    assert "One badge came in" in text_of(client, path)
    assert Imported.objects.get().awarded_to == samples.EMAIL


def test_an_address_in_clear_is_named_and_its_file_is_offered_to_nobody_else(
    eve: User, elsewhere: dict[str, Any]
) -> None:
    subject = {**samples.credential()["credentialSubject"], "id": "mailto:Eve@Clear.example"}
    subject.pop("identifier")
    client = fresh(eve)
    given = signed(credentialSubject=subject)
    assert "Eve@Clear.example" in text_of(client, give(client, given))
    proving.prove(eve, "eve@clear.example", how="code")
    run_worker()
    imported = Imported.objects.get()
    owning.set_visibility(imported, eve, "link")
    page = Client().get(f"/shown/{imported.public_id}")
    assert page.status_code == 200
    assert b"clear.example" not in page.content.lower()
    assert Client().get(f"/shown/{imported.public_id}/file").status_code == 404
    assert client.get(f"/badges/imported/{imported.public_id}/file").content == given


def test_an_unproven_address_brings_nothing_in(eve: User, elsewhere: dict[str, Any]) -> None:
    """B2."""
    from allauth.account.models import EmailAddress

    EmailAddress.objects.create(user=eve, email=samples.EMAIL, verified=False, primary=False)
    client = signed_in(eve)
    give(client, signed())
    run_worker()
    assert not Imported.objects.exists()
    assert ImportItem.objects.get().state == "other"


def test_a_badge_that_names_nobody_says_so(holder: User, elsewhere: dict[str, Any]) -> None:
    subject = {**samples.credential()["credentialSubject"]}
    subject.pop("identifier")
    client = signed_in(holder)
    assert "nobody can say whose" in text_of(client, give(client, signed(credentialSubject=subject)))


# What does not come in


def test_what_cannot_be_believed_stays_out_and_says_why(holder: User, elsewhere: dict[str, Any]) -> None:
    client = signed_in(holder)
    good = signed()
    cases = {
        good.replace(b"Soldering", b"Brain surgery"): "changed after it was signed",
        png(): "no proof inside this picture",
        b"\xff\xd8\xff\xe0JFIF": "only a picture",
        b"hello": "There is no badge in this",
        plaudit.issue(
            samples.credential(),
            plaudit.Signer(samples.key_of("thief"), samples.METHOD),
            timezone.now() - YESTERDAY,
        ): "changed after it was signed",
    }
    for given, words in cases.items():
        page = text_of(client, give(client, given))
        assert words in page
        assert "Brain surgery" not in page
    elsewhere.pop(samples.ISSUER_DOCUMENT)
    assert "could not be asked" in text_of(client, give(client, good))
    assert not Imported.objects.exists()
    assert not ImportItem.objects.exclude(content=b"").exists(), "what was refused is not kept"


def held_back() -> bytes:
    return signed(credentialStatus=status_entry(samples.LIST, "suspension", 9))


def test_a_suspended_badge_is_not_told_as_revoked(holder: User, elsewhere: dict[str, Any]) -> None:
    """Its issuer may reinstate it: that is said when it is brought in, on its page, and to its earner."""
    elsewhere[samples.LIST] = samples.status_list(purpose="suspension")
    client = signed_in(holder)
    give(client, held_back())
    imported = Imported.objects.get()
    owning.set_visibility(imported, holder, "link")
    elsewhere[samples.LIST] = samples.status_list(9, purpose="suspension")
    owning.check_again(imported, timezone.now())
    assert (imported.state, cards.card(imported).status) == ("suspended", "suspended")
    page = text_of(Client(), f"/shown/{imported.public_id}")
    assert "This badge is suspended</h2>" in page
    assert '<p class="band">Suspended</p>' in page
    assert "Suspended by its issuer" in page
    assert "evoked" not in page
    assert "has suspended it, and may reinstate it" in text_of(
        client, f"/badges/imported/{imported.public_id}/manage"
    )
    Imported.objects.all().delete()
    assert "has suspended it. Give it again" in text_of(client, give(client, held_back()))


@pytest.mark.parametrize("state", ["genuine", "authentic"])
def test_what_has_ended_since_its_last_check_says_so(
    imported: Imported, holder: User, elsewhere: dict[str, Any], state: str
) -> None:
    """J31, J42: for that nobody has to be asked; and each card says when it was checked."""
    owning.set_visibility(imported, holder, "public")
    then = timezone.now() - timedelta(hours=2)
    imported.report["credential"]["validUntil"] = then.isoformat()
    values = {"report": imported.report, "expires_at": then, "checked_at": then - YESTERDAY, "state": state}
    Imported.objects.filter(pk=imported.pk).update(**values)
    imported.refresh_from_db()
    shown = people.of_import(imported)
    assert (shown.state, shown.words) == ("expired", "Expired")
    page = text_of(Client(), f"/shown/{imported.public_id}")
    assert "was genuine and is now out of date</h2>" in page
    assert "In date" not in page
    assert "out of date now" in text_of(signed_in(holder), f"/badges/imported/{imported.public_id}/manage")
    made = collecting.make(holder, "All")
    owning.put(imported, holder, [made.public_id])
    collecting.describe(made, name="All", text="", visibility="link")
    card = text_of(Client(), f"/collection/{made.public_id}")
    assert f"Checked {day(imported.checked_at)}" in card
    assert "Expired" in card


def test_removing_an_address_names_badges_from_elsewhere_too(imported: Imported, holder: User) -> None:
    """UX 29."""
    row = EmailAddress.objects.get(user=holder, email=samples.EMAIL)
    assert imported.title in text_of(fresh(holder), f"/account/addresses/{row.pk}/remove")


def test_a_revoked_badge_stays_out(holder: User, elsewhere: dict[str, Any]) -> None:
    elsewhere[samples.LIST] = samples.status_list(4711)
    client = signed_in(holder)
    assert "has revoked it" in text_of(client, give(client, signed()))


def test_the_same_file_comes_in_once(holder: User, elsewhere: dict[str, Any]) -> None:
    client = signed_in(holder)
    given = signed()
    give(client, given)
    assert "Here already" in text_of(client, give(client, given))
    assert "Here already" in text_of(client, give(client, given, given))
    assert Imported.objects.count() == 1


# Archives


@pytest.mark.journey("J42")
def test_an_archive_brings_in_what_is_good_and_names_the_rest(
    holder: User, elsewhere: dict[str, Any]
) -> None:
    good = {f"badges/{n}.json": numbered(n) for n in range(5)}
    files = {
        **good,
        "__MACOSX/._1.json": b"x",
        "broken.json": b"{",
        "again.zip": archive({"a.json": b"{}"}),
        "big.png": b"\x89PNG" + bytes(unpacking.MOST_BYTES + 1),
        "../../etc/passwd": b"root",
    }
    client = signed_in(holder)
    path = give(client, archive(files), name="all.zip")
    page = text_of(client, path)
    assert "Being checked" in page
    assert 'data-progress="going"' in page
    run_worker()
    page = text_of(client, path)
    assert "5 badges came in" in page
    assert "4 did not come in" in page
    for word in ("broken.json", "archive inside an archive", "larger than 5 MB", "passwd"):
        assert word in page
    assert "../" not in page
    assert Imported.objects.count() == 5


def test_archives_that_were_made_to_hurt(holder: User, site: object) -> None:
    """D17 for archives: bombs, thousands of files, lies about sizes, locks; a clear answer in a moment."""
    bomb = archive({f"{n}.json": bytes(unpacking.MOST_BYTES - 1) for n in range(20)})
    assert len(bomb) < 200_000
    reasons = [piece.reason for piece in unpacking.pieces("b.zip", bomb)]
    assert reasons.count("") <= unpacking.MOST_UNPACKED // unpacking.MOST_BYTES + 1
    assert set(reasons) == {"", "together"}
    crowd = unpacking.pieces("c.zip", archive({f"{n}": b"x" for n in range(5000)}))
    assert len(crowd) == unpacking.MOST_ENTRIES + 1
    assert crowd[-1].reason == "many"
    folders = unpacking.pieces("f.zip", archive({f"{n}/": b"" for n in range(unpacking.MOST_LISTED + 1)}))
    assert [piece.reason for piece in folders] == ["many"]
    lie = bytearray(archive({"a": b"y" * 50_000}))
    at = lie.find(b"PK\x01\x02")
    lie[at + 24 : at + 28] = (10).to_bytes(4, "little")
    assert [piece.reason or len(piece.content) for piece in unpacking.pieces("l.zip", bytes(lie))] in (
        ["damaged"],
        [10],
    )
    locked = bytearray(archive({"a": b"secret"}))
    locked[locked.find(b"PK\x01\x02") + 8] |= 1
    assert unpacking.pieces("x.zip", bytes(locked))[0].reason == "locked"
    client = signed_in(holder)
    for broken in (b"PK\x03\x04nonsense", archive({"a": b"b"})[:-30], b"PK\x05\x06" + b"\xff" * 18):
        answer = client.post("/badges/add", {"file": SimpleUploadedFile("a.zip", broken)})
        assert answer.status_code == 400
        assert "cannot be read" in answer.content.decode()
    assert not Import.objects.exists()


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_an_entry_that_cannot_be_unpacked_a_little_at_a_time_is_not_unpacked(method: int) -> None:
    """D17: half a kilobyte of bzip2 takes a gigabyte, however little of it is asked for."""
    bomb = archive({"a.json": bytes(60_000_000)}, method)
    assert len(bomb) < 20_000
    tracemalloc.start()
    try:
        assert [piece.reason for piece in unpacking.pieces("b.zip", bomb)] == ["damaged"]
        assert tracemalloc.get_traced_memory()[1] < 20_000_000
    finally:
        tracemalloc.stop()


def test_a_name_shows_nothing_that_hides_or_turns() -> None:
    """D27: what a file is called stands on a page, and leads nowhere."""
    assert unpacking.shown_name("../x/a\u202egnp.\u2028b\U000e0041\u061c.json") == "agnp. b.json"
    assert unpacking.shown_name("..\\evil\x00\ufeff.png") == "evil .png"


def test_nothing_and_too_much_are_said(holder: User, site: object, monkeypatch: pytest.MonkeyPatch) -> None:
    client = signed_in(holder)
    answer = client.post("/badges/add", {"text": "  "})
    assert answer.status_code == 400
    assert "Choose a file" in answer.content.decode()
    from plaudit_site.backpack import views

    monkeypatch.setattr(views, "MOST_BODY", 1000)
    answer = client.post("/badges/add", {"file": SimpleUploadedFile("a.png", bytes(2000))})
    assert answer.status_code == 413
    monkeypatch.setattr(importing, "MOST_A_DAY", 1)
    monkeypatch.setattr(views, "MOST_BODY", 10**6)
    give(client, b"{}")
    answer = client.post("/badges/add", {"text": "{}"})
    assert answer.status_code == 429
    assert "{}" in answer.content.decode(), "what was typed is still there"


def test_a_check_that_finds_no_place_is_made_later(
    holder: User, elsewhere: dict[str, Any], monkeypatch: pytest.MonkeyPatch
) -> None:
    """DECISIONS 20: remote checks are few at a time; the others wait for the worker and lose nothing."""
    for _ in range(verifying.MOST_REMOTE):
        assert verifying._places.acquire(blocking=False)
    try:
        client = signed_in(holder)
        path = give(client, signed())
        assert "Being checked" in text_of(client, path)
    finally:
        for _ in range(verifying.MOST_REMOTE):
            verifying._places.release()
    ImportItem.objects.update(due_at=timezone.now())
    run_worker()
    assert "One badge came in" in text_of(client, path)


# What is done with it


@pytest.mark.journey("J42", "J14")
def test_it_is_counted_beside_the_address_that_it_was_awarded_to(
    holder: User, imported: Imported, elsewhere: dict[str, Any]
) -> None:
    def counted() -> dict[str, int]:
        return {one.address: one.badges for one in addresses.owned(holder)}

    assert counted()[imported.awarded_to] == 1
    assert "One badge</span>" in text_of(signed_in(holder), "/account/addresses")
    owning.remove(imported, holder)
    assert counted()[imported.awarded_to] == 0


@pytest.fixture
def imported(holder: User, elsewhere: dict[str, Any]) -> Imported:
    give(signed_in(holder), plaudit.bake(png(), signed()), name="badge.png")
    return Imported.objects.get()


@pytest.mark.journey("J42", "J37")
def test_shared_it_has_a_page_that_is_no_certificate_of_ours(
    holder: User, imported: Imported, elsewhere: dict[str, Any]
) -> None:
    path = f"/shown/{imported.public_id}"
    assert Client().get(path).status_code == 404, "only its owner, until they say otherwise"
    client = signed_in(holder)
    assert "Only you can see this page" in text_of(client, path)
    client.post(f"/badges/imported/{imported.public_id}/visibility", {"visibility": "link"})
    page = text_of(Client(), path)
    for words in (
        "issued elsewhere",
        "do not know its issuer",
        "calls itself",
        'class="verdict warn"',
        "Soldering",
    ):
        assert words in page
    assert "Certificate of Authenticity" not in page
    assert "authentic" not in page.lower().replace("authenticity", "")
    assert 'verdict ok"' not in page
    assert "an address that its holder has proven here" in page
    assert samples.EMAIL not in page
    assert Client().get(f"{path}/file").content == bytes(imported.content)
    assert Client().get(f"{path}/qr.svg").status_code == 200


def test_others_never_see_a_picture_that_the_issuer_did_not_sign(
    holder: User, imported: Imported, elsewhere: dict[str, Any]
) -> None:
    """A27: a credential baked into somebody else's picture. Its owner sees the file, strangers a neutral one."""
    owning.set_visibility(imported, holder, "link")
    assert imported.picture
    assert not imported.picture_is_signed
    assert Client().get(f"/shown/{imported.public_id}/picture.png").status_code == 404
    assert "elsewhere.svg" in text_of(Client(), f"/shown/{imported.public_id}")
    assert signed_in(holder).get(f"/badges/imported/{imported.public_id}/picture.png").status_code == 200


def test_a_picture_whose_digest_was_signed_is_shown(holder: User, elsewhere: dict[str, Any]) -> None:
    """The control of the one above."""
    from plaudit_site.awards.credentials import digest_sri

    picture = png()
    related = {
        "id": "https://guild.example/b/soldering/v1.png",
        "mediaType": "image/png",
        "digestSRI": digest_sri(picture),
    }
    give(signed_in(holder), plaudit.bake(picture, signed(relatedResource=[related])))
    imported = Imported.objects.get()
    owning.set_visibility(imported, holder, "link")
    assert imported.picture_is_signed
    assert Client().get(f"/shown/{imported.public_id}/picture.png").status_code == 200


def test_anybody_checks_it_again_and_sees_when(
    imported: Imported, holder: User, elsewhere: dict[str, Any]
) -> None:
    owning.set_visibility(imported, holder, "link")
    Imported.objects.update(checked_at=timezone.now() - YESTERDAY * 3)
    elsewhere[samples.LIST] = samples.status_list(4711)
    assert "was revoked" not in text_of(Client(), f"/shown/{imported.public_id}")
    answer = Client().post(f"/shown/{imported.public_id}/check")
    assert answer["Location"] == f"/shown/{imported.public_id}"
    page = text_of(Client(), f"/shown/{imported.public_id}")
    assert "was revoked" in page
    assert 'class="verdict bad"' in page


def test_while_its_issuer_cannot_be_asked_the_last_good_answer_is_told_with_its_age(
    imported: Imported, holder: User, elsewhere: dict[str, Any]
) -> None:
    owning.set_visibility(imported, holder, "link")
    path = f"/shown/{imported.public_id}"
    Imported.objects.update(checked_at=timezone.now() - timedelta(hours=5))
    assert "The last good answer" not in text_of(Client(), path)
    list_before = elsewhere.pop(samples.LIST)
    for _time in range(2):  # the second failure forgets nothing
        Client().post(f"{path}/check")
        page = text_of(Client(), path)
        assert 'class="verdict grey"' in page
        assert "The last good answer was 5 hours ago" in page
    elsewhere[samples.LIST] = list_before
    Client().post(f"{path}/check")
    assert "The last good answer" not in text_of(Client(), path)


def test_what_others_can_see_is_asked_after_every_day(
    imported: Imported, holder: User, elsewhere: dict[str, Any]
) -> None:
    long_ago = timezone.now() - YESTERDAY * 3
    Imported.objects.update(checked_at=long_ago)
    run_worker()
    imported.refresh_from_db()
    assert imported.checked_at == long_ago, "a private one is asked after by its owner alone"
    owning.set_visibility(imported, holder, "public")
    elsewhere[samples.LIST] = samples.status_list(4711)
    run_worker()
    imported.refresh_from_db()
    assert imported.state == "revoked"


def test_what_waits_for_strangers_servers_holds_up_no_mail(monkeypatch: pytest.MonkeyPatch) -> None:
    """The worker has a thread aside for it: each job runs in exactly one."""
    from plaudit_site import work

    ran: list[tuple[str, ...]] = []
    monkeypatch.setattr(work.founding, "first_start", lambda: None)
    monkeypatch.setattr(
        work, "_rounds", lambda _stop, _name, jobs: ran.append(tuple(job.name for job in jobs))
    )
    work.run_forever(threading.Event())
    assert sorted(name for jobs in ran for name in jobs) == sorted(job.name for job in work.JOBS)
    assert {"imports", "check imported", "exports"} in [set(jobs) for jobs in ran]
    assert ("codes",) in ran


def test_checks_by_strangers_are_counted(imported: Imported, holder: User, elsewhere: dict[str, Any]) -> None:
    owning.set_visibility(imported, holder, "link")
    answers = [
        Client().post(f"/shown/{imported.public_id}/check").status_code for _ in range(verifying.CHECKS + 1)
    ]
    assert set(answers[:-1]) == {302}
    assert answers[-1] == 429


@pytest.mark.journey("J29")
def test_it_is_hidden_collected_removed_and_taken_back(holder: User, imported: Imported) -> None:
    client, base = signed_in(holder), f"/badges/imported/{imported.public_id}"
    assert "Check again" in text_of(client, f"{base}/manage")
    client.post(f"{base}/collections", {"new": "Craft"})
    made = Collection.objects.get()
    assert "Soldering" in text_of(client, f"/badges/collections/{made.public_id}")
    client.post(f"{base}/hide")
    assert "Soldering" not in text_of(client, "/badges")
    assert "Soldering" in text_of(client, "/badges/hidden")
    client.post(f"{base}/hide")
    client.post(f"{base}/visibility", {"visibility": "link"})
    assert "Remove" in text_of(client, f"{base}/remove")
    client.post(f"{base}/remove")
    assert Client().get(f"/shown/{imported.public_id}").status_code == 410
    assert "Soldering" not in text_of(client, "/badges")
    assert "Take it back" in text_of(client, "/badges/hidden")
    client.post(f"{base}/take-back")
    assert "Soldering" in text_of(client, "/badges")
    client.post(f"{base}/remove")
    Imported.objects.update(removed_at=timezone.now() - timedelta(days=31))
    run_worker()
    assert not Imported.objects.exists()
    assert Client().get(f"/shown/{imported.public_id}").status_code == 404


@pytest.mark.journey("J25")
def test_earned_is_one_list_with_filters_for_both(world: World, holder: User, imported: Imported) -> None:
    award = world.award(EVE)
    claiming.accept(award, holder, visibility="link", trust_issuer=False)
    client = signed_in(holder)
    here, there = award.version.title, "Soldering"
    for query, words in {
        "": (True, True), "?imported=yes": (False, True), "?imported=no": (True, False), "?q=guild": (False, True),
        "?visibility=only_me": (False, True), "?expired=yes": (False, False), "?sort=title": (True, True),
    }.items():  # fmt: skip
        page = text_of(client, f"/badges{query}").partition('class="grid"')[2]
        assert (here in page, there in page) == words, query


def test_nobody_else_gets_at_it(imported: Imported, sam: User, holder: User) -> None:
    """E3, B8: private, unknown and another's are the same."""
    base = f"/badges/imported/{imported.public_id}"
    client = signed_in(sam)
    for path in ("manage", "file", "picture.png", "remove"):
        assert client.get(f"{base}/{path}").status_code == 404, path
    for path in ("visibility", "hide", "remove", "take-back", "check", "collections"):
        assert client.post(f"{base}/{path}", {"visibility": "public", "new": "x"}).status_code == 404, path
    for path in ("", "/file", "/qr.svg", "/picture.png", "/check"):
        method = client.post if path == "/check" else client.get
        assert method(f"/shown/{imported.public_id}{path}").status_code == 404, path
    run = Import.objects.get()
    assert client.get(f"/badges/add/{run.public_id}").status_code == 404
    imported.refresh_from_db()
    assert (imported.visibility, imported.removed_at) == ("only_me", None)


@pytest.mark.journey("J17")
def test_merging_brings_imported_badges_along_also_when_both_had_the_same_file(
    imported: Imported, holder: User, sam: User, elsewhere: dict[str, Any]
) -> None:
    proving.prove(sam, "other@mail.example", how="code")
    twin = Imported.objects.create(
        owner=sam,
        once_key=f"{sam.public_id}:{imported.sha256}",
        **{
            name: getattr(imported, name)
            for name in (
                "sha256",
                "content",
                "form",
                "awarded_to",
                "report",
                "state",
                "title",
                "issuer_name",
                "awarded_at",
            )
        },
        visibility="link",
    )
    merged(fresh(holder), "other@mail.example")
    assert set(Imported.objects.filter(owner=holder)) == {imported, twin}
    assert Client().get(f"/shown/{twin.public_id}").status_code == 200, "the link that was shared"
    client = signed_in(holder)
    assert "Here already" in text_of(client, give(client, bytes(imported.content)))


@pytest.mark.journey("J17")
def test_a_file_that_only_the_other_account_had_is_known_after_the_merge(
    imported: Imported, holder: User, sam: User, elsewhere: dict[str, Any]
) -> None:
    merged(fresh(sam), samples.EMAIL)
    client = signed_in(sam)
    assert "Here already" in text_of(client, give(client, bytes(imported.content)))
    assert Imported.objects.get().owner == sam


@pytest.mark.parametrize(
    ("typed", "address"),
    [
        ("elsewhere.example/badges/1", "https://elsewhere.example/badges/1"),
        (" <HTTPS://Elsewhere.example/b> ", "https://Elsewhere.example/b"),
        ("0123-4567 89ABCDEFGHJKMNPQRS", f"{settings.BASE_URL}/c/0123456789abcdefghjkmnpqrs"),
        ('{"id": "https://elsewhere.example/b"}', ""),
        ("urn:uuid:0b0f5f6e-5d1e-4df0-8a63-7c6e1d8b9a55", ""),
    ],
)
def test_what_verify_understands_is_understood_here(typed: str, address: str) -> None:
    assert unpacking.piece_of_text(typed).address == address
