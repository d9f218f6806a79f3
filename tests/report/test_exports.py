"""A class's results on their way to platforms: who gets what, what stays as it was, and what is said."""

import csv
import io
import zipfile
from collections.abc import Iterable
from contextlib import suppress
from datetime import UTC, datetime
from pathlib import Path
from unicodedata import normalize

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.core.errors import MachineError
from grader.core.handin import HandedIn, HandedInFile, Handin, Person
from grader.core.handover import Exported, Handover
from grader.core.standing import Lateness, ProblemPoints, Standing
from grader.report.csv import gradebook
from grader.report.exports import EXPORTS

ADA = Person(name="Ada Lovelace", id="1001", email="ada@uni.edu", user="11")
BOB = Person(name="Bob Ng", id="1002", email="bob@uni.edu", user="12")
JOERG = Person(name="Jörg Groß", id="1003", email="joerg@uni.edu", user="13")
WEI = Person(name="王 伟", user="14")
MARYAM = Person(name="مريم علي", user="15")
CLASS = (ADA, BOB, JOERG, WEI, MARYAM)

HEAD = "Student,ID,SIS User ID,SIS Login ID,Section,Notes,Set 2 (7),Set 3 (8),Final Score"
CANVAS = (
    f"{HEAD}\r\n"
    ",,,,,,Manual Posting,,\r\n"
    "    Points Possible,,,,,,10,8,(read only)\r\n"
    '"Lovelace, Ada",11,1001,ada,"A, B",=1+1,9,,90\r\n'
    '"Ng, Bob",12,1002,bob,A,"two\r\nlines, ""quoted""",,,\r\n'
    '"Groß, Jörg",13,1003,jg,A,,1,,\r\n'
    '"伟, 王",14,,wei,A,,,,\r\n'
    '"علي, مريم",15,,mar,A,,,,\r\n'
    '"Student, Test",99,,t,A,,,,\r\n'
)
WORKSHEET = (
    "Identifier,Full name,Email address,Status,Grade,Maximum Grade,Grade can be changed,"
    "Last modified (submission),Last modified (grade),Feedback comments\n"
    'Participant 11,Ada Lovelace,ada@uni.edu,Submitted,,8.00,Yes,"Friday, 1 May 2026, 9:00 PM",-,\n'
    "Participant 12,Bob Ng,bob@uni.edu,Submitted,-,8.00,Yes,-,-,<p>so</p>\n"
    "Participant 13,Jörg Groß,joerg@uni.edu,Submitted,,8.00,No,-,-,\n"
)


def standing(person: Person, points: float = 7.5, **more: object) -> Standing:
    """A final result, unless told otherwise."""
    of = {"person": person, "key": person.user or person.name, "state": "graded", "raw": points, "max_points": 8}
    return Standing.model_validate({**of, "points": points, **more})


def everyone(**more: object) -> tuple[Standing, ...]:
    return tuple(standing(person, 7.5 - place, **more) for place, person in enumerate(CLASS))


def export(to: str, standings: Iterable[Standing], layout: str = "canvas", **more: object) -> Exported:
    handed_in = more.pop("handed_in", HandedIn(layout=layout, handins=()))
    of = {"title": "Set 3", "standings": tuple(standings), "handed_in": handed_in, **more}
    return EXPORTS[to](Handover.model_validate(of))


def filled(to: str, text: str | bytes, standings: Iterable[Standing], **more: object) -> tuple[bytes, str]:
    """(the file that was given, filled in; all that was said)."""
    made = export(to, standings, given=text if isinstance(text, bytes) else text.encode(), **more)
    return made.files[f"{to}.csv"], "\n".join(made.said)


def column(file: bytes, at: int, delimiter: str = ",", encoding: str = "utf-8-sig") -> list[str]:
    return [row[at] for row in csv.reader(io.StringIO(file.decode(encoding), newline=""), delimiter=delimiter)]


def other_cells(file: bytes, at: int) -> list[list[str]]:
    rows = csv.reader(io.StringIO(file.decode("utf-8-sig"), newline=""))
    return [row[:at] + row[at + 1 :] for row in rows]


