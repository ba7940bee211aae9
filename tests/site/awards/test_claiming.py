"""The jobs behind the claim page: whose badge it is, what a press does, what trust does."""

from __future__ import annotations

from datetime import timedelta

import pytest
from allauth.account.models import EmailAddress
from django.contrib.auth.models import AnonymousUser
from django.utils import timezone

from plaudit_site.accounts import codes, proving
from plaudit_site.accounts.models import MailedLink, User
from plaudit_site.awards import claiming, invitations, life, revoking
from plaudit_site.awards.claiming import Opening
from plaudit_site.awards.models import Award, TrustedIssuer, Visibility
from plaudit_site.mail.models import Message, State
from tests import people
from tests.people import EVE, EVE_AT_WORK, World, run_worker

pytestmark = pytest.mark.django_db
STRANGER = AnonymousUser()


def opening(award: Award, visitor: User | AnonymousUser = STRANGER) -> Opening:
    award.refresh_from_db()
    return claiming.open_invitation(invitations.token(award), visitor).opening


@pytest.mark.journey("J12", "J26")
def test_one_press_makes_the_account_proves_the_address_and_accepts(world: World) -> None:
    award = world.award()
    user = claiming.accept_with_new_account(award, visibility=Visibility.LINK, trust_issuer=False)
    award.refresh_from_db()
    assert (award.state, award.earner, award.visibility) == ("accepted", user, "link")
    assert EmailAddress.objects.get(user=user, verified=True, primary=True).email == EVE
    assert not user.has_usable_password()
    run_worker()
    titles = sorted(a.version.title for a in Award.objects.earned_by(user))
    assert titles == ["Certified Product Manager", "Welcome"]


@pytest.mark.journey("J26")
def test_the_welcome_badge_comes_once_for_ever(world: World, eve: User) -> None:
    run_worker()
    proving.prove(eve, EVE_AT_WORK, how="test")
    run_worker()
    assert Award.objects.filter(earner=eve, is_welcome=True).count() == 1
    welcome = Award.objects.get(earner=eve, is_welcome=True)
    from plaudit_site.awards import keeping

    keeping.remove(welcome, eve)
    proving.prove(eve, "third@example.org", how="test")
    run_worker()
    assert Award.objects.filter(once_key=f"welcome:{eve.public_id}").count() == 1


@pytest.mark.parametrize(
    "spoil",
    [
        lambda token: token[:-1] + ("0" if token[-1] != "0" else "1"),
        lambda token: "0" * 26 + token[26:],
        lambda token: token.replace("-", ""),
        lambda token: token + "0",
        lambda token: "",
        lambda token: "é" * 53,
    ],
    ids=["one sign changed", "another award", "no separator", "longer", "empty", "not ascii"],
)
def test_a_forged_link_opens_nothing(world: World, spoil: object) -> None:
    award = world.award()
    forged = spoil(invitations.token(award))  # type: ignore[operator]
    assert claiming.open_invitation(forged, STRANGER).opening is Opening.NOTHING


@pytest.mark.journey("J11")
def test_a_corrected_address_kills_the_old_link_and_signs_anew(world: World) -> None:
    award = world.award("eev@example.org")
    old, first = invitations.token(award), award.credential
    revoking.correct(award, address=EVE, name="Eve Earner", by=world.ben)
    run_worker()
    award.refresh_from_db()
    assert claiming.open_invitation(old, STRANGER).opening is Opening.NOTHING
    assert opening(award) is Opening.NEW_ACCOUNT
    assert first is not None
    assert award.credential is not None
    assert award.credential.pk != first.pk
    assert award.credential.status_index != first.status_index
    assert first.status_list.entries.filter(index=first.status_index).exists()
    sent = Message.objects.filter(subject_id=award.public_id, kind="invitation", state=State.SENT)
    assert sent.count() == 2
    assert [step.words for step in life.steps(award) if "Signed" in step.words] == ["Signed", "Signed anew"]


def test_a_withdrawn_link_opens_nothing(world: World) -> None:
    award = world.award()
    token = invitations.token(award)
    revoking.withdraw(award, by=world.ben)
    award.refresh_from_db()
    assert life.steps(award)[-1].words == "Withdrawn"
    assert claiming.open_invitation(token, STRANGER).opening is Opening.NOTHING


def test_a_spent_link_opens_nothing_for_a_stranger_and_the_badge_for_its_owner(world: World) -> None:
    award = world.award()
    user = claiming.accept_with_new_account(award, visibility="link", trust_issuer=False)
    assert opening(award) is Opening.NOTHING
    assert opening(award, user) is Opening.MINE_ALREADY


