"""What requests and answers look like: data alone. Requests are checked against it, and OpenAPI shows it."""

from __future__ import annotations

from typing import Any

from plaudit.report import CODES
from plaudit_site.api.checking import ID_PATTERN, ONE_LINE
from plaudit_site.api.hooks.events import KINDS, NAMES, TEST
from plaudit_site.api.models import WebhookMessage
from plaudit_site.awards import resending
from plaudit_site.awards.models import Award, Batch, BatchRow
from plaudit_site.backpack.verifying import State as Verdict
from plaudit_site.mail.models import State as MailState

Schema = dict[str, Any]
MOST_ROWS = 5_000
"""More rows than that come as CSV or XLSX, which is streamed."""
MOST_ON_A_PAGE = 200
AWARD_STATES = [*Award.State.values, "suspended", "revoked"]


def text(words: str, **more: Any) -> Schema:
    return {"type": "string", "description": words, **more}


def closed(words: str, properties: Schema, *, needs: tuple[str, ...] = (), **more: Any) -> Schema:
    """An object that takes no other member."""
    return {
        "type": "object",
        "description": words,
        "properties": properties,
        "required": list(needs),
        "additionalProperties": False,
        **more,
    }


def or_null(schema: Schema) -> Schema:
    return {**schema, "type": [schema["type"], "null"]}


def identifier(words: str) -> Schema:
    return text(words, pattern=ID_PATTERN)


# What a program sends

BADGE = identifier("The badge's id, from GET /badges.")
NAME = text("As it should stand on the certificate.", minLength=1, maxLength=200, example="Ada Lovelace")
ADDRESS = text("The e-mail address to award.", minLength=3, maxLength=254, example="ada@example.org")
PERSON: Schema = {
    "name": NAME,
    "address": ADDRESS,
    "date": text(
        "When it was earned; today if left out. Never in the future, nor before 1900.", format="date"
    ),
    "expires": text("The last day on which it is valid; else as the badge says.", format="date"),
    "evidence": text("A link to the work, http or https.", maxLength=500, example="https://example.org/work"),
    "result": text("What was reached, such as 87 %; it is signed and shown.", maxLength=100),
    "language": text("The language of the mail, such as en.", maxLength=12),
}
OWN_ID = text("Your id of somebody in your register; it stands for name and address.", maxLength=100)
SEND_AT = text("Sign and send it then; until then it can be withdrawn.", format="date-time")
AWARD_REQUEST = closed(
    "One person and the badge to award: by name and address, or by an id of your register.",
    {
        "badge": BADGE,
        **PERSON,
        "own_id": OWN_ID,
        "send_at": SEND_AT,
        "note": text("A line from you; it stands in the mail and on the claim page.", maxLength=1000),
    },
    needs=("badge",),
)
CORRECT_REQUEST = closed(
    "What was wrong. What is left out stays.", {"name": NAME, "address": ADDRESS}, minProperties=1
)
REASON = text(
    "It is public: it stands on the certificate page, and the earner is told.", minLength=1, maxLength=300
)
REASON_REQUEST = closed("Why.", {"reason": REASON}, needs=("reason",))
EMPTY_REQUEST = closed("Nothing is needed; {} or no body at all.", {})
ROW_REQUEST = closed(
    "One person of the list. What is wrong with a row does not refuse the list: it is told in the preview.",
    {
        "badge": text("The badge's id or title; else the list's.", maxLength=200, pattern=ONE_LINE),
        **{
            name: text(schema["description"], maxLength=schema.get("maxLength", 40), pattern=ONE_LINE)
            for name, schema in PERSON.items()
        },
        "given_name": text(
            "The first name, where “name” is left out; it needs the last name too.",
            maxLength=100,
            pattern=ONE_LINE,
        ),
        "family_name": text(
            "The last name, where “name” is left out; it needs the first name too.",
            maxLength=100,
            pattern=ONE_LINE,
        ),
        "own_id": text("Your own number for the person.", maxLength=100, pattern=ONE_LINE),
        "note": text("A line from you.", maxLength=1000, pattern=ONE_LINE),
    },
)
START_REQUEST = closed(
    "When. Nothing is needed: without it, at once.",
    {"send_at": text("Award and send it then; until then it can be called off.", format="date-time")},
)
CORRECT_ROW_REQUEST = closed(
    "Other cells, as they would stand in the file. What is left out stays.",
    {
        **{name: ROW_REQUEST["properties"][name] for name in ("name", "address")},
        **{name: one for name, one in ROW_REQUEST["properties"].items() if name not in {"name", "address"}},
        "as_it_is": {
            "type": "boolean",
            "description": "What looks like a typing error in the address is none.",
        },
    },
    minProperties=1,
)
_HOLD = {
    "name": "names",
    "given_name": "first names",
    "family_name": "last names",
    "address": "e-mail addresses",
    "own_id": "your own numbers",
    "badge": "badges",
    "date": "dates",
    "expires": "last days",
    "evidence": "links to the work",
    "note": "lines from you",
    "result": "results",
    "language": "languages",
}
COLUMNS = {
    "type": "object",
    "description": "Which heading of the file is which column of ours, where our guess is wrong; "
    "remembered for the issuer's later lists.",
    "properties": {
        name: text(f"The heading of the column that holds {words}.", maxLength=200)
        for name, words in _HOLD.items()
    },
    "additionalProperties": False,
}
DATE_ORDER = text("How dates like 3/4/2026 are meant.", enum=["day-first", "month-first"])
ROWS_REQUEST = closed(
    "A list as JSON. Larger ones as a file.",
    {
        "badge": identifier("The badge of rows that name none."),
        "rows": {
            "type": "array",
            "description": f"1 to {MOST_ROWS} people. The first one is line 2, as under a row of headings.",
            "items": ROW_REQUEST,
            "minItems": 1,
            "maxItems": MOST_ROWS,
        },
    },
    needs=("rows",),
)
FILE_FIELDS = closed(
    "A list as a file.",
    {
        "file": {
            "type": "string",
            "contentMediaType": "application/octet-stream",
            "description": "CSV or XLSX.",
        },
        "badge": identifier("The badge of rows that name none."),
    },
    needs=("file",),
)
COLUMNS_REQUEST = closed(
    "How the file is meant. What is left out stays.",
    {"columns": COLUMNS, "date_order": DATE_ORDER, "badge": identifier("The badge of rows that name none.")},
    minProperties=1,
)

