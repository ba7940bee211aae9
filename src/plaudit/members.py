"""How a word of the standard is described: a frozen dataclass whose fields are its members.

One table serves reading, writing and checking: a field says how the member is called, what it may hold, whether it is
required and whether there may be many. `from_json` and `to_json` are each other's inverse; members that the standard
does not name live in `more` and survive.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import MISSING, dataclass, field, fields
from functools import cache
from typing import Any, ClassVar, Self

from plaudit.errors import UnreadableError
from plaudit.reading import describe

TEXT, IRI, DATE_TIME, DATE, NUMBER, BOOLEAN, ANY = (
    "text",
    "iri",
    "datetime",
    "date",
    "number",
    "boolean",
    "any",
)


_WORDS: dict[tuple[str, str], type[Node]] = {}
_COMMON_WORDS = "plaudit.model"
"""The module whose words the others use where they have none of their own with that name."""


def member(
    kind: str, *, required: bool = False, many: bool = False, name: str | None = None, of: str | None = None
) -> Any:
    """A field that is a member of the standard; `name` where it is not the attribute's name in camel case."""
    metadata = {"kind": kind, "required": required, "many": many, "name": name, "of": of}
    if many:
        return field(default=(), metadata=metadata)
    return field(default=None, metadata=metadata)


def part(of: str, *, required: bool = False, many: bool = False) -> Any:
    """A field that holds an object of the class with that name, or many of them."""
    return member("part", required=required, many=many, of=of)


def _camel(name: str) -> str:
    first, *rest = name.split("_")
    return first + "".join(word.capitalize() for word in rest)


@dataclass(frozen=True, slots=True)
class Row:
    """One member of a class of the standard, as its field declares it."""

    attribute: str
    name: str
    kind: str
    required: bool
    many: bool
    of: str | None
    room: str = _COMMON_WORDS
    """The module of the class that has the member: versions of the standard use one name for several words."""

    @property
    def word(self) -> type[Node]:
        """The class that `of` names; KeyError when the member holds no object."""
        name = self.of or ""
        return _WORDS.get((self.room, name)) or _WORDS[_COMMON_WORDS, name]


@dataclass(frozen=True, kw_only=True)
class Node:
    """What all words of the standard have in common. `type` is completed with the class's own name."""

    TYPES: ClassVar[tuple[str, ...]] = ()
    """The types an object of this class must carry; the first is its name in the standard."""
    SINGLE_TYPE: ClassVar[bool] = False
    """Whether the standard writes `type` as one string rather than an array."""
    CLOSED: ClassVar[bool] = False
    """Whether the standard allows no other members."""

    type: tuple[str, ...] = ()
    more: Mapping[str, Any] = field(default_factory=dict)
    """Members this library has no word for, as they were read."""

    def __init_subclass__(cls, **options: Any) -> None:
        super().__init_subclass__(**options)
        _WORDS[cls.__module__, cls.__name__] = cls

    def __post_init__(self) -> None:
        missing = tuple(name for name in self.TYPES if name not in self.type)
        object.__setattr__(self, "type", (*missing, *self.type))

    @classmethod
    def from_json(cls, value: Mapping[str, Any]) -> Self:
        """Read an object. It is not checked (see `check_credential`); UnreadableError when it is no object."""
        if not isinstance(value, Mapping):
            raise UnreadableError(f"{cls.__name__} is {describe(value)}, not an object")
        rows = {row.name: row for row in rows_of(cls)}
        known: dict[str, Any] = {}
        more: dict[str, Any] = {}
        for name, item in value.items():
            row = rows.get(name)
            if name == "type":
                known["type"] = tuple(item) if isinstance(item, list) else (item,)
            elif row is None:
                more[name] = item
            else:
                known[row.attribute] = _read(row, item)
        return cls(**known, more=more)

    def to_json(self) -> dict[str, Any]:
        """The object as the standard writes it: no null, no empty array, arrays wherever many are allowed."""
        result: dict[str, Any] = {}
        for row in rows_of(type(self)):
            if row.name == "type":
                if self.type:
                    result["type"] = (
                        self.type[0] if self.SINGLE_TYPE and len(self.type) == 1 else [*self.type]
                    )
                continue
            value = getattr(self, row.attribute)
            if value is None or value == ():
                continue
            result[row.name] = [_write(item) for item in value] if row.many else _write(value)
        return result | dict(self.more)


def _read(row: Row, item: Any) -> Any:
    if row.many:
        return tuple(_read_one(row, entry) for entry in (item if isinstance(item, list) else [item]))
    return _read_one(row, item)


def _read_one(row: Row, item: Any) -> Any:
    if row.of is not None and isinstance(item, Mapping):
        return row.word.from_json(item)
    return item


def _write(value: Any) -> Any:
    return value.to_json() if isinstance(value, Node) else value


def rows_of(cls: type[Node]) -> tuple[Row, ...]:
    """The members of a class, `id` and `type` first."""
    return _rows_of_word(cls.__module__, cls.__name__)


@cache
def _rows_of_word(room: str, word: str) -> tuple[Row, ...]:
    cls = _WORDS[room, word]
    rows = [Row("type", "type", "types", bool(cls.TYPES), True, None, room)]
    for item in fields(cls):
        if item.name in ("type", "more"):
            continue
        data = item.metadata
        assert item.default is not MISSING
        name = data["name"] or _camel(item.name)
        row = Row(item.name, name, data["kind"], data["required"], data["many"], data["of"], room)
        if name in ("id", "@context"):
            rows.insert(0 if name == "@context" else len(rows) - 1, row)
        else:
            rows.append(row)
    return tuple(rows)
