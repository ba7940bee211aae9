from __future__ import annotations

from typing import TYPE_CHECKING

from django.apps import AppConfig

if TYPE_CHECKING:
    from plaudit.fetch import Fetched
    from plaudit_site.awards.models import Award


class PublicConfig(AppConfig):
    name = "plaudit_site.public"

    def ready(self) -> None:
        from plaudit_site.awards import downloads
        from plaudit_site.backpack import own_addresses
        from plaudit_site.ids import register_paths

        register_paths()
        for also in (_record_at, _page_at):  # a collection is a record, and a page where it is none
            if also not in own_addresses.also_here:
                own_addresses.also_here.append(also)
        if _judged not in downloads.judges:
            downloads.judges.append(_judged)


# What these need is much, and few processes ask for it.


def _record_at(url: str) -> bytes | None:
    from plaudit_site.public import records

    return records.at(url)


def _page_at(url: str) -> Fetched | None:
    from plaudit_site.public import own_pages

    return own_pages.at(url)


def _judged(award: Award) -> tuple[str, frozenset[str]]:
    from plaudit_site.public import files

    return files.judged(award)