WEBHOOK_URL = text(
    "Where messages are sent: a public https address.",
    minLength=1,
    maxLength=500,
    example="https://example.org/hooks",
)
EVENTS = {
    "type": "array",
    "description": "What it is told of; empty: everything. "
    + "; ".join(f"{kind.name}: {kind.words}" for kind in KINDS)
    + ".",
    "items": text("An event.", enum=list(NAMES)),
    "maxItems": len(NAMES),
}
WEBHOOK_REQUEST = closed("Where to, and what.", {"url": WEBHOOK_URL, "events": EVENTS}, needs=("url",))
WEBHOOK_CHANGE = closed(
    "What is left out stays.",
    {
        "url": WEBHOOK_URL,
        "events": EVENTS,
        "paused": {
            "type": "boolean",
            "description": "While it is paused, what happens waits, at most seven days.",
        },
    },
    minProperties=1,
)

# What it gets

MOMENT = {"type": "string", "format": "date-time"}
NUMBER = {"type": "integer", "minimum": 0}
LINK = {"type": "string", "format": "uri"}
ID = {"type": "string", "pattern": ID_PATTERN}


def answer(words: str, properties: Schema, *, may_lack: tuple[str, ...] = ()) -> Schema:
    needs = tuple(name for name in properties if name not in may_lack)
    return closed(words, properties, needs=needs)


def counts(words: str, names: list[str]) -> Schema:
    return answer(words, dict.fromkeys(names, NUMBER))