# The gradebook


def test_gradebook_has_a_row_for_everyone() -> None:
    at = datetime(2026, 5, 1, 21, tzinfo=UTC)
    late = Lateness(due=at, at=at, seconds=3600, share=0.9, why="An hour late: 90 % of the points count.")
    rows = [
        standing(
            ADA,
            7.2,
            raw=8,
            problems=(ProblemPoints(id="1A", points=8, max_points=8),),
            at=at,
            attempt=2,
            late=late,
            unread=("scan.pages: no text", "b.xyz"),
            notes=("looks odd",),
        ),
        standing(BOB, 0, state="waiting", waiting=8, problems=(ProblemPoints(id="1B", points=0, max_points=8),)),
        standing(JOERG, 0, state="error", error=8),
        standing(WEI, 0, state="missing", key=""),
        standing(MARYAM, -0.5),
    ]
    text = gradebook(rows, ["score", "1A"])
    assert text.encode().startswith(b"\xef\xbb\xbf")
    read = list(csv.DictReader(io.StringIO(text.removeprefix("\ufeff"))))
    assert list(read[0]) == (
        ["name", "id", "email", "user", "section", "key", "state", "score", "raw", "max_score"]
        + ["problem score", "1A", "1B"]
        + ["manual_points", "error_points", "attempt", "handed_in_at", "lateness", "unread", "notes"]
    )
    first = "Ada Lovelace|1001|ada@uni.edu|11||11|graded|7.2|8|8||8||0|0|2|2026-05-01T21:00:00+00:00"
    assert list(read[0].values())[:-3] == first.split("|")
    assert list(read[0].values())[-3:] == [late.why, "scan.pages: no text; b.xyz", "looks odd"]
    assert [(row["state"], row["score"], row["manual_points"], row["error_points"]) for row in read[1:]] == [
        ("waiting", "0", "8", "0"),
        ("error", "0", "0", "8"),
        ("missing", "", "0", "0"),
        ("graded", "-0.5", "0", "0"),
    ]


STARTS = (
    "=",
    "+",
    "-",
    "@",
    "\t=",
    "\r\n=",
    " \u3000=",
    "＝",
    "＋",
    "－",
    "＠",
    "\u200b=",
    "\ufeff@",
    "﹦",
    "\u2212",
    "\u202e=",
)


@pytest.mark.parametrize("start", STARTS)
@pytest.mark.parametrize("to", ["gradebook", *EXPORTS])
def test_no_cell_begins_a_formula(start: str, to: str) -> None:
    text = f"{start}1+1"
    person = Person(name=text, id=text, email=text, user=text, section=text)
    one = standing(
        person, -1.5, unread=(text,), notes=(text,), problems=(ProblemPoints(id=text, points=1, max_points=1),)
    )
    if to == "gradebook":
        files = {"gradebook.csv": gradebook([one]).removeprefix("\ufeff").encode()}
    else:
        files = dict(export(to, [one], title=text).files)
    cells = [cell for file in files.values() for row in csv.reader(io.StringIO(file.decode())) for cell in row]
    assert "-1.5" in cells
    others = [normalize("NFKC", cell) for cell in cells if cell not in ("-1.5", "-0")]
    assert not any(cell.lstrip().startswith(("=", "+", "-", "@", "\u2212")) for cell in others)


@given(st.lists(st.builds(Person, name=st.text(), id=st.text(), email=st.text(), section=st.text()), max_size=5))
def test_any_text_survives_the_gradebook(people: list[Person]) -> None:
    read = list(csv.DictReader(io.StringIO(gradebook(map(standing, people)).removeprefix("\ufeff"))))
    assert len(read) == len(people)
    for person, row in zip(people, read, strict=True):
        for field in ("name", "id", "email", "section"):
            text = getattr(person, field)
            if text.isprintable() and text == " ".join(text.split()):
                assert row[field].removeprefix("'") == text.removeprefix("'")


# Canvas