@pytest.mark.journey("J9")
def test_a_link_to_an_account_that_exists_asks_for_its_sign_in(world: World, eve: User) -> None:
    assert opening(world.award()) is Opening.SIGN_IN


@pytest.mark.journey("J9")
def test_a_signed_in_owner_goes_straight_to_the_acceptance(world: World, eve: User) -> None:
    assert opening(world.award(), eve) is Opening.MINE


@pytest.mark.journey("J16")
def test_somebody_else_signed_in_is_offered_to_add_an_address_nobody_has(world: World, sam: User) -> None:
    assert opening(world.award(), sam) is Opening.ADD_ADDRESS


def test_somebody_else_signed_in_gets_nothing_of_an_address_that_is_taken(
    world: World, eve: User, sam: User
) -> None:
    assert opening(world.award(), sam) is Opening.NOTHING


def test_nobody_accepts_for_an_address_that_is_not_proven_theirs(world: World, sam: User) -> None:
    award = world.award()
    EmailAddress.objects.create(user=sam, email=EVE, verified=False)
    with pytest.raises(claiming.NotYours):
        claiming.accept(award, sam, visibility="link", trust_issuer=True)
    assert not claiming.waiting_for(sam).exists()
    assert not TrustedIssuer.objects.filter(user=sam).exists()


def test_an_account_made_in_advance_does_not_win_the_mailbox(world: World) -> None:
    """SECURITY B1: the attacker signs up with the victim's address before the badge comes."""
    squatter = User.objects.create_user(EVE, "attacker's password")
    EmailAddress.objects.create(user=squatter, email=EVE, verified=False, primary=True)
    award = world.award()
    assert opening(award) is Opening.NEW_ACCOUNT
    user = claiming.accept_with_new_account(award, visibility="link", trust_issuer=False)
    assert user.pk != squatter.pk
    assert not User.objects.filter(pk=squatter.pk).exists()
    assert not user.has_usable_password()


def test_an_unproven_claim_of_a_real_account_falls_without_harming_it(world: World, sam: User) -> None:
    EmailAddress.objects.create(user=sam, email=EVE, verified=False)
    claiming.accept_with_new_account(world.award(), visibility="link", trust_issuer=False)
    sam.refresh_from_db()
    assert sam.email == "sam@elsewhere.example"
    assert not EmailAddress.objects.filter(user=sam, email=EVE).exists()


@pytest.mark.journey("J16")
def test_awards_to_any_proven_address_arrive(world: World, eve: User) -> None:
    at_work = world.award(EVE_AT_WORK)
    assert not claiming.waiting_for(eve).exists()
    proving.prove(eve, EVE_AT_WORK, how="code")
    assert [a.pk for a in claiming.waiting_for(eve)] == [at_work.pk]


@pytest.mark.journey("J21", "J22")
def test_the_tick_brings_in_what_waits_and_what_comes_but_only_of_that_issuer(
    world: World, eve: User
) -> None:
    first, second = world.award(), world.award(badge=world.badge_like("Second Badge"))
    other = people.make_badge(world.issuer, "Third Badge")
    assert claiming.accept(first, eve, visibility="only_me", trust_issuer=True) == 1
    second.refresh_from_db()
    assert (second.state, second.visibility, second.accepted_by_trust) == ("accepted", "only_me", True)
    assert world.award(badge=other).state == "accepted"
    from plaudit_site.issuers import founding

    stranger = founding.found(
        world.ada,
        name="Another School",
        url="https://other.example",
        email="x@other.example",
        standing="approved",
    )
    from plaudit_site.awards import awarding

    foreign = awarding.award(people.make_badge(stranger, "Foreign"), address=EVE, name="Eve", by=world.ada)
    run_worker()
    foreign.refresh_from_db()
    assert foreign.state == "waiting"


@pytest.mark.journey("J22", "J19")
def test_without_the_tick_the_next_badge_waits(world: World, eve: User) -> None:
    claiming.accept(world.award(), eve, visibility="link", trust_issuer=False)
    assert world.award(badge=world.badge_like("Second Badge")).state == "waiting"


@pytest.mark.journey("J21")
def test_trust_is_in_the_row_not_in_name_or_key(world: World, eve: User) -> None:
    from plaudit_site.issuers import founding, keys

    claiming.accept(world.award(), eve, visibility="link", trust_issuer=True)
    keys.rotate(world.issuer, by="ada")
    assert world.award(badge=world.badge_like("After Rotation")).state == "accepted"
    impostor = founding.found(
        world.ada, name=world.issuer.name, url=world.issuer.url, email="x@other.example", standing="approved"
    )
    from plaudit_site.awards import awarding

    fake = awarding.award(people.make_badge(impostor, "Fake"), address=EVE, name="Eve", by=world.ada)
    run_worker()
    fake.refresh_from_db()
    assert fake.state == "waiting"


