"""Spreadsheets as people have them: any delimiter, encoding, order and mistake, read by the file's own lines."""

from __future__ import annotations

import csv
import io
import re
import time
import tracemalloc
import zipfile
from dataclasses import replace
from datetime import UTC, date, datetime

import openpyxl
import pytest
from babel import Locale

from plaudit_site.achievements import saying
from plaudit_site.awards import cell_reading, importing, spreadsheets
from plaudit_site.awards.importing import Problem, Row, Rules
from plaudit_site.awards.spreadsheets import FileRefused

NOW = datetime(2026, 11, 23, 12, tzinfo=UTC)
MOST = 1_000_000
BOTH = frozenset({"en", "de"})
RULES = Rules(badges={"productmanager": "pm", "pm": "pm"}, now=NOW, badge="pm")


def read(data: bytes, *, rules: Rules = RULES, remembered: dict[str, str] | None = None) -> list[Row]:
    file = io.BytesIO(data)
    table = importing.look(file, remembered=remembered or {}, most_bytes=MOST)
    return list(importing.rows(file, table, table.mapping, rules, most_bytes=MOST))


def codes(row: Row) -> list[tuple[str, str]]:
    return [(problem.column, problem.code) for problem in row.problems]


PLAIN = "Name,E-Mail\nAda Lovelace,ada@example.org\nZoë Müller,zoe@example.org\n"
SPELLINGS = {
    "utf-8": PLAIN.encode(),
    "utf-8 with a mark": b"\xef\xbb\xbf" + PLAIN.encode(),
    "utf-16 with a mark": PLAIN.encode("utf-16"),
    "utf-16 little-endian without a mark": PLAIN.encode("utf-16-le"),
    "utf-16 big-endian without a mark": PLAIN.encode("utf-16-be"),
    "windows-1252": PLAIN.encode("cp1252"),
    "semicolons": PLAIN.replace(",", ";").encode(),
    "tabs": PLAIN.replace(",", "\t").encode(),
    "excel's own hint": b"sep=;\r\n" + PLAIN.replace(",", ";").replace("\n", "\r\n").encode(),
    "line ends of old Macs": PLAIN.replace("\n", "\r").encode(),
    "everything quoted": "\n".join(
        '"' + line.replace(",", '","') + '"' for line in PLAIN.splitlines()
    ).encode(),
    "an empty line first": b"\r\n" + PLAIN.encode(),
    "blank lines first": b"\n \t\n;;\n" + PLAIN.replace(",", ";").encode(),
    "empty lines between": PLAIN.replace("\n", "\n\n  \n").encode(),
    "other order and language": "Lauf-Nr.;E-Mail-Adresse;Vollständiger Unsinn;Teilnehmer\n1;ada@example.org;x;Ada "
    "Lovelace\n2;zoe@example.org;y;Zoë Müller\n".encode("cp1252"),
}


@pytest.mark.parametrize("data", SPELLINGS.values(), ids=SPELLINGS)
def test_the_same_list_is_read_however_it_is_written(data: bytes) -> None:
    found = read(data)
    assert [(row.name, row.address) for row in found] == [
        ("Ada Lovelace", "ada@example.org"),
        ("Zoë Müller", "zoe@example.org"),
    ]
    assert [row.problems for row in found] == [[], []]


@pytest.mark.parametrize(
    "heading",
    [
        "言語",
        "语言",
        "語言",
        "언어",
        "Язык",
        "Мова",
        "Γλώσσα",
        "اللغة",
        "שפה",
        "भाषा",
        "Język",
        "Språk",
        "Ngôn ngữ",
    ],
)
def test_a_language_is_headed_in_many_languages(heading: str) -> None:
    (row,) = read(
        f"Name,Email,{heading}\nAda,a@example.org,de\n".encode(), rules=replace(RULES, languages=BOTH)
    )
    assert row.language == "de"


def test_headings_in_many_languages_mean_our_columns() -> None:
    for heading, column in {
        "Courriel": "address",
        "Correo electrónico": "address",
        "E-Mail-Adresse": "address",
        "이름": "name",
        "メールアドレス": "address",
        "Gültig bis": "expires",
        "Fecha de emisión": "date",
        "Matrikelnummer": "own_id",
        "RECIPIENT NAME ": "name",
    }.items():
        table = importing.look(io.BytesIO(f"{heading}\nx\n".encode()), remembered={}, most_bytes=MOST)
        assert table.mapping == {0: column}, heading


