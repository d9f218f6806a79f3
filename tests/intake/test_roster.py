"""Rosters of every platform and of hand, in every encoding: who is in the class, and which of them a person is."""

import pytest
from class_exports import NOTEBOOK, REPORT, zipped
from hypothesis import given
from hypothesis import strategies as st

from grader.core.errors import SubmissionError
from grader.core.handin import Person
from grader.intake.handins import handed_in
from grader.intake.roster import Enrolled, Roster, matched, name_forms, read_roster

ADA = Person(name="Ada Lovelace", id="0101", email="ada@uni.example")
ZOE = Person(name="Zoë Müller", id="0102", email="zoe@uni.example")
NAMED = "Ada Lovelace,0101,ada@uni.example\nZoë Müller,0102,zoe@uni.example\n"
# name: (the table, whom it names)
TABLES = {
    "Gradescope": (
        "First Name,Last Name,SID,Email,Sections\n"
        "Ada,Lovelace,0101,ada@uni.example,\nZoë,Müller,0102,zoe@uni.example,\n",
        [ADA, ZOE],
    ),
    "Gradescope with roles": (
        "Name,Email,SID,Role\nAda Lovelace,ada@uni.example,0101,Student\nZoë Müller,zoe@uni.example,0102,Student\n",
        [ADA, ZOE],
    ),
    "Canvas": (
        "Student,ID,SIS User ID,SIS Login ID,Section,Set 4 (991)\n    Points Possible,,,,,8\n"
        '"Lovelace, Ada",11,0101,ada@uni.example,A,\n"Müller, Zoë",12,0102,zoe@uni.example,A,7\n'
        '"Student, Test",13,,,A,\n',
        [ADA.model_copy(update={"user": "11", "section": "A"}), ZOE.model_copy(update={"user": "12", "section": "A"})],
    ),
    "Moodle": (
        "First name,Surname,ID number,Institution,Email address\nAda,Lovelace,0101,,ada@uni.example\n"
        "Zoë,Müller,0102,,zoe@uni.example\n",
        [ADA, ZOE],
    ),
    "Moodle in German": (
        "Vorname;Nachname;ID-Nummer;E-Mail-Adresse\nAda;Lovelace;0101;ada@uni.example\nZoë;Müller;0102;zoe@uni.example\n",
        [ADA, ZOE],
    ),
    "Moodle's grading worksheet": (
        "Identifier,Full name,ID number,Email address,Status,Grade\n"
        "Participant 11,Ada Lovelace,0101,ada@uni.example,x,\n"
        "Participant 12,Zoë Müller,0102,zoe@uni.example,x,\n",
        [ADA.model_copy(update={"user": "11"}), ZOE.model_copy(update={"user": "12"})],
    ),
    "nbgrader": (
        "id,first_name,last_name,email,lms_user_id\n0101,Ada,Lovelace,ada@uni.example,\n0102,Zoë,Müller,zoe@uni.example,\n",
        [ADA, ZOE],
    ),
    "by hand": ("Name,ID,Email\n" + NAMED, [ADA, ZOE]),
    "headings in capitals, another order, spaces": (
        " E-MAIL , STUDENT ID,FULL   NAME\nada@uni.example,0101,Ada Lovelace\nzoe@uni.example, 0102 ,Zoë  Müller\n",
        [ADA, ZOE],
    ),
    "no headings": (NAMED, [ADA, ZOE]),
    "lines before the headings": ("Course;;\n;;\n\nName;SID;Mail\n" + NAMED.replace(",", ";"), [ADA, ZOE]),
    "what Excel says first": ("sep=;\nName;SID;Mail\n" + NAMED.replace(",", ";"), [ADA, ZOE]),
    "tabs": ("Name\tSID\tMail\n" + NAMED.replace(",", "\t"), [ADA, ZOE]),
    "numbers as Excel leaves them": (
        'Name,SID,Email\nAda Lovelace,"=""0101""",ada@uni.example\nZoë Müller,\'0102,zoe@uni.example\n',
        [ADA, ZOE],
    ),
    "one in two sections, and one who teaches": (
        "Name,SID,Email,Role,Section\n"
        + NAMED.replace("\n", ",Student,A\n")
        + "Ada Lovelace,0101,ada@uni.example,Student,B\n"
        "Tee Ay,9,t@uni.example,TA,A\n",
        [ADA.model_copy(update={"section": "A, B"}), ZOE.model_copy(update={"section": "A"})],
    ),
    "Moodle in Spanish": (
        "Nombre,Apellido(s),Número de ID,Dirección de correo\nAda,Lovelace,0101,ada@uni.example\n"
        "Zoë,Müller,0102,zoe@uni.example\n",
        [ADA, ZOE],
    ),
    "GitHub Classroom": (
        "identifier,github_username,github_id,name\nada@uni.example,ada-l,1,Ada Lovelace\n",
        [ADA.model_copy(update={"id": ""})],
    ),
    "names alone": ("Ada Lovelace\nZoë Müller\n", [Person(name="Ada Lovelace"), Person(name="Zoë Müller")]),
    "two of one name": ("Name\nKim\nKim\n", [Person(name="Kim"), Person(name="Kim")]),
}
ENCODINGS = ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-32", "cp1252"]