MAIL = {
    **answer(
        "The latest mail about it: the one that brings it, a reminder, or what is sent before it ends. "
        "Null before there is one.",
        {
            "state": {"type": "string", "enum": list(MailState.values)},
            "kind": text("Which mail it is.", enum=[*resending.KINDS, *resending.LATER]),
            "words": text("The same for people; why it did not arrive, if so."),
            "code": or_null(text("The enhanced status code (RFC 3463), where there is one.")),
        },
    ),
    "type": ["object", "null"],
}
STEP = answer(
    "Something that happened.",
    {
        "at": or_null(MOMENT),
        "words": text("For people."),
        "tone": text("", enum=["", "ok", "info", "warn", "bad"]),
    },
)
_AWARD: Schema = {
    "id": ID,
    "badge": answer("Which badge.", {"id": ID, "title": text("Its title."), "version": NUMBER}),
    "name": text("The person's name."),
    "address": text("The e-mail address."),
    "state": {"type": "string", "enum": AWARD_STATES},
    "words": text("The state for people."),
    "mail": MAIL,
    "made_at": MOMENT,
    "awarded_at": MOMENT,
    "expires_at": or_null(MOMENT),
    "opened_at": {**or_null(MOMENT), "description": "When somebody first looked at its claim page."},
    "evidence": or_null(text("A link to the work.")),
    "note": text("The issuer's line."),
    "result": text("What was reached."),
    "language": text("Of its mails."),
    "batch": or_null(ID),
    "line": or_null(NUMBER),
    "certificate": LINK,
    "credential": {**or_null(LINK), "description": "The signed file; null until it is signed."},
    "page": LINK,
}
AWARD = answer("An award, as it stands now.", _AWARD)
AWARD_LIFE = answer(
    "An award with its life, oldest step first.",
    {**_AWARD, "problem": text("What went wrong."), "life": {"type": "array", "items": STEP}},
)
AWARDS = answer(
    "Newest first.",
    {
        "awards": {"type": "array", "items": AWARD},
        "next": {**or_null(LINK), "description": "The next page; null on the last one."},
    },
)
BADGES = answer(
    "The badges that can be awarded, by title.",
    {
        "badges": {
            "type": "array",
            "items": answer(
                "A published badge.",
                {
                    "id": ID,
                    "title": text("Its title."),
                    "version": NUMBER,
                    "repeat": text(
                        "Once, renewed by a later one, or several times.", enum=["once", "renew", "again"]
                    ),
                    "picture": LINK,
                    "page": LINK,
                },
            ),
        }
    },
)
TOKEN = answer(
    "The token that asks.",
    {
        "name": text("What it is called in the console."),
        "issuer": answer("For whom.", {"id": ID, "slug": text(""), "name": text("")}),
        "scopes": {"type": "array", "items": {"type": "string"}},
        "expires_at": or_null(MOMENT),
        "requests_a_minute": NUMBER,
    },
)
TOLD = answer(
    "A problem of one cell or row.",
    {
        "column": or_null(text("Our word for the column.")),
        "value": text("What stands there."),
        "words": text("What is wrong and what to do."),
        "suggestion": or_null(text("What was likely meant.")),
    },
)
_ROW: Schema = {
    "line": NUMBER,
    "state": {"type": "string", "enum": list(BatchRow.State.values)},
    "name": text("As written."),
    "address": text("As written."),
    "badge": or_null(ID),
    "problems": {"type": "array", "items": TOLD},
    "award": or_null(ID),
}
ROW = answer("One line of the list.", _ROW)
ROW_IN_FULL = answer(
    "One line of the list with all its cells, and what would come of it.",
    {
        **_ROW,
        "cells": answer(
            "As they stand in the file, or as they were understood.",
            {name: text(f"Of the column of {words}.") for name, words in _HOLD.items()},
        ),
        "mail": {
            **answer(
                "The very mail that this person would get; null while the line has problems. "
                "Its links lead nowhere yet.",
                {
                    "sender_name": text("From whom."),
                    "to": text("To which address."),
                    "subject": text(""),
                    "text": text("For readers of plain text."),
                    "html": text("For all others."),
                    "goes_out": {
                        "type": "boolean",
                        "description": "False where the line is left out, there already, or was not awarded.",
                    },
                },
            ),
            "type": ["object", "null"],
        },
        "title": or_null(text("The badge's title.")),
        "picture": {**or_null(LINK), "description": "The badge's picture."},
        "page": LINK,
    },
)
BATCH = answer(
    "A list and how it stands at this moment.",
    {
        "id": ID,
        "state": {"type": "string", "enum": list(Batch.State.values)},
        "words": text("The state for people."),
        "problem": text("Why it waits, stopped or could not be read."),
        "file": text("Its name."),
        "badge": or_null(ID),
        "made_at": MOMENT,
        "started_at": or_null(MOMENT),
        "begins_at": {
            **or_null(MOMENT),
            "description": "When the first award is made; until then stop calls it off.",
        },
        "ended_at": or_null(MOMENT),
        "is_over": {"type": "boolean", "description": "Nothing more happens by itself."},
        "rows": counts("Lines by state.", list(BatchRow.State.values)),
        "awards": counts("Awards made, by state.", list(Award.State.values)),
        "mails": counts(
            "Of the mails that bring the awards: waiting, sent, dropped (not wanted, or not needed any more). "
            "Undelivered: awards whose latest mail, reminders and mails before an end included, could not be "
            "delivered.",
            ["waiting", "sent", "undelivered", "dropped"],
        ),
        "rate": {
            "type": "number",
            "description": "Mails settled in a second; 0 while it is too early to say.",
        },
        "seconds_left": or_null(NUMBER),
        "columns": {
            "type": "array",
            "items": answer(
                "A heading of the file.",
                {
                    "heading": text(""),
                    "sample": text(""),
                    "column": or_null(text("Our word for it; null: left out.")),
                },
            ),
        },
        "lacks": {"type": "array", "items": text("A column without which no row can be awarded.")},
        "warnings": {"type": "array", "items": text("What may be wrong with every row, for people.")},
        "dates": {
            **answer(
                "A date of the file and how it is read; null when there is nothing to mistake.",
                {"sample": text(""), "read_as": text(""), "order": DATE_ORDER, "sure": {"type": "boolean"}},
            ),
            "type": ["object", "null"],
        },
        "problems": {
            "type": "array",
            "description": "The first rows that need attention; all of them: GET /batches/{id}/rows?state=bad.",
            "items": ROW,
        },
        "page": LINK,
    },
)
ROWS = answer("Lines in their order.", {"rows": {"type": "array", "items": ROW}, "next": or_null(LINK)})
PROBLEM = {
    "type": "object",
    "description": "RFC 9457.",
    "properties": {
        "type": LINK,
        "title": text("The kind."),
        "status": NUMBER,
        "detail": text("This very case."),
        "instance": text("A number to name to the people who run the site."),
        "errors": {
            "type": "array",
            "items": closed(
                "One place.",
                {
                    "pointer": text("Where in the body (RFC 6901)."),
                    "parameter": text("Or which parameter or header."),
                    "detail": text("What is wrong."),
                    "mend": text("What to do."),
                },
                needs=("detail", "mend"),
            ),
        },
        "award": ID,
    },
    "required": ["type", "title", "status", "detail"],
    "additionalProperties": False,
}
CHECK = answer(
    "One question, and how it came out.",
    {
        "id": text("Its name."),
        "number": NUMBER,
        "title": text("What is asked."),
        "outcome": text("", enum=["passed", "failed", "unknown", "absent"]),
        "sentence": text("For a visitor."),
        "detail": text("For an engineer."),
        "code": text(
            "A word for programs where one outcome has several kinds.",
            enum=["", *CODES],
        ),
        "as_of": text(
            "Of “status”: the day of its issuer's last list, where no later one will come; else empty."
        ),
    },
)
REPORT = {
    "type": "object",
    "description": "What was found about a badge. Only “authentic” is good without a doubt about the issuer.",
    "properties": {
        "state": text("The verdict.", enum=list(Verdict)),
        "look_alike": text(
            "The name of an issuer that this site knows, when this badge is from another one whose name looks the same."
        ),
        "verified": {"type": "boolean", "description": "Nothing failed, nothing is unknown."},
        "at": MOMENT,
        "container": text("What it came in."),
        "standard": text("What it claims to be."),
        "presented": {
            **NUMBER,
            "description": "How many were given together in one presentation; of several none is judged.",
        },
        "checks": {"type": "array", "items": CHECK},
        "credential": {
            "type": ["object", "null"],
            "description": "What was signed; null when nobody vouches for it.",
        },
    },
    "required": [
        "state",
        "look_alike",
        "verified",
        "at",
        "container",
        "standard",
        "presented",
        "checks",
        "credential",
    ],
}
ARCHIVE_REPORT = answer(
    "What was found in an archive: each of its files by itself, in its order.",
    {
        "state": text("That of the worst badge.", enum=list(Verdict)),
        "at": MOMENT,
        "files": {
            "type": "array",
            "items": answer(
                "One file.",
                {
                    "name": text("As the archive has it, without folders."),
                    "report": {"anyOf": [{"$ref": "#/components/schemas/Report"}, {"type": "null"}]},
                    "reason": text("Why it was not checked; empty when there is a report."),
                },
            ),
        },
    },
)
WEBHOOK = answer(
    "A webhook, as it stands now.",
    {
        "id": ID,
        "url": text("Where messages are sent."),
        "events": {"type": "array", "items": {"type": "string", "enum": list(NAMES)}},
        "state": text(
            "Failing: it took nothing the last time, and is tried again.",
            enum=["working", "failing", "paused"],
        ),
        "words": text("Why it is paused."),
        "waiting": {**NUMBER, "description": "Messages that wait."},
        "made_at": MOMENT,
        "delivered_at": or_null(MOMENT),
        "failing_since": or_null(MOMENT),
        "next_try_at": or_null(MOMENT),
        "older_secret_until": {
            **or_null(MOMENT),
            "description": "Until then the secret before this one signs too.",
        },
        "page": LINK,
    },
)
WEBHOOKS = answer("Oldest first.", {"webhooks": {"type": "array", "items": WEBHOOK}})
SECRET = answer("What its receiver checks signatures with.", {"secret": text("whsec_…, Standard Webhooks.")})
WEBHOOK_MESSAGE = answer(
    "One thing that happened, for one webhook.",
    {
        "id": ID,
        "webhook_id": text("The header webhook-id: the same for each try."),
        "sequence": {**NUMBER, "description": "Counts up by one within a webhook."},
        "type": text("What happened.", enum=[*NAMES, TEST]),
        "about": answer("To what.", {"kind": text("award, batch, badge or webhook."), "id": ID}),
        "timestamp": MOMENT,
        "state": text("", enum=list(WebhookMessage.State.values)),
        "attempts": NUMBER,
        "tried_at": or_null(MOMENT),
        "status": or_null(NUMBER),
        "problem": text("Why there was no answer."),
        "milliseconds": or_null(NUMBER),
    },
)
WEBHOOK_MESSAGES = answer(
    "Newest first; the log is kept for 30 days.",
    {
        "messages": {"type": "array", "items": WEBHOOK_MESSAGE},
        "next": {**or_null(LINK), "description": "The next page; null on the last one."},
    },
)