TWO_COLUMNS = {
    "German": "Name;Vorname;E-Mail\nLovelace;Ada King;ada@example.org\n",
    "German, both plain": "Vorname;Nachname;E-Mail\nAda King;Lovelace;ada@example.org\n",
    "English": "First Name,Last Name,Email\nAda King,Lovelace,ada@example.org\n",
    "English, by another system": "Email;Surname;Given name(s)\nada@example.org;Lovelace;Ada King\n",
    "English, first name beside a name": "Name,First name,Email\nLovelace,Ada King,ada@example.org\n",
    "French": "Nom;Prénom;Courriel\nLovelace;Ada King;ada@example.org\n",
    "French, both plain": "Prénoms;Nom de famille;Courriel\nAda King;Lovelace;ada@example.org\n",
    "Spanish": "Nombre,Apellidos,Correo electrónico\nAda King,Lovelace,ada@example.org\n",
    "Italian": "Nome,Cognome,Email\nAda King,Lovelace,ada@example.org\n",
    "Portuguese": "Nome;Sobrenome;Email\nAda King;Lovelace;ada@example.org\n",
    "Polish": "Imię;Nazwisko;E-mail\nAda King;Lovelace;ada@example.org\n",
    "Dutch": "Voornaam;Achternaam;E-mailadres\nAda King;Lovelace;ada@example.org\n",
    "Swedish": "Efternamn;Förnamn;E-post\nLovelace;Ada King;ada@example.org\n",
    "Danish": "Fornavn;Efternavn;E-mail\nAda King;Lovelace;ada@example.org\n",
    "Norwegian": "Fornavn;Etternavn;E-post\nAda King;Lovelace;ada@example.org\n",
    "Czech": "Jméno;Příjmení;E-mail\nAda King;Lovelace;ada@example.org\n",
    "Finnish": "Sukunimi;Etunimi;Sähköposti\nLovelace;Ada King;ada@example.org\n",
    "Turkish": "Adı;Soyadı;E-posta\nAda King;Lovelace;ada@example.org\n",
    "Russian": "Фамилия;Имя;Почта\nLovelace;Ada King;ada@example.org\n",
    "Greek": "Επώνυμο;Όνομα;Email\nLovelace;Ada King;ada@example.org\n",
    "Arabic": "الاسم الأول;اسم العائلة;البريد الالكتروني\nAda King;Lovelace;ada@example.org\n",
    "Japanese": "姓,名,メール\nLovelace,Ada King,ada@example.org\n",
    "Korean": "성,이름,이메일\nLovelace,Ada King,ada@example.org\n",
    "a whole name and both halves": "Name,First name,Last name,Email\nAda King Lovelace,A,L,ada@example.org\n",
    "a whole name left empty": "Name,First name,Last name,Email\n,Ada King,Lovelace,ada@example.org\n",
    "a whole name by its heading": "Full name,First name,Email\nAda King Lovelace,Augusta,ada@example.org\n",
    "a whole name by what it holds": "Name,First name,Email\nAda King Lovelace,Ada,ada@example.org\n",
    "a whole name, the other way round": "Name;Vorname;E-Mail\nAda King Lovelace;King;ada@example.org\n",
    "downloaded from here": "Name,First name,Last name,E-mail address\n,Ada King,Lovelace,ada@example.org\n",
}


@pytest.mark.parametrize("text", TWO_COLUMNS.values(), ids=TWO_COLUMNS)
def test_a_name_in_two_columns_is_one_name(text: str) -> None:
    (row,) = read(text.encode())
    assert (row.name, row.address, row.problems) == ("Ada King Lovelace", "ada@example.org", [])


def test_east_asian_names_are_joined_as_they_are_written() -> None:
    text = "名,姓,メール\n太郎,山田,taro@example.org\n太郎,Yamada,yamada@example.org\n"
    assert [row.name for row in read(text.encode())] == ["山田太郎", "太郎 Yamada"]


HALF_NAMES = {
    "a first name alone": "First name,Email\nLovelace,ada@example.org\n",
    "a last name alone": "Nachname;E-Mail\nLovelace;ada@example.org\n",
    "Polish, alone": "Nazwisko;E-mail\nLovelace;ada@example.org\n",
    "an empty cell": "Nom;Prénom;Courriel\nLovelace;;ada@example.org\n",
    "a dash": "First name;Last name;Email\n-;Lovelace;ada@example.org\n",
    "signs that nobody sees": "Nom;Prénom;Courriel\nLovelace;\u200b;ada@example.org\n",
}