def students(path):
    return [row.person for row in read_roster(path).rows if row.student]


@pytest.mark.parametrize("name", TABLES)
def test_tables(name, tmp_path):
    text, people = TABLES[name]
    (tmp_path / "roster.csv").write_text(text, encoding="utf-8")
    assert students(tmp_path / "roster.csv") == people


@pytest.mark.parametrize("ended", ["\n", "\r\n", "\r"])
@pytest.mark.parametrize("encoding", ENCODINGS)
def test_encodings(encoding, ended, tmp_path):
    text, people = TABLES["Moodle in German"]
    (tmp_path / "roster.csv").write_bytes(text.replace("\n", ended).encode(encoding))
    assert students(tmp_path / "roster.csv") == people


@pytest.mark.parametrize(
    ("content", "words"),
    [
        (b"", "names nobody"),
        (b"Name,Email\n", "names nobody"),
        (zipped({"xl/workbook.xml": b"x"}), "is no text"),
        ("姓名,邮箱\n李明,a@x\n".encode("gb18030"), "encoding that can't be told"),
        (b"\1\2\3\4" * 99, "is no text"),
        (b'Name,Email\n"' + b"x" * 200_000, "is no table"),
    ],
)
def test_what_is_no_roster(content, words, tmp_path):
    (tmp_path / "roster.csv").write_bytes(content)
    with pytest.raises(SubmissionError, match=words):
        read_roster(tmp_path / "roster.csv")


def row(*logins, **person):
    return Enrolled(person=Person(**person), logins=logins)


KIM = {"name": "Kim Minsu"}
# name: (person of an export, rows of a roster, which row it is)
MATCHES = {
    "id": (
        Person(name="A. L.", id="70001"),
        [row(name="Ada Lovelace", id="8"), row(name="Ada Lovelace", id="70001")],
        1,
    ),
    "id without its zeros": (Person(name="Ada", id="007"), [row(name="Ada", id="7")], 0),
    "email in capitals": (Person(email="Ada@X.org"), [row(name="Ada", email="ada@x.org", id="7")], 0),
    "email where the id is nobody's": (Person(id="1", email="a@x"), [row(id="7", email="a@x")], 0),
    "the platform's number": (
        Person(name="leemin", user="11"),
        [row(name="Min Lee", user="12"), row(name="Min Lee", user="11")],
        1,
    ),
    "a login as the name of a folder": (Person(name="s0101"), [row("s0101", name="Ada")], 0),
    "a login before the @": (Person(id="ada"), [row(name="Ada Lovelace", email="ada@x.org")], 0),
    "an id as the name of a folder": (Person(name="0101"), [row(name="Ada", id="0101")], 0),
    "a name in another order": (Person(name="lovelace_ada"), [row(name="Ada Lovelace")], 0),
    "a name as Canvas has it": (Person(name="lovelaceadaking", user="9"), [row(name="Ada King Lovelace")], 0),
    "a name in another writing": (Person(name="Zoe\u0308 Mu\u0308ller"), [row(name="Zo\u00eb M\u00fcller")], 0),
    "a name that two have": (Person(**KIM), [row(**KIM, id="1"), row(**KIM, id="2")], None),
    "a name with another id": (Person(**KIM, id="3"), [row(**KIM, id="1")], None),
    "a name with another address": (Person(**KIM, email="k@x"), [row(**KIM, email="m@x")], None),
    "a platform's number is no id": (Person(name="leemin", user="11"), [row(name="Ada Lovelace", id="11")], None),
    "an id of somebody else": (Person(name="Ada", id="1", email="a@x"), [row(name="Ben", id="1", email="b@x")], None),
    "the row of a table is no id": (Person(name="Ada", id="11"), [row(name="Ben", id="11")], None),
    "a name in another script": (Person(name="李明", id="7700123"), [row(name="Ming Li", id="7700123")], 0),
    "a login of one, a name of another": (
        Person(name="kim"),
        [row("kim", name="Ada", id="1"), row(name="Kim", id="2")],
        None,
    ),
    "letters that are other letters": (Person(name="Muller"), [row(name="Müller")], None),
    "nobody": (Person(name="Eve"), [row(name="Ada")], None),
}