def test_canvas_gradebook_is_filled_in_and_not_reordered() -> None:
    file, said = filled("canvas", CANVAS, everyone())
    assert column(file, 7) == ["Set 3 (8)", "", "8", "7.5", "6.5", "5.5", "4.5", "3.5", ""]
    expected = (
        CANVAS.replace("=1+1,9,,", "=1+1,9,7.5,")
        .replace('""quoted""",,,', '""quoted""",,6.5,')
        .replace("A,,1,,", "A,,1,5.5,")
        .replace("wei,A,,,,", "wei,A,,,4.5,")
        .replace("mar,A,,,,", "mar,A,,,3.5,")
    )
    assert file.decode() == expected
    assert not said
    assert filled("canvas", file, everyone()) == (file, said)


WRITINGS = {
    "a mark": lambda text: b"\xef\xbb\xbf" + text.encode(),
    "UTF-16": lambda text: text.encode("utf-16"),
    "UTF-16, big end first": lambda text: b"\xfe\xff" + text.encode("utf-16-be"),
    "line feeds": lambda text: text.replace("\r\n", "\n").encode(),
    "no last line end": lambda text: text.rstrip("\r\n").encode(),
    "a line for Excel": lambda text: ("sep=,\r\n" + text).encode(),
    "empty lines": lambda text: (text + "\r\n\r\n").encode(),
}


@pytest.mark.parametrize("writing", WRITINGS)
def test_canvas_gradebook_in_any_writing(writing: str) -> None:
    write = WRITINGS[writing]
    file, _ = filled("canvas", write(CANVAS), everyone())
    plain, _ = filled("canvas", CANVAS, everyone())
    assert file == write(plain.decode())


def test_canvas_gradebook_of_semicolons_has_decimal_commas() -> None:
    text = 'Student;ID;SIS Login ID;Section;Set 3 (8)\n    Points Possible;;;;8,00\n"Groß, Jörg";13;jg;A;\n'
    file, _ = filled("canvas", text, [standing(JOERG, 5.5)])
    assert file.decode() == text.replace("jg;A;", "jg;A;5,5")


def test_canvas_gradebook_of_one_byte_letters_stays_so() -> None:
    text = 'Student,ID,SIS User ID,Section,Set 3 (8)\n"Groß, Jörg",13,1003,A,\n'
    file, _ = filled("canvas", text.encode("cp1252"), [standing(JOERG, 5.5)])
    assert file == text.replace("A,\n", "A,5.5\n").encode("cp1252")


# person, the row of a file, whether it is the same person
MATCHES = {
    "Canvas's number": (Person(user="11"), "X,11,,,A,", True),
    "the institution's id": (Person(id="1001"), "X,11,1001,,A,", True),
    "an id that is the login": (Person(id="ada"), "X,11,,ADA,A,", True),
    "a login": (Person(user="ada"), "X,11,,ada,A,", True),
    "an email as login": (Person(email="Ada@uni.edu"), "X,11,,ada@UNI.edu,A,", True),
    "a name": (Person(name="Ada Lovelace"), '"Lovelace, Ada",11,1001,ada,A,', True),
    "a name as it is spoken": (Person(name="Ada Lovelace"), "Ada Lovelace,11,1001,ada,A,", True),
    "a name in other letters of the same kind": (
        Person(name=normalize("NFD", "JÖRG Groß")),
        '"groß, jörg",11,1001,ada,A,',
        True,
    ),
    "an email as user": (Person(user="ada@uni.edu"), "X,11,,ada@uni.edu,A,", True),
    "half a name": (Person(name="Ada"), '"Lovelace, Ada",11,1001,ada,A,', False),
    "a name with another id": (Person(name="Ada Lovelace", id="1009"), '"Lovelace, Ada",11,1001,ada,A,', False),
    "a name with another email": (
        Person(name="Ada Lovelace", email="ada@x.org"),
        '"Lovelace, Ada",11,,ada@uni.edu,A,',
        False,
    ),
    "an id with zeros before it": (Person(name="Ada Lovelace", id="001001"), '"Lovelace, Ada",11,1001,ada,A,', True),
    "an id with zeros alone": (Person(id="001001"), "X,11,1001,ada,A,", False),
    "no name on both sides": (Person(email="a@uni.edu"), ",11,,,A,", False),
}