@pytest.mark.parametrize("text", HALF_NAMES.values(), ids=HALF_NAMES)
def test_half_a_name_is_never_ready_and_says_so(text: str) -> None:
    (row,) = read(text.encode())
    assert (row.name, codes(row)) == ("Lovelace", [("name", "half a name")])
    whole = importing.judge(row.line, {**row.given, "name": "Ada Lovelace"}, RULES)
    assert (whole.name, whole.problems) == ("Ada Lovelace", [])
    alone = importing.judge(row.line, {**row.given, "name": "Lovelace"}, RULES)
    assert alone.problems == [], "people have one name, too"


def test_a_name_of_two_long_halves_is_too_long_and_not_cut_unseen() -> None:
    (row,) = read(f"First name,Last name,Email\n{'a' * 100},{'b' * 100},a@example.org\n".encode())
    assert codes(row) == [("name", "too long")]


def test_halves_of_names_without_headings_are_not_taken_for_a_name() -> None:
    for text, mapping in {
        "Ada;Lovelace;ada@example.org\nBen;Nevis;ben@example.org\n": {2: "address"},
        "Ada Lovelace;Gold;ada@example.org\n": {0: "name", 2: "address"},
        "Ada;en;ada@example.org\n": {0: "name", 2: "address"},
    }.items():
        found = importing.look(io.BytesIO(text.encode()), remembered={}, most_bytes=MOST)
        assert found.mapping == mapping, text


def test_what_was_remembered_as_the_name_is_half_of_it_beside_the_other() -> None:
    (row,) = read(TWO_COLUMNS["French"].encode(), remembered={"nom": "name"})
    assert (row.name, row.problems) == ("Ada King Lovelace", [])


def test_what_the_issuer_chose_before_goes_first() -> None:
    data = b"who,mailto,name\nAda,ada@example.org,Section B\n"
    remembered = {"who": "name", "mailto": "address", "name": ""}
    assert [(r.name, r.address) for r in read(data, remembered=remembered)] == [("Ada", "ada@example.org")]


def test_a_list_without_headings_is_understood_by_what_stands_in_it() -> None:
    assert [(r.line, r.name, r.address) for r in read(b"7;ada@example.org;Ada L\n8;b@example.org;Ben\n")] == [
        (1, "Ada L", "ada@example.org"),
        (2, "Ben", "b@example.org"),
    ]


def test_a_problem_names_the_files_own_line_after_quoted_line_breaks() -> None:
    data = b'Name,Email,Note\r\n"Ada\r\nLovelace",ada@example.org,"one\r\n\r\ntwo"\r\n\r\nBen,nonsense,\r\n'
    ada, ben = read(data)
    assert (ada.line, ada.name, ada.problems) == (2, "Ada Lovelace", [])
    assert (ben.line, codes(ben)) == (7, [("address", "no address")])


CELLS = {
    "no name": (",a@example.org,,,", [("name", "missing")]),
    "a name of signs": ("...,a@example.org,,,", [("name", "no letters")]),
    "no address": ("Ada,,,,", [("address", "missing")]),
    "two addresses": ("Ada,a@example.org b@example.org,,,", [("address", "no address")]),
    "a letter beyond ASCII before the @": ("Ada,ädä@example.org,,,", [("address", "letters beyond a to z")]),
    "a typing error": ("Ada,ada@gmial.com,,,", [("address", "likely another")]),
    "a date that is none": ("Ada,a@example.org,2026-02-30,,", [("date", "no date")]),
    "a year that was cut short": ("Ada,a@example.org,0026-04-14,,", [("date", "too early")]),
    "the first day there is": ("Ada,a@example.org,0001-01-01,,", [("date", "too early")]),
    "an end before our time": ("Ada,a@example.org,,0999-01-01,", [("expires", "too early")]),
    "a date to come": ("Ada,a@example.org,2027-01-01,,", [("date", "in the future")]),
    "an end before the start": (
        "Ada,a@example.org,2026-05-01,2026-04-01,",
        [("expires", "ends before it begins")],
    ),
    "a link that is none": ("Ada,a@example.org,,,javascript:alert(1)", [("evidence", "no link")]),
    "NUL": ("A\x00da,a@example.org,,,", [("name", "unreadable sign")]),
    "more cells than headings": ("Ada,a@example.org,,,,surplus", [("", "more cells than headings")]),
    "a formula is a text": ("=1+A1,a@example.org,,,", []),
    "mailto": ("Ada,MAILTO:Ada@Example.ORG,,,", []),
}


