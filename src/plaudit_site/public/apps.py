from __future__ import annotations

from typing import TYPE_CHECKING

from django.apps import AppConfig

if TYPE_CHECKING:
    from plaudit_site.awards.models import Award


class PublicConfig(AppConfig):
    name = "plaudit_site.public"

    def ready(self) -> None:
        from plaudit_site.awards import downloads
        from plaudit_site.backpack import verifying
        from plaudit_site.ids import register_paths

        register_paths()
        if _record_at not in verifying.also_here:
            verifying.also_here.append(_record_at)
        if _judged not in downloads.judges:
            downloads.judges.append(_judged)


# What these need is much, and few processes ask for it.


def _record_at(url: str) -> bytes | None:
    from plaudit_site.public import records

    return records.at(url)


def _judged(award: Award) -> tuple[str, frozenset[str]]:
    from plaudit_site.public import files

    return files.judged(award)