@pytest.mark.journey("J23")
def test_trust_is_withdrawn_without_touching_what_was_accepted(world: World, eve: User) -> None:
    first = world.award()
    claiming.accept(first, eve, visibility="link", trust_issuer=True)
    claiming.distrust(eve, world.issuer)
    first.refresh_from_db()
    assert first.state == "accepted"
    assert world.award(badge=world.badge_like("Later")).state == "waiting"


@pytest.mark.journey("J20")
def test_declining_is_undone(world: World, eve: User) -> None:
    award = world.award()
    assert claiming.decline(award, actor="eve")
    award.refresh_from_db()
    assert award.state == "declined"
    assert not claiming.waiting_for(eve).exists()
    assert claiming.undo_decline(award, actor="eve")
    assert claiming.waiting_for(eve).exists()


def test_a_declined_badge_is_not_brought_in_by_trust(world: World, eve: User) -> None:
    declined, other = world.award(), world.award(badge=world.badge_like("Other"))
    claiming.decline(declined, actor="eve")
    claiming.accept(other, eve, visibility="link", trust_issuer=True)
    declined.refresh_from_db()
    assert declined.state == "declined"


@pytest.mark.journey("J12")
def test_the_mailbox_takes_a_forwarded_claim_back(world: World) -> None:
    award = world.award()
    thief = claiming.accept_with_new_account(award, visibility="public", trust_issuer=True)
    run_worker()
    notice = Message.objects.get(kind="claimed_notice")
    assert notice.state == State.SENT
    assert notice.context == {}
    link = MailedLink.objects.get(purpose=claiming.UNDO_PURPOSE)
    old = invitations.token(award)
    assert claiming.undo_claim(link)
    award.refresh_from_db()
    thief.refresh_from_db()
    assert (award.state, award.earner, award.visibility) == ("waiting", None, "only_me")
    assert claiming.open_invitation(old, STRANGER).opening is Opening.NOTHING
    assert proving.owner_of(EVE) is None
    assert not thief.is_active
    assert not TrustedIssuer.objects.exists()
    run_worker()
    true_owner = claiming.accept_with_new_account(award, visibility="link", trust_issuer=False)
    run_worker()
    assert Award.objects.earned_by(true_owner).count() == 2
    assert not claiming.undo_claim(link)


def test_the_undo_keeps_the_thiefs_own_address_out_of_it(world: World, sam: User) -> None:
    award = world.award()
    proving.prove(sam, EVE, how="code")
    claiming.accept(award, sam, visibility="link", trust_issuer=False)
    secret = codes.make_link(claiming.UNDO_PURPOSE, award.public_id, EVE, lives=timedelta(days=1))
    link = codes.find_link(claiming.UNDO_PURPOSE, secret)
    assert link is not None
    epoch = sam.session_epoch
    assert claiming.undo_claim(link)
    sam.refresh_from_db()
    assert sam.is_active
    assert sam.email == "sam@elsewhere.example"
    assert sam.session_epoch == epoch + 1


@pytest.mark.journey("J2")
def test_two_reminders_and_no_more_and_none_after_the_answer(world: World) -> None:
    waiting, answered = world.award("one@example.org"), world.award("two@example.org")
    claiming.accept_with_new_account(answered, visibility="link", trust_issuer=False)
    invited = Message.objects.get(kind="invitation", subject_id=waiting.public_id).sent_at
    assert invited is not None
    for days in (3, 10):
        # Each is queued when the mail before it has left, so that a list of many is not queued three times over.
        for message in Message.objects.filter(kind="reminder", state=State.QUEUED):
            assert message.due_at is not None
            assert round((message.due_at - invited) / timedelta(days=1), 3) == days
        Message.objects.filter(kind="reminder", state=State.QUEUED).update(due_at=timezone.now())
        run_worker()
    sent = Message.objects.filter(kind="reminder", state=State.SENT).values_list("subject_id", flat=True)
    assert list(sent) == [waiting.public_id] * 2
    assert not Message.objects.filter(kind="reminder", state=State.QUEUED).exists()


def test_revoking_wins_over_a_press(world: World, eve: User) -> None:
    award = world.award()
    revoking.revoke(award, reason="error", by=world.ben)
    with pytest.raises(claiming.NotYours):
        claiming.accept(award, eve, visibility="link", trust_issuer=False)