@pytest.mark.parametrize(("cells", "expected"), CELLS.values(), ids=CELLS)
def test_each_problem_is_named(cells: str, expected: list[tuple[str, str]]) -> None:
    (row,) = read(f"Name,Email,Date,Valid until,Evidence\n{cells}\n".encode())
    assert codes(row) == expected
    for problem in row.problems:
        assert importing.words(problem)


def test_every_problem_has_its_words() -> None:
    import re
    from pathlib import Path

    source = Path(importing.__file__).read_text()
    for code in re.findall(r'Problem\("\w*", "([\w ]+)"', source):
        assert importing.words(importing.Problem("name", code, "x", "y"))


def test_typing_errors_in_domains_are_proposed_and_can_be_left() -> None:
    for typed, meant in {
        "gmial.com": "gmail.com",
        "gmai.com": "gmail.com",
        "gmaill.com": "gmail.com",
        "hotmial.com": "hotmail.com",
        "outlok.com": "outlook.com",
        "yaho.com": "yahoo.com",
        "gmail.con": "gmail.com",
    }.items():
        assert cell_reading.likely_meant(f"a@{typed}") == f"a@{meant}"
    for fine in ("gmail.com", "mail.com", "example.org", "tum.de", "gmx.de", "ymail.com"):
        assert cell_reading.likely_meant(f"a@{fine}") == "", fine
    given = {"name": "Ada", "address": "ada@gmial.com"}
    assert importing.judge(1, given, RULES, frozenset({"ada@gmial.com"})).problems == []


def test_dates_are_read_as_the_file_writes_them() -> None:
    def order(*dates: str) -> bool | None:
        lines = "".join(f"A,a@example.org,{d}\n" for d in dates)
        file = io.BytesIO(f"Name,Email,Date\n{lines}".encode())
        return importing.look(file, remembered={}, most_bytes=MOST).day_first

    assert order("03/04/2026", "23/04/2026") is True
    assert order("03/04/2026", "04/23/2026") is False
    assert order("03/04/2026") is None
    assert order("2026-04-03") is None
    assert cell_reading.read_date("3.4.2026", day_first=False) == date(2026, 4, 3)
    assert cell_reading.read_date("03/04/26", day_first=False) == date(2026, 3, 4)
    assert cell_reading.read_date("2026-04-03T10:00:00Z", day_first=True) == date(2026, 4, 3)
    assert cell_reading.read_date("2026/04/03", day_first=True) == date(2026, 4, 3)
    assert cell_reading.read_date("tomorrow", day_first=True) is None


def test_several_badges_in_one_file_by_title_and_none_by_guessing() -> None:
    data = b"Name,Email,Badge\nA,a@example.org,Product  Manager\nB,b@example.org,Unknown\nC,c@example.org,\n"
    first, second, third = read(data)
    assert (first.badge, third.badge) == ("pm", "pm")
    assert codes(second) == [("badge", "no such badge")]


LANGUAGES = Rules(badges={}, now=NOW, badge="pm", languages=frozenset(saying.CODES))


def language_of(text: str) -> tuple[str, list[tuple[str, str]]]:
    (row,) = read(f"Name,E-Mail,Sprache\nAda,ada@example.org,{text}\n".encode(), rules=LANGUAGES)
    return row.language, codes(row)


@pytest.mark.parametrize(
    ("text", "code"),
    [
        ("de", "de"),
        ("DE", "de"),
        ("de_AT", "de"),
        ("pt-BR", "pt"),
        ("German", "de"),
        ("deutsch", "de"),
        ("Deutsch (Österreich)", "de"),
        ("Français", "fr"),
        ("francais", "fr"),
        ("日本語", "ja"),
        ("Ελληνικά", "el"),
        ("हिन्दी", "hi"),
        ("no", "nb"),
        ("Norwegian", "nb"),
        ("", "en"),
    ],
)
def test_a_language_is_known_by_its_code_and_by_its_name_in_english_and_itself(text: str, code: str) -> None:
    assert language_of(text) == (code, [])


