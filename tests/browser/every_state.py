"""Makes a certificate in each of its states in the site of the environment, each of an issuer of its own; prints them.

Called by test_states.py.
"""

from __future__ import annotations

import json

import django

django.setup()

from django.conf import settings  # noqa: E402

from plaudit_site.awards import keeping  # noqa: E402
from plaudit_site.awards.models import Award, Visibility  # noqa: E402
from plaudit_site.issuers import founding  # noqa: E402
from tests import people  # noqa: E402
from tests.site.public.test_states import CASES, kept  # noqa: E402

STATES = {str(state): case[0] for state, case in CASES.items()} | {"private": kept, "removed": kept}


def main() -> None:
    ada = people.person("Ada Owner", "ada@harbour.example")
    eve = people.person("Amara Okafor", people.EVE)
    found = {}
    for number, (state, make) in enumerate(STATES.items()):
        issuer = founding.found(
            ada,
            name=f"Harbour College {number + 1}",
            url="https://harbour.example/",
            email="ada@harbour.example",
            standing="approved",
        )
        world = people.World(ada, ada, issuer, people.make_badge(issuer, "Certified Harbour Pilot"))
        award = make(world, eve)
        Award.objects.filter(pk=award.pk).update(visibility=Visibility.LINK)
        if state == "private":
            Award.objects.filter(pk=award.pk).update(visibility=Visibility.ONLY_ME)
        if state == "removed":
            keeping.remove(award, eve)
        found[state] = f"{settings.BASE_URL}/i/{issuer.slug}/c/{award.public_id}"
    people.run_worker()
    print(json.dumps(found))


if __name__ == "__main__":
    main()