@pytest.mark.parametrize("name", MATCHES)
def test_who_is_who(name):
    person, rows, expected = MATCHES[name]
    found = matched([person], Roster(rows=tuple(rows)))
    assert found.rows == ({} if expected is None else {0: expected})


def test_two_who_may_be_one_row_are_neither():
    found = matched([Person(name="Ada L"), Person(name="L, Ada")], Roster(rows=(row(name="Ada L", id="1"),)))
    assert found.rows == {} and len(found.said) == 2


def test_whoever_is_left_over_is_not_told_by_that():
    """Two of one name, one known by number: the other one's hand-in without a number stays nobody's."""
    rows = (row(**KIM, id="1"), row(**KIM, id="2"))
    found = matched([Person(**KIM, id="1"), Person(**KIM)], Roster(rows=rows))
    assert found.rows == {0: 0} and "may be Kim Minsu (1) or Kim Minsu (2)" in found.said[0]


people = st.builds(
    Person,
    name=st.sampled_from(["Ada", "Ben", "Kim Lee", "Lee Kim", ""]),
    id=st.sampled_from(["", "1", "01", "2"]),
    email=st.sampled_from(["", "a@x", "b@x"]),
    user=st.sampled_from(["", "1", "ada"]),
)


@given(st.lists(people, max_size=5), st.lists(people, max_size=5))
def test_nobody_is_two(some, listed):
    found = matched(some, Roster(rows=tuple(Enrolled(person=person) for person in listed)))
    assert len(set(found.rows.values())) == len(found.rows)
    swapped = matched(some[::-1], Roster(rows=tuple(Enrolled(person=person) for person in listed[::-1])))
    assert {(len(some) - 1 - a, len(listed) - 1 - b) for a, b in swapped.rows.items()} == set(found.rows.items())


@given(st.text(max_size=20))
def test_forms_of_a_name_are_of_words_alone(name):
    assert all(form.strip() for form in name_forms(name))


def test_the_class_with_its_roster(tmp_path):
    files = {"leemin_11_1_a.ipynb": NOTEBOOK, "leemin_12_2_a.ipynb": NOTEBOOK, "eve_19_3_a.md": REPORT}
    for name, content in files.items():
        (tmp_path / "class").mkdir(exist_ok=True)
        (tmp_path / "class" / name).write_bytes(content)
    (tmp_path / "roster.csv").write_text(
        'Student,ID,SIS User ID,Section\n    Points Possible,,,\n"Lee, Min",11,1,\n"Lee, Min",12,2,\n"No, Body",13,3,\n'
        '"Student, Test",99,,\n'
    )
    found = handed_in(tmp_path / "class", scratch=tmp_path / "s", roster=tmp_path / "roster.csv")
    assert {h.key: (h.people[0].name, h.people[0].id) for h in found.handins} == {
        "leemin-11": ("Min Lee", "1"), "leemin-12": ("Min Lee", "2"), "eve": ("eve", "")
    }  # fmt: skip
    assert [person.name for person in found.missing] == ["Body No"]
    assert any("eve (19) stands on no roster" in sentence for sentence in found.said)
    assert any("Student, Test is nobody's" in sentence for sentence in found.said)