def test_every_language_is_known_by_both_its_names() -> None:
    for code, own in saying.languages():
        assert language_of(own) == (code, []), own
        in_english = Locale.parse("en").languages[code]
        assert language_of(in_english) == (code, []), in_english


@pytest.mark.parametrize("text", ["Klingonisch", "xx", "e", "-", "(de)", "de" * 40])
def test_a_language_that_nobody_knows_is_a_problem_of_its_row_and_not_english(text: str) -> None:
    language, found = language_of(text)
    assert (language, found) == ("en", [("language", "no such language")])
    assert "leave it empty" in importing.words(Problem("language", "no such language", text))


REFUSED = {
    "empty": b"",
    "blank": b"\r\n \r\n",
    "only a mark": b"\xef\xbb\xbf",
    "a picture": b"\x89PNG\r\n\x1a\n0000",
    "an old workbook": b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1",
    "a zip of something else": b"PK\x03\x04 nonsense",
    "a quotation mark that is never closed": b'Name,Email\n"Ada,a@example.org\n' + b"B,b@example.org\n" * 500,
    "one endless line": b"Name,Email," + b"x" * 300_000,
    "one endless cell": b'Name,Email\n"' + b"x" * 90_000 + b"\n" + b"y" * 90_000 + b'",a@example.org\n',
}


@pytest.mark.parametrize("data", REFUSED.values(), ids=REFUSED)
def test_what_is_no_list_is_refused_with_words(data: bytes) -> None:
    with pytest.raises(FileRefused) as refusal:
        read(data)
    assert str(refusal.value).endswith((".", "?"))


def test_a_thousand_columns_are_read_as_far_as_anybody_needs() -> None:
    heads = ["Name", "Email", *(f"c{n}" for n in range(998))]
    data = (",".join(heads) + "\n" + ",".join(["Ada", "a@example.org", *"x" * 998]) + "\n").encode()
    (row,) = read(data)
    assert row.problems == []
    assert row.given.keys() <= set(importing.COLUMNS)


def workbook(rows: list[list[object]], *, hidden_first: bool = False) -> bytes:
    book = openpyxl.Workbook()
    sheet = book.active
    if hidden_first:
        sheet.sheet_state = "hidden"
        sheet = book.create_sheet()
    for row in rows:
        sheet.append(row)
    out = io.BytesIO()
    book.save(out)
    return out.getvalue()


def test_a_workbook_gives_its_first_visible_sheet_with_dates_and_numbers_as_people_see_them() -> None:
    data = workbook(
        [
            ["Datum", "E-Mail", "Teilnehmer", "Matrikelnummer"],
            [datetime(2026, 4, 3), "ada@example.org", "Ada", 4711.0],  # noqa: DTZ001 - as Excel keeps it
            [],
            [None, "nonsense", "Ben", None],
        ],
        hidden_first=True,
    )
    ada, ben = read(data)
    assert (ada.line, ada.given["own_id"], ada.awarded_at) == (2, "4711", datetime(2026, 4, 3, tzinfo=UTC))
    assert (ben.line, codes(ben)) == (4, [("address", "no address")])


def patched(data: bytes, change: dict[str, bytes]) -> bytes:
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(data)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            new.writestr(part.filename, change.get(part.filename, old.read(part)))
    return out.getvalue()


def test_bombs_and_entities_in_workbooks_are_refused_before_they_are_unpacked() -> None:
    good = workbook([["Name", "Email"], ["Ada", "ada@example.org"]])
    sheet = "xl/worksheets/sheet1.xml"
    bomb = patched(good, {sheet: b"<worksheet>" + b" " * 20_000_000})
    assert len(bomb) < 100_000
    laughs = (
        b'<?xml version="1.0"?><!DOCTYPE x [<!ENTITY a "ha"><!ENTITY b "&a;&a;">]><worksheet>&b;</worksheet>'
    )
    for data in (
        bomb,
        patched(good, {sheet: laughs}),
        patched(good, {sheet: b"<worksheet><broken"}),
        good[:-200],
    ):
        with pytest.raises(FileRefused):
            read(data)


