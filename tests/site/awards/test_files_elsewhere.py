"""Uploads in a bucket that all machines reach (PLAUDIT_FILES_URL), instead of a folder of this one."""

from __future__ import annotations

import io
from collections.abc import Iterator
from datetime import timedelta
from typing import Any

import pytest
from django.core.exceptions import ImproperlyConfigured
from django.core.files.storage import default_storage, storages
from django.utils import timezone

from plaudit_site import settings as site_settings
from plaudit_site.awards import batching, staging, sweeping
from plaudit_site.awards.models import Award, Batch
from plaudit_site.examining import files
from plaudit_site.examining.findings import Scope
from tests.people import World, run_worker
from tests.site.bucket import Bucket, bucket
from tests.site.conftest import signed_in

pytestmark = pytest.mark.django_db
LIST = b"name,email\nAda Lovelace,ada@example.org\n"


@pytest.fixture
def far(settings: Any) -> Iterator[Bucket]:
    with bucket() as made:
        url = f"s3://badges/site?endpoint=http://127.0.0.1:{made.port}"
        settings.STORAGES = {**settings.STORAGES, "default": site_settings.files(url, "key", "secret")}
        yield made
        storages["default"].connection.meta.client.close()


def upload(world: World, data: bytes = LIST) -> Batch:
    return staging.upload(world.issuer, io.BytesIO(data), name="l.csv", badge=world.badge, by=world.ben)


def test_a_list_is_kept_read_awarded_and_forgotten_there(far: Bucket, world: World) -> None:
    batch = upload(world)
    assert far.files == {f"site/imports/{batch.public_id}": LIST}
    assert not list(files.uploads(Scope(), None))
    batching.start(batch, by=world.ben)
    Batch.objects.update(due_at=timezone.now(), begins_at=timezone.now())
    run_worker()
    assert Award.objects.get(batch=batch).address == "ada@example.org"
    assert far.files == {}, "the rows hold what is needed"
    assert far.unsigned == 0


def test_a_large_one_goes_and_comes_in_parts(far: Bucket, world: World) -> None:
    rows = b"".join(b"Person %d,person-%d@example.org,%s\n" % (n, n, b"x" * 900) for n in range(10_000))
    batch = upload(world, b"name,email,note\n" + rows)
    assert far.parts == {}
    assert len(far.files[f"site/imports/{batch.public_id}"]) > 9_000_000
    while batch.state == Batch.State.READING:
        staging.read_some("reader")
        batch.refresh_from_db()
    assert batch.rows.count() == 10_000


def test_what_is_gone_or_changed_there_is_said(far: Bucket, world: World) -> None:
    batch = upload(world)
    key = next(iter(far.files))
    far.files[key] = LIST + b"Eve,eve@example.org\n"
    assert "was changed" in next(files.uploads(Scope(), None)).problem
    del far.files[key]
    assert "is gone" in next(files.uploads(Scope(), None)).problem
    assert batch.file


@pytest.mark.parametrize("where", ["far", "here"])
def test_other_columns_of_a_list_whose_file_is_gone_are_left_to_a_worker(
    where: str, world: World, request: Any
) -> None:
    """It went, or another machine has it: no page of an error."""
    bucket = request.getfixturevalue("far") if where == "far" else None
    batch = upload(world)
    assert batch.state == Batch.State.CHECKED
    if bucket is None:
        default_storage.delete(batch.file)
    else:
        bucket.files.clear()
    path = f"/manage/{world.issuer.slug}/batches/{batch.public_id}"
    told = {"column-0": "address", "column-1": "name", "badge": world.badge.public_id}
    assert signed_in(world.ben).post(f"{path}/columns", told).status_code == 302
    batch.refresh_from_db()
    assert (batch.state, batch.attempts) == (Batch.State.READING, 0)
    assert signed_in(world.ben).get(path).status_code == 200
    for _ in range(staging.MOST_TRIES):
        Batch.objects.update(due_at=timezone.now())
        staging.read_some("worker")
    batch.refresh_from_db()
    assert (batch.state, batch.problem) == ("refused", "The uploaded file is gone. Upload it again.")


def test_strays_are_named_and_swept_there(far: Bucket, world: World) -> None:
    upload(world)
    far.files["site/imports/stray"] = b"half"
    assert list(sweeping.strays()) == []
    far.age = timedelta(hours=2)
    assert [one.what for one in files.strays(Scope(), None)] == ["file imports/stray"]
    sweeping.sweep_some()
    assert len(far.files) == 1


def test_a_bucket_needs_its_key() -> None:
    with pytest.raises(ImproperlyConfigured, match="PLAUDIT_FILES_KEY"):
        site_settings.files("s3://badges", "", "")
