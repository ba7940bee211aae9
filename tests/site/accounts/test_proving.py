"""A proven address is somebody's; an unproven one is nobody's."""

from __future__ import annotations

import pytest
from allauth.account.models import EmailAddress

from plaudit_site.accounts import codes, proving
from plaudit_site.accounts.addresses import AddressRefused, address_form, masked
from plaudit_site.accounts.models import MailedCode, User
from plaudit_site.mail.models import Message
from tests import people

pytestmark = pytest.mark.django_db


def test_the_first_proven_address_is_the_primary_one(site: object) -> None:
    user = people.person("Eve", "eve@example.org")
    proving.prove(user, "EVE@work.example ", how="code")
    assert list(EmailAddress.objects.filter(user=user, primary=True).values_list("email", flat=True)) == [
        "eve@example.org"
    ]


def test_an_address_proven_by_one_cannot_be_proven_by_another(site: object) -> None:
    people.person("Eve", "eve@example.org")
    sam = people.person("Sam", "sam@example.org")
    with pytest.raises(proving.AddressTaken):
        proving.prove(sam, "Eve@Example.org", how="code")
    with pytest.raises(proving.AddressTaken):
        proving.new_account("eve@example.org")


def test_only_a_proven_address_becomes_the_primary_one(site: object) -> None:
    eve = people.person("Eve", "eve@example.org")
    EmailAddress.objects.create(user=eve, email="other@example.org", verified=False)
    with pytest.raises(proving.AddressTaken):
        proving.make_primary(eve, "other@example.org")
    proving.prove(eve, "other@example.org", how="code")
    proving.make_primary(eve, "other@example.org")
    eve.refresh_from_db()
    assert eve.email == "other@example.org"


def test_owner_of_knows_no_unproven_and_no_odd_address(site: object) -> None:
    user = User.objects.create_user("eve@example.org", "x")
    EmailAddress.objects.create(user=user, email="eve@example.org", verified=False)
    for address in ("eve@example.org", "", "no address", "ﬀ@example.org"):
        assert proving.owner_of(address) is None


@pytest.mark.parametrize(
    "address", ["ırene@example.org", "mıke@example.org", "ﬀ@example.org", "Å@example.org"]
)
def test_letters_that_fold_into_others_are_refused_before_the_at(address: str) -> None:
    """CVE-2019-19844: ı folds to I, ﬀ to ff: never the same mailbox."""
    with pytest.raises(AddressRefused):
        address_form(address)


def test_an_address_is_shown_masked() -> None:
    assert masked("amara@northwind.example") == "am•••@northwind.example"
    assert masked("ab@x.example") == "a•••@x.example"


def test_a_code_works_once_for_its_purpose_and_person(site: object) -> None:
    eve, sam = people.person("Eve", "eve@example.org"), people.person("Sam", "sam@example.org")
    code = codes.send_code("add address", "new@example.org", user=eve)
    digits = Message.objects.get(subject_id=code.handle).context["code"]
    for purpose, user in (("confirm", eve), ("add address", sam), ("add address", None)):
        with pytest.raises(codes.CodeRefused):
            codes.check_code(code.handle, digits, purpose=purpose, user=user)
    assert (
        codes.check_code(code.handle, f" {digits[:3]} {digits[3:]} ", purpose="add address", user=eve).pk
        == code.pk
    )
    with pytest.raises(codes.CodeRefused):
        codes.check_code(code.handle, digits, purpose="add address", user=eve)


def test_an_old_code_is_refused(site: object) -> None:
    eve = people.person("Eve", "eve@example.org")
    code = codes.send_code("confirm", eve.email, user=eve)
    digits = Message.objects.get(subject_id=code.handle).context["code"]
    MailedCode.objects.update(made_at=code.made_at - codes.CODE_LIVES)
    with pytest.raises(codes.CodeRefused):
        codes.check_code(code.handle, digits, purpose="confirm", user=eve)


def test_an_address_is_not_flooded_with_codes(site: object) -> None:
    for _ in range(codes.CODES_PER_HOUR):
        codes.send_code("confirm", "eve@example.org", user=None)
    with pytest.raises(codes.TooManyCodes):
        codes.send_code("confirm", "eve@example.org", user=None)


def test_no_code_and_no_link_is_stored_readably(site: object) -> None:
    code = codes.send_code("confirm", "eve@example.org", user=None)
    digits = Message.objects.get(subject_id=code.handle).context["code"]
    from datetime import timedelta

    secret = codes.make_link("undo claim", "x", "eve@example.org", lives=timedelta(days=1))
    from plaudit_site.accounts.models import MailedLink

    stored = str(list(MailedCode.objects.values())) + str(list(MailedLink.objects.values()))
    assert digits not in stored
    assert secret not in stored