@pytest.mark.parametrize("case", MATCHES)
def test_people_are_matched_by_what_is_certain(case: str) -> None:
    person, row, same = MATCHES[case]
    file, said = filled("canvas", f"Student,ID,SIS User ID,SIS Login ID,Section,Set 3 (8)\n{row}\n", [standing(person)])
    assert (column(file, 5)[1] == "7.5") is same
    assert same or "Not in the given file" in said or "Not told apart" in said


def test_another_platforms_number_is_another_persons() -> None:
    text = "Student,ID,SIS User ID,SIS Login ID,Section,Set 3 (8)\nX Y,11,,,A,\nZ,12,,11,A,\n"
    for layout in ("moodle", "gradescope"):
        file, said = filled("canvas", text, [standing(Person(name="Ada Lovelace", user="11"))], layout=layout)
        assert file.decode() == text and "Not in the given file: Ada Lovelace (11)." in said
    file, _ = filled("canvas", text, [standing(Person(user="11"))], layout="nbgrader")
    assert column(file, 5) == ["Set 3 (8)", "", "7.5"]


def test_namesakes_are_told_apart_or_left_alone() -> None:
    text = 'Student,ID,SIS User ID,Section,Set 3 (8)\n"Li, Wei",1,a,A,\n"Wei, Li",2,b,A,\n"Cho, Jin",3,c,A,\n'
    known = [standing(Person(name="Wei Li", id="b"), 2), standing(Person(name="Li Wei", id="a"), 1)]
    file, said = filled("canvas", text, known, layout="gradescope")
    assert column(file, 4) == ["Set 3 (8)", "1", "2", ""]
    assert "not recognised in the class: Cho, Jin." in said
    unknown = [
        standing(Person(name="Wei Li"), 2),
        standing(Person(name="Jin Cho"), 3),
        standing(Person(name="Jin Cho"), 4),
    ]
    file, said = filled("canvas", text, unknown, layout="gradescope")
    assert file.decode() == text
    assert said.count("the name stands for several people") == 3


def test_two_of_one_row_and_two_rows_of_one_get_nothing() -> None:
    text = "Student,ID,SIS User ID,Section,Set 3 (8)\nX,1,a,A,\nY,2,b,A,\nZ,3,b,A,\n"
    both = [standing(Person(id="a", name="P")), standing(Person(id="a", name="Q")), standing(Person(id="b", name="R"))]
    file, said = filled("canvas", text, both, layout="")
    assert file.decode() == text
    assert "R (b) (is in 2 rows)" in said and "P (a) and Q (a) (both fit one row)" in said


def test_another_name_under_the_same_id_is_said() -> None:
    text = "Student,ID,SIS User ID,Section,Set 3 (8)\nGrace Hopper,1,1001,A,\n"
    file, said = filled("canvas", text, [standing(ADA)], layout="")
    assert column(file, 4)[1] == "7.5" and "look whether this is right: Ada Lovelace (1001) is" in said


def test_another_id_under_the_same_email_is_said() -> None:
    file, said = filled("gradescope", "Name,SID,Email,Total Score\nAda Lovelace,9,ada@uni.edu,\n", [standing(ADA)])
    assert (
        column(file, 3)[1] == "7.5" and "look whether this is right: Ada Lovelace (1001) has the id “9” there." in said
    )