@pytest.mark.parametrize("method", [zipfile.ZIP_BZIP2, zipfile.ZIP_LZMA])
def test_a_workbook_packed_in_another_way_than_workbooks_are_is_never_unpacked(method: int) -> None:
    """# SECURITY D5: zipfile unpacks such a part whole, however little it declares and however little is asked for."""
    good, out = workbook([["Name", "Email"], ["Ada", "ada@example.org"]]), io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(good)) as old, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as new:
        for part in old.infolist():
            new.writestr(part.filename, old.read(part))
        bomb = zipfile.ZipInfo("xl/theme/theme2.xml")
        bomb.compress_type = method
        new.writestr(bomb, b" " * 60_000_000)
    # What it says of its size is not believed either: the central directory is told another one.
    data = out.getvalue().replace((60_000_000).to_bytes(4, "little"), (100).to_bytes(4, "little"))
    assert len(data) < 100_000
    tracemalloc.start()
    with pytest.raises(FileRefused):
        read(data)
    _, most = tracemalloc.get_traced_memory()
    tracemalloc.stop()
    assert most < 20_000_000


@pytest.mark.parametrize("part", ["xl/styles.xml", "xl/workbook.xml", "[Content_Types].xml"])
@pytest.mark.parametrize("value", ["1", ">"])
def test_an_element_with_endless_attributes_is_refused_at_once(part: str, value: str) -> None:
    """# SECURITY D5, D18: some hundred kilobytes of such a workbook took minutes."""
    good = workbook([["Name", "Email"], ["Ada", "ada@example.org"]])
    with zipfile.ZipFile(io.BytesIO(good)) as archive:
        xml = archive.read(part).decode()
    many = " ".join(f'a{number}="{value}"' for number in range(20_000))
    begin = time.process_time()
    with pytest.raises(FileRefused):
        read(patched(good, {part: re.sub(r"(<[A-Za-z]+)(?=[ >])", rf"\1 {many}", xml, count=1).encode()}))
    assert time.process_time() - begin < 1


def test_a_sheet_that_lies_about_its_size_is_read_as_it_is() -> None:
    good = workbook([["Name", "Email"], ["Ada", "ada@example.org"]])
    with zipfile.ZipFile(io.BytesIO(good)) as archive:
        xml = archive.read("xl/worksheets/sheet1.xml")
    lying = patched(good, {"xl/worksheets/sheet1.xml": xml.replace(b'ref="A1:B2"', b'ref="A1:XFD1048576"')})
    assert lying != good
    assert [row.address for row in read(lying)] == ["ada@example.org"]


def test_what_goes_out_is_text_to_every_spreadsheet_and_comes_back_the_same() -> None:
    nasty = ["=1+1", "+1", "-1", "@SUM(A1)", "\tx", "\x00", 'quo"ted', "a\r\nb", "fine", "＝1"]
    (back,) = csv.reader(io.StringIO(spreadsheets.csv_line(nasty), newline=""))
    for was, now in zip(nasty, back, strict=True):
        assert now in (was, f"'{was}")
        assert spreadsheets.as_it_was(now) == was
        assert now[:1] not in {"=", "+", "-", "@", "\t", "\x00", "＝"}


def test_a_large_list_is_never_held_whole() -> None:
    """A hundred thousand rows, made while they are read: what is taken from the file at once stays small."""
    import tracemalloc

    class Endless(io.RawIOBase):
        def __init__(self) -> None:
            self.at = 0

        def readable(self) -> bool:
            return True

        def seekable(self) -> bool:
            return True

        def seek(self, offset: int, whence: int = 0) -> int:
            self.at = offset
            return offset

        def tell(self) -> int:
            return self.at

        def readinto(self, buffer: memoryview) -> int:  # type: ignore[override]
            block = b"Name,Email\n" if self.at == 0 else b"Ada Lovelace,ada@example.org\n" * 200
            if self.at > 3_000_000:
                return 0
            block = block[: len(buffer)] if len(block) > len(buffer) else block
            buffer[: len(block)] = block
            self.at += len(block)
            return len(block)

    file = io.BufferedReader(Endless())  # type: ignore[arg-type]
    how = spreadsheets.Layout("csv", "utf-8", ",")
    tracemalloc.start()
    try:
        count = sum(1 for _ in spreadsheets.records(file, how, most_bytes=MOST))
        assert tracemalloc.get_traced_memory()[1] < 2_000_000
    finally:
        tracemalloc.stop()
    assert count > 90_000
