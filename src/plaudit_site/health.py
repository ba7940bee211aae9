"""Two questions of a supervisor or load balancer: does the process live, and may it get requests?"""

from collections.abc import Callable

from django.db import DatabaseError, connection
from django.db.migrations.executor import MigrationExecutor
from django.http import HttpRequest, HttpResponse, JsonResponse
from django.views.decorators.cache import never_cache
from django.views.decorators.http import require_safe

from plaudit_site.accounts.guards import anyone


@anyone
@never_cache
@require_safe
def live(request: HttpRequest) -> HttpResponse:
    """This process answers. It asks nobody else, so a slow database never gets a healthy process killed."""
    return HttpResponse("ok\n", content_type="text/plain; charset=utf-8")


@anyone
@never_cache
@require_safe
def ready(request: HttpRequest) -> JsonResponse:
    """The database answers and is at this version; 503 with the name of what fails otherwise."""
    answers = {name: _try(check) for name, check in CHECKS.items()}
    return JsonResponse(answers, status=200 if set(answers.values()) == {"ok"} else 503)


def _database() -> bool:
    with connection.cursor() as cursor:
        cursor.execute("SELECT 1")
        return bool(cursor.fetchone())


def _migrations() -> bool:
    """Asked until it is so: a database does not go back while a process lives, and asking reads every file."""
    global _migrated
    if not _migrated:
        executor = MigrationExecutor(connection)
        _migrated = not executor.migration_plan(executor.loader.graph.leaf_nodes())
    return _migrated


_migrated = False


CHECKS: dict[str, Callable[[], bool]] = {"database": _database, "migrations": _migrations}


def _try(check: Callable[[], bool]) -> str:
    try:
        return "ok" if check() else "failed"
    except DatabaseError:
        return "failed"