@pytest.mark.parametrize(
    ("there", "result", "stays", "words"),
    [
        ("", {}, False, ""),
        ("7.50", {}, True, ""),
        ('"7,5"', {}, True, ""),
        ("8", {}, False, "fewer points; look whether somebody had changed it: Ada Lovelace (1001): 8 becomes 7.5."),
        ("3", {}, False, "more points: Ada Lovelace (1001): 3 becomes 7.5."),
        ("EX", {}, True, "Kept what was there: Ada Lovelace (1001): EX."),
        ("N/A", {}, True, "Kept what was there: Ada Lovelace (1001): N/A."),
        ("3", {"state": "waiting", "waiting": 4}, True, "Kept what was there: Ada Lovelace (1001): 3."),
        ("", {"state": "waiting", "waiting": 4}, True, "no grade yet: Ada Lovelace (1001) (4 points)."),
        ("", {"state": "error", "error": 4}, True, "no grade yet: Ada Lovelace (1001) (4 points)."),
        ("", {"waiting": 1}, True, "no grade yet: Ada Lovelace (1001) (1 point)."),
        ("", {"state": "missing"}, True, "These handed in nothing and get no grade: Ada Lovelace (1001)."),
        ("", {"points": float("nan")}, True, "The machine failed"),
    ],
)
def test_what_stands_in_a_cell_is_replaced_by_what_is_known_better(
    there: str, result: dict[str, object], stays: bool, words: str
) -> None:
    text = f"Student,ID,SIS User ID,Section,Set 3 (8)\nX,11,1001,A,{there}\n"
    file, said = filled("canvas", text, [standing(ADA, **result)])
    assert file.decode() == (text if stays else "Student,ID,SIS User ID,Section,Set 3 (8)\nX,11,1001,A,7.5\n")
    assert words in said


def test_points_so_far_and_zeros_only_on_demand() -> None:
    rows = [standing(ADA, 3, state="waiting", waiting=4), standing(BOB, 0, state="missing", key="")]
    file, said = filled("canvas", CANVAS, rows, partial=True, missing="zero")
    assert column(file, 7)[3:5] == ["3", "0"]
    assert "only the points so far: Ada Lovelace (1001) (4 points)." in said
    assert "These handed in nothing and get 0 points: Bob Ng (1002)." in said
    graded = CANVAS.replace("=1+1,9,,", "=1+1,9,2,").replace('""quoted""",,,', '""quoted""",,5,')
    file, said = filled("canvas", graded, rows, partial=True, missing="zero")
    assert file.decode() == graded and "Kept what was there: Ada Lovelace (1001): 2; Bob Ng (1002): 5." in said


@pytest.mark.parametrize("named", ["Set 3", " set  3 ", "Set 3 (8)", "8"])
def test_the_column_is_named_by_title_or_number(named: str) -> None:
    file, _ = filled("canvas", CANVAS, [standing(ADA)], column=named)
    assert column(file, 7)[3] == "7.5"


@pytest.mark.parametrize(
    ("text", "more", "words"),
    [
        (CANVAS, {"title": "Set 9"}, "has no columns of an assignment “Set 9”; there are “Set 2 (7)”, “Set 3 (8)”"),
        (CANVAS.replace("Set 2", "Set 3"), {}, "has 2 columns of an assignment “Set 3”"),
        (CANVAS, {"title": "Final Score"}, "has no columns"),
        (CANVAS, {"title": "Section"}, "has no columns"),
        ("a,b\n1,2\n", {}, "has no row with the headings Student, ID and Section"),
        ("", {}, "has no row with the headings"),
        (f'{HEAD}\n"Lovelace, Ada,11,1001,ada\n', {}, "begins a quoted cell that never ends"),
        (b"PK\x03\x04\x00\x00\x00", {}, "is no text"),
    ],
)
def test_a_file_that_cannot_be_filled_in_is_refused(text: str | bytes, more: dict[str, str], words: str) -> None:
    with pytest.raises(MachineError, match=words.replace("(", r"\(").replace(")", r"\)")):
        filled("canvas", text, [standing(ADA)], **more)


def test_a_platform_that_counts_otherwise_is_told() -> None:
    _, said = filled("canvas", CANVAS.replace(",,10,8,", ",,10,100,"), [standing(ADA)])
    assert "The platform counts up to 100 points, the rubric up to 8" in said


def test_first_and_last_names_may_have_columns() -> None:
    text = "LastName,FirstName,ID,SIS Login ID,Section,Set 3 (8)\n    Points Possible,,,,,8\nLovelace,Ada,11,ada,A,\n"
    file, _ = filled("canvas", text, [standing(Person(name="Ada Lovelace"))])
    assert column(file, 5) == ["Set 3 (8)", "8", "7.5"]


