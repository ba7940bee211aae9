"""Every call of the API, once: addresses, checks, OpenAPI and the page for people are made from this table."""

from __future__ import annotations

from plaudit_site.api import award_calls, badge_calls, batch_calls
from plaudit_site.api.calls import Operation
from plaudit_site.api.checking import ID_PATTERN, unknown_words
from plaudit_site.api.models import Scope
from plaudit_site.api.schemas import AWARD_STATES, COMPONENTS, MOST_ON_A_PAGE, text
from plaudit_site.awards.models import BatchRow

LIMIT = {
    "type": "integer",
    "minimum": 1,
    "maximum": MOST_ON_A_PAGE,
    "description": "How many on a page.",
}
FIND = {
    "badge": text("Of this badge alone.", pattern=ID_PATTERN),
    "state": text("In this state alone.", enum=AWARD_STATES),
    "address": text("To this address alone.", maxLength=254),
    "batch": text("Of this list alone.", pattern=ID_PATTERN),
    "since": text("Made at that moment or later.", format="date-time"),
    "limit": LIMIT,
    "cursor": text("From “next” of the page before.", pattern=ID_PATTERN),
}
LINES = {
    "state": text("Lines in this state alone.", enum=list(BatchRow.State.values)),
    "limit": LIMIT,
    "after": {
        "type": "integer",
        "minimum": 0,
        "maximum": 2**31 - 1,
        "description": "From “next” of the page before.",
    },
}
READ, AWARD, REVOKE = Scope.READ, Scope.AWARD, Scope.REVOKE
STATE = ("not-possible", "refused")

OPERATIONS: tuple[Operation, ...] = (
    Operation(
        "seeToken", "GET", "/token", READ, "What this token is and may", badge_calls.token, (200, "Token")
    ),
    Operation(
        "findBadges", "GET", "/badges", READ, "Badges that can be awarded", badge_calls.find, (200, "Badges")
    ),
    Operation(
        "award",
        "POST",
        "/awards",
        AWARD,
        "Award one person",
        award_calls.make,
        (201, "AwardWithLife"),
        "AwardRequest",
        problems=("awarded-before", "refused"),
    ),
    Operation(
        "findAwards", "GET", "/awards", READ, "Find awards", award_calls.find, (200, "Awards"), query=FIND
    ),
    Operation(
        "seeAward",
        "GET",
        "/awards/{id}",
        READ,
        "See one award and its life",
        award_calls.look,
        (200, "AwardWithLife"),
    ),
    Operation(
        "revokeAward",
        "POST",
        "/awards/{id}/revoke",
        REVOKE,
        "Revoke it, for ever",
        award_calls.revoke,
        (200, "AwardWithLife"),
        "ReasonRequest",
        problems=STATE,
    ),
    Operation(
        "suspendAward",
        "POST",
        "/awards/{id}/suspend",
        REVOKE,
        "Suspend it for a while",
        award_calls.suspend,
        (200, "AwardWithLife"),
        "ReasonRequest",
        problems=STATE,
    ),
    Operation(
        "reinstateAward",
        "POST",
        "/awards/{id}/reinstate",
        REVOKE,
        "Make it valid again",
        award_calls.reinstate,
        (200, "AwardWithLife"),
        "EmptyRequest",
        problems=STATE,
    ),
    Operation(
        "withdrawAward",
        "POST",
        "/awards/{id}/withdraw",
        REVOKE,
        "Take back what nobody has accepted",
        award_calls.withdraw,
        (200, "AwardWithLife"),
        "EmptyRequest",
        problems=STATE,
    ),
    Operation(
        "resendAward",
        "POST",
        "/awards/{id}/resend",
        AWARD,
        "Send the invitation again",
        award_calls.resend,
        (200, "AwardWithLife"),
        "EmptyRequest",
        problems=STATE,
    ),
    Operation(
        "correctAward",
        "POST",
        "/awards/{id}/correct",
        AWARD,
        "Correct name or address and send again",
        award_calls.correct,
        (200, "AwardWithLife"),
        "CorrectRequest",
        problems=(*STATE, "awarded-before"),
    ),
    Operation(
        "uploadBatch",
        "POST",
        "/batches",
        AWARD,
        "Upload a list and see its problems; nothing is awarded yet",
        batch_calls.make,
        (201, "Batch"),
        "RowsRequest",
        takes_file=True,
        problems=("file-refused", "refused"),
    ),
    Operation(
        "seeBatch", "GET", "/batches/{id}", READ, "How a list stands", batch_calls.look, (200, "Batch")
    ),
    Operation(
        "seeRows",
        "GET",
        "/batches/{id}/rows",
        READ,
        "The lines of a list",
        batch_calls.rows,
        (200, "Rows"),
        query=LINES,
    ),
    Operation(
        "readBatchAgain",
        "POST",
        "/batches/{id}/columns",
        AWARD,
        "Say what the columns, dates or badge are",
        batch_calls.columns,
        (200, "Batch"),
        "ColumnsRequest",
        problems=STATE,
    ),
    Operation(
        "startBatch",
        "POST",
        "/batches/{id}/start",
        AWARD,
        "Award every ready line",
        batch_calls.start,
        (200, "Batch"),
        "EmptyRequest",
        problems=STATE,
    ),
    Operation(
        "stopBatch",
        "POST",
        "/batches/{id}/stop",
        AWARD,
        "Call it off, or stop what is left",
        batch_calls.stop,
        (200, "Batch"),
        "EmptyRequest",
        problems=STATE,
    ),
    Operation(
        "undoBatch",
        "POST",
        "/batches/{id}/undo",
        REVOKE,
        "Take everything back that it did",
        batch_calls.undo,
        (200, "Batch"),
        "ReasonRequest",
        problems=STATE,
    ),
)

for _operation in OPERATIONS:
    for _schema in (COMPONENTS[_operation.body] if _operation.body else {}, *_operation.query.values()):
        assert not unknown_words(_schema), (_operation.name, unknown_words(_schema))