COMPONENTS: dict[str, Schema] = {
    "AwardRequest": AWARD_REQUEST,
    "CorrectRequest": CORRECT_REQUEST,
    "ReasonRequest": REASON_REQUEST,
    "EmptyRequest": EMPTY_REQUEST,
    "RowsRequest": ROWS_REQUEST,
    "FileRequest": FILE_FIELDS,
    "ColumnsRequest": COLUMNS_REQUEST,
    "StartRequest": START_REQUEST,
    "CorrectRowRequest": CORRECT_ROW_REQUEST,
    "WebhookRequest": WEBHOOK_REQUEST,
    "WebhookChange": WEBHOOK_CHANGE,
    "Webhook": WEBHOOK,
    "Webhooks": WEBHOOKS,
    "Secret": SECRET,
    "WebhookMessage": WEBHOOK_MESSAGE,
    "WebhookMessages": WEBHOOK_MESSAGES,
    "Award": AWARD,
    "AwardWithLife": AWARD_LIFE,
    "Awards": AWARDS,
    "Badges": BADGES,
    "Token": TOKEN,
    "Batch": BATCH,
    "Rows": ROWS,
    "RowInFull": ROW_IN_FULL,
    "Problem": PROBLEM,
    "Report": REPORT,
    "ArchiveReport": ARCHIVE_REPORT,
}