def test_a_short_row_grows_to_its_cell() -> None:
    file, _ = filled("canvas", "Student,ID,Section,Set 3 (8)\nX,11\n", [standing(ADA)])
    assert file == b"Student,ID,Section,Set 3 (8)\nX,11,,7.5\n"


def test_canvas_without_a_file() -> None:
    rows = [*everyone()[:2], standing(JOERG, state="waiting", waiting=1)]
    made = export("canvas", rows)
    assert made.files["canvas.csv"].decode().splitlines() == [
        "Student,ID,SIS User ID,SIS Login ID,Section,Set 3",
        "    Points Possible,,,,,8",
        "Ada Lovelace,11,1001,ada@uni.edu,,7.5",
        "Bob Ng,12,1002,bob@uni.edu,,6.5",
        "Jörg Groß,13,1003,joerg@uni.edu,,",
    ]
    elsewhere = export("canvas", rows, layout="moodle").files["canvas.csv"].decode()
    assert "Ada Lovelace,,1001,ada@uni.edu,,7.5" in elsewhere, "another platform's number is no Canvas id"


TEXT = st.text(st.characters(codec="utf-8", exclude_characters="\x00\r"), max_size=12)
ROWS = st.lists(st.tuples(TEXT, TEXT, TEXT, TEXT, st.sampled_from(["", "3", "7,5", "EX", "-", '"'])), max_size=6)


@given(
    ROWS, st.sampled_from(",;\t"), st.sampled_from(["\r\n", "\n"]), st.sampled_from(["utf-8", "utf-8-sig", "utf-16"])
)
def test_only_cells_of_the_column_change(rows: list[tuple[str, ...]], delimiter: str, ends: str, encoding: str) -> None:
    out = io.StringIO()
    writer = csv.writer(out, delimiter=delimiter, lineterminator=ends)
    writer.writerows(
        [["Student", "ID", "SIS User ID", "Section", "Set 3 (8)", "Notes"], *([*row, "="] for row in rows)]
    )
    raw = out.getvalue().encode(encoding)
    standings = [
        standing(Person(name=name, user=number, id=id), place / 4) for place, (name, number, id, *_) in enumerate(rows)
    ]
    file, said = filled("canvas", raw, standings, layout="folders")
    before, after = (
        list(csv.reader(io.StringIO(text.decode(encoding), newline=""), delimiter=delimiter)) for text in (raw, file)
    )
    assert [row[:4] + row[5:] for row in before] == [row[:4] + row[5:] for row in after]
    for (_, _, _, _, there), row in zip(rows, after[1:], strict=True):
        assert row[4] == there or there not in ("EX", '"')
    again, _ = filled("canvas", file, standings, layout="folders")
    assert again == file


@given(st.binary(max_size=300))
def test_any_bytes_are_filled_in_or_refused(raw: bytes) -> None:
    for to in ("canvas", "moodle", "gradescope"):
        with suppress(MachineError):
            filled(to, raw, everyone())


# Moodle


def test_moodle_worksheet_is_filled_in() -> None:
    file, said = filled("moodle", WORKSHEET, everyone(), layout="moodle")
    expected = WORKSHEET.replace("Submitted,,8.00,Yes", "Submitted,7.5,8.00,Yes").replace(
        "Submitted,-,", "Submitted,6.5,"
    )
    assert file.decode() == expected
    assert "Kept what was there: Jörg Groß (1003): Moodle lets nobody change it." in said
    assert "Not in the given file: 王 伟 (14); مريم علي (15)." in said


def test_moodle_worksheet_in_german_with_commas_and_hidden_names() -> None:
    head = "ID;Status;Bewertung;Bestwertung;Bewertung kann geändert werden"
    text = f"{head}\nTeilnehmer/in 11;;;8,00;Ja\nTeilnehmer/in 12;;;8,00;Nein\n"
    file, _ = filled("moodle", text, everyone(), layout="moodle")
    assert file.decode() == text.replace("11;;;8", "11;;7,5;8")


def test_moodle_gradebook_export_is_filled_in() -> None:
    head = "First name,Last name,ID number,Email address,Assignment: Set 2 (Real),Assignment: Set 3 (Real)"
    text = f"{head}\nAda,Lovelace,1001,x@y.z,9.00,-\nBob,Ng,,bob@uni.edu,-,-\n"
    file, _ = filled("moodle", text, everyone(), layout="gradescope")
    assert file.decode() == text.replace("9.00,-", "9.00,7.5").replace("edu,-,-", "edu,-,6.5")
    with pytest.raises(MachineError, match="has no columns “Set 9”; there are “Assignment: Set 2"):
        filled("moodle", text, everyone(), title="Set 9")


def test_moodle_without_a_file() -> None:
    made = export("moodle", everyone()[2:4])
    assert made.files["moodle.csv"].decode().splitlines() == [
        "ID number,Email address,Full name,Set 3",
        "1003,joerg@uni.edu,Jörg Groß,5.5",
        ",,王 伟,4.5",
    ]
    assert any(
        "Moodle finds no one without an ID number or an email address: 王 伟 (14)." in said for said in made.said
    )


# Gradescope and nbgrader


def test_gradescope_download_is_filled_in() -> None:
    head = "First Name,Last Name,SID,Email,Sections,Total Score,Max Points"
    text = f"{head}\nAda,Lovelace,1001,,,,8.0\nJ,G,,JOERG@uni.edu,,1.0,8.0\n"
    file, said = filled("gradescope", text, everyone())
    assert file.decode() == text.replace("1001,,,,", "1001,,,7.5,").replace(",1.0,", ",5.5,")
    assert "1 becomes 5.5" in said and "imports no scores" in said


def test_gradescope_without_a_file() -> None:
    due = datetime(2026, 5, 1, 21, tzinfo=UTC)
    late = Lateness(due=due, at=due, seconds=3725)
    rows = [
        standing(ADA, problems=(ProblemPoints(id="1A", points=7.5, max_points=8),), late=late, at=due),
        standing(BOB, 1, state="waiting", waiting=2, problems=(ProblemPoints(id="1A", points=1, max_points=8),)),
        standing(WEI, 0, state="missing", key=""),
    ]
    assert export("gradescope", rows).files["gradescope.csv"].decode().splitlines() == [
        "Name,SID,Email,Sections,Total Score,Max Points,Status,Submission Time,Lateness (H:M:S),1A",
        "Ada Lovelace,1001,ada@uni.edu,,7.5,8,Graded,2026-05-01 21:00:00+00:00,01:02:05,7.5",
        "Bob Ng,1002,bob@uni.edu,,,8,Ungraded,,,",
        "王 伟,,,,,8,Missing,,,",
    ]


def test_nbgrader_grades_and_students() -> None:
    rows = [standing(ADA, 7.2, raw=8), standing(Person(name="Groß, Jörg", email="j@uni.edu"), state="error", error=1)]
    made = export("nbgrader", rows, layout="nbgrader")
    assert made.files["nbgrader-grades.csv"].decode().splitlines() == [
        "assignment,duedate,timestamp,student_id,last_name,first_name,email,raw_score,late_submission_penalty,score,max_score",
        "Set 3,,,11,Lovelace,Ada,ada@uni.edu,8,0.8,7.2,8",
        "Set 3,,,,Groß,Jörg,j@uni.edu,,,,8",
    ]
    assert made.files["nbgrader-students.csv"].decode().splitlines() == [
        "id,first_name,last_name,email",
        "11,Ada,Lovelace,ada@uni.edu",
    ]
    assert any("nbgrader needs a user name or an id: Groß, Jörg (j@uni.edu)." in said for said in made.said)


# Feedback


def handed_in(layout: str, *handins: tuple[str, tuple[Person, ...], str]) -> HandedIn:
    return HandedIn(
        layout=layout,
        handins=tuple(
            Handin(key=key, people=people, files=(HandedInFile(path=Path("export") / name, name=name),), source=name)
            for key, people, name in handins
        ),
    )


def zipped_names(content: bytes) -> list[str]:
    with zipfile.ZipFile(io.BytesIO(content)) as archive:
        return archive.namelist()


def page(key: str) -> bytes:
    return f"<p>{key}</p>".encode()


def test_canvas_feedback_has_the_names_of_the_download() -> None:
    handins = handed_in(
        "canvas",
        ("ada", (ADA,), "lovelaceada_LATE_11_501_report_3.pdf"),
        ("group", (BOB, JOERG), "ngbob_12_502_set3.ipynb"),
        ("wei", (WEI,), "wei_14_link.html"),
        ("anon", (MARYAM,), "anon_x7_503_a.ipynb"),
    )
    keys = {ADA: "ada", BOB: "group", JOERG: "group", WEI: "wei", MARYAM: "anon"}
    rows = [standing(person, key=key) for person, key in keys.items()]
    made = export("canvas", rows, handed_in=handins, pages=page)
    with zipfile.ZipFile(io.BytesIO(made.files["canvas-feedback.zip"])) as archive:
        assert {name: archive.read(name) for name in archive.namelist()} == {
            "anon_x7_503_a.ipynb": page("anon"),
            "lovelaceada_LATE_11_501_report_3.pdf": page("ada"),
            "ngbob_12_502_set3.ipynb": page("group"),
        }
    assert any("gave no file to upload again: 王 伟 (14)." in said for said in made.said)
    assert made.files == export("canvas", reversed(rows), handed_in=handins, pages=page).files | {
        "canvas.csv": made.files["canvas.csv"]
    }


def test_moodle_feedback_has_a_folder_for_everyone() -> None:
    handins = handed_in(
        "moodle",
        ("ada", (Person(name="Ada_Lovelace"),), "Ada Lovelace_11_assignsubmission_file_/report.pdf"),
        ("group", (BOB, JOERG), "Group A_77_assignsubmission_file_/set3.ipynb"),
        ("x", (WEI,), "x.pdf"),
    )
    rows = [
        standing(Person(name="Ada_Lovelace"), key="ada"),
        standing(BOB, key="group"),
        standing(JOERG, key="group"),
        standing(WEI.model_copy(update={"user": ""}), key="x"),
        standing(MARYAM, state="waiting", waiting=1),
    ]
    made = export("moodle", rows, handed_in=handins, pages=page)
    assert zipped_names(made.files["moodle-feedback.zip"]) == [
        "Ada Lovelace_11_assignsubmission_file_/feedback.html",
        "Bob Ng_12_assignsubmission_file_/feedback.html",
        "Jörg Groß_13_assignsubmission_file_/feedback.html",
    ]
    assert any("number at Moodle is not known: 王 伟." in said for said in made.said)


def test_moodle_feedback_takes_the_numbers_of_the_worksheet() -> None:
    made = export("moodle", [standing(ADA)], layout="gradescope", given=WORKSHEET.encode(), pages=page)
    assert zipped_names(made.files["moodle-feedback.zip"]) == ["Ada Lovelace_11_assignsubmission_file_/feedback.html"]


def test_nbgrader_feedback_lies_where_it_is_released_from() -> None:
    handins = handed_in("nbgrader", ("a", (ADA,), "3B.ipynb"), ("b", (BOB,), "notes.txt"))
    rows = [standing(ADA, key="a"), standing(Person(user="../../etc"), key="b")]
    made = export("nbgrader", rows, handed_in=handins, pages=page)
    assert zipped_names(made.files["nbgrader-feedback.zip"]) == [
        "feedback/11/Set 3/3B.html",
        "feedback/_.._etc/Set 3/feedback.html",
    ]


@pytest.mark.parametrize(("to", "layout"), [("moodle", "moodle"), ("nbgrader", "nbgrader")])
def test_two_pages_of_one_name_are_nobodys(to: str, layout: str) -> None:
    same = Person(name="Ada", user="5")
    made = export(to, [standing(same, key="a"), standing(same, key="b")], layout=layout, pages=page)
    assert f"{to}-feedback.zip" not in made.files
    assert any("whose pages would have one name: Ada (5); Ada (5)." in said for said in made.said)
