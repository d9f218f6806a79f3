"""Exports as they are: what is messy, missing, twice there or hostile is said; nobody is lost or taken for another."""

import gzip
import io
import os
import stat
import tarfile
import zipfile
from collections import namedtuple

import pytest
from class_exports import CLASS, NOTEBOOK, REPORT, WRITERS, zipped

from grader import reading
from grader.core.errors import MachineError, SubmissionError
from grader.intake import class_archive, open_submission
from grader.intake.handins import handed_in

COLAB = b"https://colab.research.google.com/drive/1abc?usp=sharing"
LINK = b'<html><body><a href="' + COLAB + b'">My notebook</a></body></html>'


def yml(*rows):
    """Metadata of Gradescope: (submission, its submitters as (name, sid, email), when, further lines)."""
    text = "---\n"
    for row, people, at, *more in rows:
        text += f"{row}:\n  :submitters:\n"
        text += "".join(f"  - :name: {n}\n    :sid: {s}\n    :email: {e}\n" for n, s, e in people)
        text += f"  :created_at: {at}\n" + "".join(f"  {line}\n" for line in more)
    return text.encode()


def gradescope(rows, *folders):
    return {"submission_metadata.yml": yml(*rows)} | {f"{folder}/report.md": REPORT for folder in folders}


ADA, BEN = ("Ada", "'007'", "ada@x.org"), ("Ben", "'8'", "ben@x.org")
NOON, LATER = "2026-03-01 12:00:00.123456789 -08:00", "2026-03-02 12:00:00 Z"
# name: (files, {key: (people as name/id/email/user, names of files)}, words of what is said)
CASES = {
    "gradescope: a group": (
        gradescope([("submission_1", [ADA, BEN], NOON)], "submission_1"),
        {"Ada+Ben": ("Ada/007/ada@x.org/ Ben/8/ben@x.org/", ["report.md"])},
        [],
    ),
    "gradescope: a PDF": (
        {"submission_metadata.yml": yml(("5.pdf", [ADA], NOON)), "5.pdf": b"%PDF-1.4"},
        {"Ada": ("Ada/007/ada@x.org/", ["5.pdf"])},
        [],
    ),
    "gradescope: a PDF under the name of a submission": (
        {"submission_metadata.yml": yml(("submission_5", [ADA], NOON)), "5.pdf": b"%PDF-1.4"},
        {"Ada": ("Ada/007/ada@x.org/", ["5.pdf"])},
        [],
    ),
    "gradescope: a row without a folder": (
        gradescope([("submission_1", [ADA], NOON), ("submission_2", [BEN], NOON)], "submission_1"),
        {"Ada": ("Ada/007/ada@x.org/", ["report.md"]), "Ben": ("Ben/8/ben@x.org/", None)},
        ["submission_2 of Ben stands in submission_metadata.yml, and the export holds no such folder"],
    ),
    "gradescope: a folder without a row": (
        gradescope([("submission_1", [ADA], NOON)], "submission_1", "submission_9"),
        {"Ada": ("Ada/007/ada@x.org/", ["report.md"]), "submission_9": ("submission_9///", ["report.md"])},
        ["submission_9 has no row"],
    ),
    "gradescope: the same person twice": (
        gradescope([("submission_2", [ADA], LATER), ("submission_1", [ADA], NOON)], "submission_1", "submission_2"),
        {"Ada": ("Ada/007/ada@x.org/", ["report.md"])},
        ["submission_2 counts, and not submission_1"],
    ),
    "gradescope: alone, then in a group": (
        gradescope(
            [("submission_2", [ADA, BEN], LATER), ("submission_1", [ADA], NOON)], "submission_1", "submission_2"
        ),
        {"Ada+Ben": ("Ada/007/ada@x.org/ Ben/8/ben@x.org/", ["report.md"])},
        ["submission_2 counts, and not submission_1"],
    ),
    "gradescope: in a group, then alone": (
        gradescope(
            [("submission_1", [ADA, BEN], NOON), ("submission_2", [ADA], LATER)], "submission_1", "submission_2"
        ),
        {"Ada": ("Ada/007/ada@x.org/", ["report.md"]), "Ben": ("Ben/8/ben@x.org/", ["report.md"])},
        ["submission_2 counts, and not submission_1"],
    ),
    "gradescope: one name twice": (
        gradescope(
            [("submission_1", [ADA], NOON), ("submission_2", [("ADA", "9", "a@y")], NOON)],
            "submission_1",
            "submission_2",
        ),
        {"Ada-007": ("Ada/007/ada@x.org/", ["report.md"]), "ADA-9": ("ADA/9/a@y/", ["report.md"])},
        [],
    ),
    "gradescope: tags of Ruby's, anchors, nothing in a field": (
        {
            "submission_metadata.yml": b"\xef\xbb\xbfsubmission_1: !ruby/hash:Some::Hash\r\n"
            b"  ':submitters':\r\n  - :name: &1 Ada\r\n    :sid:\r\n    :email: ~\r\n"
            b"  :history: []\r\n  :created_at: &2 x\r\n"
            b"submission_2:\r\n  :submitters:\r\n  - {name: *1 , sid: 0010, email: null}\r\n"
            b"  :created_at: *2\r\n  :status: :x\r\n",
            "submission_1/report.md": REPORT,
            "submission_2/report.md": REPORT,
        },
        {},
        ["submission_1 of Ada: when it was handed in can't be read"],
    ),
    "gradescope: an earlier attempt that is there": (
        gradescope(
            [("submission_2", [ADA], LATER, ":history:", "- :id: 1", f"  :created_at: {NOON}")],
            "submission_1",
            "submission_2",
        ),
        {"Ada": ("Ada/007/ada@x.org/", ["report.md"])},
        ["submission_1 is an earlier attempt"],
    ),
    "canvas: handed in again": (
        {
            "adalovelace_11_30_hw4.ipynb": NOTEBOOK,
            "adalovelace_11_31_hw4-1.ipynb": NOTEBOOK + b" ",
            "adalovelace_11_32_hw4-2.ipynb": NOTEBOOK,
        },
        {"adalovelace": ("adalovelace///11", ["hw4.ipynb"])},
        ["adalovelace_11_32_hw4-2.ipynb counts, and not adalovelace_11_30_hw4.ipynb"],
    ),
    "canvas: parts that are called so": (
        {"ada_11_30_part-1.md": REPORT, "ada_11_31_part-2.md": REPORT + b"x"},
        {"ada": ("ada///11", ["part-1.md", "part-2.md"])},
        [],
    ),
    "canvas: one file of two downloads": (
        {"ada_11_9_hw4.md": REPORT, "ada_11_10_hw4.md": REPORT},
        {"ada": ("ada///11", ["hw4.md"])},
        ["ada_11_10_hw4.md counts, and not ada_11_9_hw4.md"],
    ),
    "canvas: a file packed alone": (
        {"ada_11_30_report.md.gz": gzip.compress(REPORT)},
        {"ada": ("ada///11", ["report.md"])},
        [],
    ),
    "canvas: anonymous": (
        {"anon_x7Ab2_30_a_b.md": REPORT, "LATE_anon_12_31_b.md": REPORT, "anon_LATE_q_33_c.md": REPORT},
        {"x7Ab2": ("///x7Ab2", ["a_b.md"]), "12": ("///12", ["b.md"]), "q": ("///q", ["c.md"])},
        [],
    ),
    "canvas: a link and a text": (
        {
            "ada_11_link.html": LINK,
            "ben_12_text.html": b"<p>608 parameters in the first layer of the network, as I counted</p>",
        },
        {"ada": ("ada///11", None), "ben": ("ben///12", ["text.html"])},
        ["ada: https://colab.research.google.com/drive/1abc?usp=sharing stands in the place of a file"],
    ),
    "canvas: one name, two users": (
        {"leemin_11_30_a.md": REPORT, "leemin_12_31_a.md": REPORT},
        {"leemin-11": ("leemin///11", ["a.md"]), "leemin-12": ("leemin///12", ["a.md"])},
        [],
    ),
    "canvas: files that a person put there too": (
        {
            "eva_5_1_report-1.md": REPORT,
            "finn_5_2_hw4.ipynb": NOTEBOOK,
            "gus.rar": b"Rar!",
            "hal/report.md": REPORT,
            "grades.csv": b"x",
        },
        {
            "eva": ("eva///5", ["report-1.md"]),
            "finn": ("finn///5", ["hw4.ipynb"]),
            "gus": ("gus///", ["gus.rar"]),
            "hal": ("hal///", ["report.md"]),
        },
        [
            "gus.rar is not named as canvas names",
            "hal is not named as",
            "grades.csv was left out",
            "eva (5) and finn (5) share a number",
        ],
    ),
    "moodle: files and a text, with and without a bar at the end": (
        {
            "Ada L_1_assignsubmission_file_/a.md": REPORT,
            "Ada L_1_assignsubmission_onlinetext_/onlinetext.html": b"<p>x</p>",
            "Ben_2_assignsubmission_file/deep/b.md": REPORT,
        },
        {"Ada_L": ("Ada L///1", ["a.md", "onlinetext.html"]), "Ben": ("Ben///2", ["deep/b.md"])},
        [],
    ),
    "moodle: a text alone": (
        {"Ada_1_assignsubmission_onlinetext_/onlinetext.html": REPORT + b"which are in the first layer"},
        {"Ada": ("Ada///1", ["onlinetext.html"])},
        [],
    ),
    "moodle: a text that is a link": (
        {"Ada_1_assignsubmission_onlinetext_/onlinetext.html": b"<p><a>" + COLAB + b"</a></p>"},
        {"Ada": ("Ada///1", None)},
        [COLAB.decode()],
    ),
    "moodle: blind": (
        {"Participant_7_assignsubmission_file_/a.md": REPORT, "Participant_8_assignsubmission_file_/a.md": REPORT},
        {"7": ("///7", ["a.md"]), "8": ("///8", ["a.md"])},
        [],
    ),
    "moodle: blind in a language of its own": (
        {f"Xyz_{n}_assignsubmission_file_b_1_2_a.md": REPORT for n in (7, 8, 9)},
        {str(n): (f"///{n}", ["b_1_2_a.md"]) for n in (7, 8, 9)},
        [],
    ),
    "moodle: one name twice, in two writings": (
        {"Zoe\u0308_7_assignsubmission_file_/a.md": REPORT, "Zo\u00eb_8_assignsubmission_file_/a.md": REPORT},
        {"Zo\u00eb-7": ("Zoe\u0308///7", ["a.md"]), "Zo\u00eb-8": ("Zo\u00eb///8", ["a.md"])},
        [],
    ),
    "moodle: feedback": (
        {"Ada_1_assignsubmission_file_/a.md": REPORT, "Ada_1_assignfeedback_file_/b.md": REPORT},
        {"Ada": ("Ada///1", ["a.md"])},
        ["it is feedback"],
    ),
    "nbgrader: a student without the assignment, a moment that is none": (
        {
            "submitted/ada/ps1/a.ipynb": NOTEBOOK,
            "submitted/ada/ps1/timestamp.txt": b"soon",
            "submitted/ben/x.txt": b"x",
        },
        {"ada": ("/ada//", ["a.ipynb"])},
        ["ada/ps1/timestamp.txt: when it was handed in can't be read", "ben/x.txt was left out"],
    ),
    "github: a team, and what isn't called so": (
        {
            "hw4-submissions/hw4-team-a/a.md": REPORT,
            "hw4-submissions/hw4-ben/b.md": REPORT,
            "hw4-submissions/cleo.zip": zipped({"c.md": REPORT}),
        },
        {"team-a": ("///team-a", ["a.md"]), "ben": ("///ben", ["b.md"]), "cleo": ("cleo///", ["c.md"])},
        ["cleo.zip is not named as"],
    ),
    "plain: names that collide": (
        {f"{name}/report.md": REPORT for name in ("eva", "eva.", "lee min", "lee_min", "o,neil", "o:neil", "Eva")},
        None,
        ["Eva and eva may be one person"],
    ),
    "plain: files of one name": (
        {
            "smith_john.ipynb": NOTEBOOK,
            "smith_john.pdf": b"%PDF",
            "doe_jane.ipynb": NOTEBOOK,
            "README.md": b"x",
            "doe_jane_report.md": REPORT,
        },
        {
            "smith_john": ("smith_john///", ["smith_john.ipynb", "smith_john.pdf"]),
            "doe_jane": ("doe_jane///", ["doe_jane.ipynb"]),
            "doe_jane_report": ("doe_jane_report///", ["doe_jane_report.md"]),
        },
        ["doe_jane and doe_jane_report may be one person", "README.md was left out"],
    ),
    "plain: a folder and the archive it came in": (
        {"smith_john/report.md": REPORT, "smith_john.zip": zipped({"report.md": REPORT}), "eve/report.md": REPORT},
        {
            "smith_john": ("smith_john///", ["smith_john.zip", "smith_john/report.md", "smith_john (2)/report.md"]),
            "eve": ("eve///", ["report.md"]),
        },
        ["smith_john, smith_john.zip: taken as one hand-in"],
    ),
    "plain: one name in two writings": (
        {"zoe\u0308.ipynb": NOTEBOOK, "zo\u00eb.pdf": b"%PDF", "ann.ipynb": NOTEBOOK},
        {"zo\u00eb": ("zo\u00eb///", ["zoe\u0308.ipynb", "zo\u00eb.pdf"]), "ann": ("ann///", ["ann.ipynb"])},
        [],
    ),
    "plain: files that name nobody": (
        {
            "ada/report.md": REPORT,
            "ben.pdf": b"%PDF",
            "notes.txt": REPORT,
            "Set 4.pdf": b"%PDF",
            "hw4_cleo.ipynb": NOTEBOOK,
        },
        {
            "ada": ("ada///", ["report.md"]),
            "ben": ("ben///", ["ben.pdf"]),
            "hw4_cleo": ("hw4_cleo///", ["hw4_cleo.ipynb"]),
        },
        ["notes.txt was left out: it names nobody", "Set 4.pdf was left out"],
    ),
    "plain: numbers for names, wrapped": (
        {"w/12345/report.md": REPORT, "w/12346/report.md": REPORT},
        {"12345": ("12345///", ["report.md"]), "12346": ("12346///", ["report.md"])},
        ["It lies in w"],
    ),
    "plain: junk": (
        {
            "ada/report.md": REPORT,
            "ada/.git/x.md": b"x",
            "ada/.venv/y.md": b"x",
            "ben/report.md": REPORT,
            ".DS_Store": b"x",
            "__MACOSX/ada/._report.md": b"x",
            ".ipynb_checkpoints/ada.ipynb": b"x",
            ".hidden/z.md": b"x",
        },
        {"ada": ("ada///", ["report.md"]), "ben": ("ben///", ["report.md"])},
        [".hidden was left out"],
    ),
    "plain: a class of one": ({"ada/report.md": REPORT}, {"ada": ("ada///", ["report.md"])}, []),
    "plain: a class of one, packed": (
        {"ada.zip": zipped({"hw4.zip": zipped({"report.md": REPORT})})},
        {"ada": ("ada///", ["report.md"])},
        [],
    ),
    "plain: a class of one with much in it": (
        {"ada/set4/a.md": REPORT, "ada/set5/b.md": REPORT},
        {"ada": ("ada///", ["set4/a.md", "set5/b.md"])},
        [],
    ),
    "plain: whose name is no name": (
        {"🙂/a.md": REPORT, "🙃/a.md": REPORT, "شادي/a.md": REPORT, "-rf/a.md": REPORT, "con/a.md": REPORT},
        None,
        [],
    ),
    "plain: a student whose files are called as a platform's": (
        {"ada/lee_1_2_x.md": REPORT, "ben/report.md": REPORT, "cleo/report.md": REPORT},
        {"ada": ("ada///", ["lee_1_2_x.md"]), "ben": ("ben///", ["report.md"]), "cleo": ("cleo///", ["report.md"])},
        [],
    ),
    "plain: results of an earlier run among what was handed in": (
        {
            "ada/a.md": REPORT,
            "ben/a.md": REPORT,
            "out/gradebook.csv": b"key\n",
            "out/standings.json": b"{}",
            "out/ada/feedback.html": b"<p>",
        },
        {
            "ada": ("ada///", ["a.md"]),
            "ben": ("ben///", ["a.md"]),
            "out": ("out///", ["ada/feedback.html", "gradebook.csv", "standings.json"]),
        },
        ["out holds results of the grader, as it seems"],
    ),
    "plain: a link beside words": (
        {
            "ada/readme.txt": b"My notebook is at " + COLAB + b" because the upload did not work for me, sorry",
            "ben/a.md": REPORT,
        },
        {"ada": ("ada///", ["readme.txt"]), "ben": ("ben///", ["a.md"])},
        ["ada: " + COLAB.decode()],
    ),
}


def put(folder, files):
    for name, content in files.items():
        (folder / name).parent.mkdir(parents=True, exist_ok=True)
        (folder / name).write_bytes(content)
    return folder


def opened(handin):
    try:
        with open_submission(handin) as submission:
            assert submission.id == handin.key
            return sorted(submission.files)
    except SubmissionError:
        return None


@pytest.mark.parametrize("packed", [False, True], ids=["folder", "zip"])
@pytest.mark.parametrize("name", CASES)
def test_exports_as_they_are(name, packed, tmp_path):
    files, expected, said = CASES[name]
    path = put(tmp_path / "export", files)
    if packed:
        path = tmp_path / "export.zip"
        path.write_bytes(zipped(files))
    found = handed_in(path, scratch=tmp_path / "scratch")
    got = {
        handin.key: (" ".join(f"{p.name}/{p.id}/{p.email}/{p.user}" for p in handin.people), opened(handin))
        for handin in found.handins
    }
    if expected is None:
        assert len({key.casefold() for key in got}) == len({file.split("/")[0] for file in files})
    elif expected:
        assert got == {key: (who, names and sorted(names)) for key, (who, names) in expected.items()}
    for words in said:
        assert any(words in sentence for sentence in found.said), found.said


def test_numbers_keep_their_zeros_and_nothing_is_no_text(tmp_path):
    files, *_ = CASES["gradescope: tags of Ruby's, anchors, nothing in a field"]
    found = handed_in(put(tmp_path / "export", files), scratch=tmp_path)
    assert sorted((p.name, p.id, p.email) for h in found.handins for p in h.people) == [
        ("Ada", "", ""),
        ("Ada", "0010", ""),
    ]


# name: (files, layout, assignment, what the error says)
REFUSED = {
    "nothing": ({}, None, None, "holds no submissions"),
    "files of one submission": ({"report.md": REPORT, "hw4.ipynb": NOTEBOOK}, None, None, "grader check"),
    "a folder among files of one submission": (
        {"hw4.ipynb": NOTEBOOK, "data/x.csv": b"x", "set4.zip": zipped({"a.md": REPORT})},
        None,
        None,
        "grader check",
    ),
    "two exports": (
        {"a/x_1_2_f.md": REPORT, "b/Ben_1_assignsubmission_file_/f.md": REPORT},
        None,
        None,
        r"a \(canvas\), b \(moodle\)",
    ),
    "two exports, packed": (
        {"a.zip": zipped({"x_1_2_f.md": REPORT}), "b.zip": zipped({"e/submission_metadata.yml": b"{}"})},
        None,
        None,
        r"a.zip \(canvas\), b.zip \(gradescope\)",
    ),
    "two exports in one folder": (
        {"x_1_2_f.md": REPORT, "Ben_1_assignsubmission_file_/f.md": REPORT},
        None,
        None,
        "several exports at once",
    ),
    "an export beside another hand-in": (
        {"a/submission_metadata.yml": b"{}", "ben/report.md": REPORT},
        None,
        None,
        r"beside ben",
    ),
    "another layout than the one named": ({"x_1_2_f.md": REPORT}, "gradescope", None, "holds no export of gradescope"),
    "a layout that nobody knows": ({"x_1_2_f.md": REPORT}, "blackboard", None, "There are: canvas, github_classroom"),
    "several assignments": (
        {"submitted/ada/ps1/a.md": REPORT, "submitted/ben/ps2/a.md": REPORT},
        None,
        None,
        "--assignment ps1",
    ),
    "no such assignment": ({"submitted/ada/ps1/a.md": REPORT}, None, "ps3", "There are: ps1"),
    "metadata that is no YAML": (
        {"submission_metadata.yml": b"a: [", "submission_1/a.md": REPORT},
        None,
        None,
        "no YAML",
    ),
    "a row that stands there twice": (
        {"submission_metadata.yml": yml(("submission_1", [ADA], NOON)) + yml(("submission_1", [BEN], NOON))[4:]},
        None,
        None,
        "submission_1 stands there twice",
    ),
    "an archive of another kind": ({"x.7z": b"7z"}, "plain", None, None),
}


@pytest.mark.parametrize("name", REFUSED)
def test_what_can_not_be_told_is_refused(name, tmp_path):
    files, layout, assignment, words = REFUSED[name]
    (tmp_path / "class").mkdir()
    path = put(tmp_path / "class", files)
    if words is None:
        assert [handin.key for handin in handed_in(path, scratch=tmp_path / "s", layout=layout).handins] == ["x"]
        return
    with pytest.raises(SubmissionError, match=words):
        handed_in(path, scratch=tmp_path / "s", layout=layout, assignment=assignment)


def test_an_error_names_what_was_given(tmp_path):
    (tmp_path / "class.zip").write_bytes(zipped({"x/submission_metadata.yml": b"a: [", "x/submission_1/a.md": REPORT}))
    with pytest.raises(SubmissionError) as caught:
        handed_in(tmp_path / "class.zip", scratch=tmp_path / "s")
    assert caught.value.where == str(tmp_path / "class.zip" / "x" / "submission_metadata.yml")


def test_an_assignment_is_chosen(tmp_path):
    files = {"submitted/ada/ps1/a.md": REPORT, "submitted/ada/ps2/b.md": REPORT, "submitted/ben/ps2/b.md": REPORT}
    found = handed_in(put(tmp_path / "course", files), scratch=tmp_path / "s", assignment="ps1")
    assert [(handin.key, opened(handin)) for handin in found.handins] == [("ada", ["a.md"])]
    assert [person.id for person in found.missing] == ["ben"]
    assert "The assignment is ps1." in found.said
    found = handed_in(put(tmp_path / "c", {"ada_1_2_a.md": REPORT}), scratch=tmp_path / "s", assignment="ps1")
    assert any("--assignment chose nothing" in sentence for sentence in found.said)


def test_one_submission_of_an_export_is_none(tmp_path):
    WRITERS["gradescope"](tmp_path / "e", CLASS)
    with pytest.raises(SubmissionError, match="is one submission of an export"):
        handed_in(tmp_path / "e" / "submission_1100", scratch=tmp_path / "s")


def test_links_are_not_followed(tmp_path):
    secret = put(tmp_path / "secret", {"report.md": REPORT})
    folder = put(tmp_path / "class", {"ada/report.md": REPORT, "ben/a.md": REPORT})
    (folder / "cleo").symlink_to(secret)
    (folder / "dan.ipynb").symlink_to(secret / "report.md")
    os.mkfifo(folder / "eve.ipynb")
    found = handed_in(folder, scratch=tmp_path / "s")
    assert {handin.key: opened(handin) for handin in found.handins} == {
        "ada": ["report.md"], "ben": ["a.md"], "cleo": None, "dan": None, "eve": None
    }  # fmt: skip
    assert all(handin.unread for handin in found.handins if not handin.files)


def packed_class(entries):
    out = io.BytesIO()
    with tarfile.open(fileobj=out, mode="w") as archive:
        for name, content in entries:
            info = tarfile.TarInfo(name)
            if content is None:
                info.type, info.linkname = tarfile.SYMTYPE, "/etc/passwd"
            else:
                info.size = len(content)
            archive.addfile(info, io.BytesIO(content or b""))
    return out.getvalue()


def test_whose_folder_is_empty_is_not_lost(tmp_path):
    with zipfile.ZipFile(tmp_path / "class.zip", "w") as archive:
        archive.writestr("class/ada/a.md", REPORT)
        archive.mkdir("class/ben")
        archive.mkdir("class/__MACOSX/cleo")
    found = handed_in(tmp_path / "class.zip", scratch=tmp_path / "s")
    assert {handin.key: opened(handin) for handin in found.handins} == {"ada": ["a.md"], "ben": None}


def test_hand_ins_are_opened_in_the_confined_process(tmp_path, sandbox):
    files = {
        "ada_1_10_a.zip": zipped({"a.md": REPORT}),
        "ada_1_11_b.md": REPORT,
        "ben_2_20_b.zip": zipped({"b.md": REPORT}),
    }
    (tmp_path / "class.zip").write_bytes(zipped(files))
    got = {}
    for handin in handed_in(tmp_path / "class.zip", scratch=tmp_path / "s").handins:
        with reading.opened(handin, sandbox) as submission:
            got[submission.id] = sorted(submission.files)
    assert got == {"ada": ["a.zip", "a/a.md", "b.md"], "ben": ["b.md"]}


def test_what_an_archive_can_not_give_is_its_owners(tmp_path, monkeypatch):
    monkeypatch.setattr(class_archive, "MOST_BYTES", 1000)
    entries = [
        ("ada_1_10_report.md", REPORT), ("ben_2_20_big.ipynb", bytes(2000)), ("cleo_3_30_link.pdf", None),
        ("../dan_4_40_x.md", REPORT), (f"eve_5_50_{'x' * 300}.md", REPORT),
    ]  # fmt: skip
    (tmp_path / "class.tar").write_bytes(packed_class(entries))
    found = handed_in(tmp_path / "class.tar", scratch=tmp_path / "s")
    got = {handin.key: (opened(handin), " ".join(handin.unread.values())) for handin in found.handins}
    assert got.keys() == {"ada", "ben", "cleo", "eve"}
    assert got["ada"] == (["report.md"], "")
    assert "larger than" in got["ben"][1] and "a link" in got["cleo"][1] and "can't be written" in got["eve"][1]
    assert any("../dan_4_40_x.md was left out of the archive" in sentence for sentence in found.said)
    assert not (tmp_path / "dan_4_40_x.md").exists() and not (tmp_path / "s" / "dan_4_40_x.md").exists()


def test_an_encrypted_entry_is_its_owners_and_an_encrypted_export_is_refused(tmp_path):
    for names, alone in ((("ada_1_10_a.md", "ben_2_20_b.md"), False), (("ben_2_20_b.md",), True)):
        raw = bytearray(zipped(dict.fromkeys(names, REPORT)))
        for signature, offset, length in ((b"PK\x03\x04", 6, 30), (b"PK\x01\x02", 8, 46)):
            at = -1
            while (at := raw.find(signature, at + 1)) >= 0:
                raw[at + offset] |= raw[at + length :].startswith(b"ben")
        (tmp_path / "class.zip").write_bytes(raw)
        if alone:
            with pytest.raises(SubmissionError, match="is encrypted"):
                handed_in(tmp_path / "class.zip", scratch=tmp_path / "s")
            continue
        found = handed_in(tmp_path / "class.zip", scratch=tmp_path / "s")
        assert {h.key: h.unread for h in found.handins} == {"ada": {}, "ben": {"b.md": "was left out: encrypted"}}


def test_no_room_is_said_before_anything_is_written(tmp_path, monkeypatch):
    (tmp_path / "class.zip").write_bytes(zipped({"ada/a.md": bytes(10_000), "ben/a.md": REPORT}))
    free = namedtuple("Usage", "total used free")(10**6, 0, 5000)
    monkeypatch.setattr("shutil.disk_usage", lambda path: free)
    with pytest.raises(MachineError, match="may be filled"):
        handed_in(tmp_path / "class.zip", scratch=tmp_path / "s")
    assert list((tmp_path / "s").iterdir()) == []


def test_an_archive_is_unpacked_once(tmp_path, monkeypatch):
    """What a run that was killed left is cleared away; what somebody took away is unpacked again."""
    (tmp_path / "class.zip").write_bytes(zipped({"ada/a.md": REPORT, "ben/a.md": REPORT}))
    first = handed_in(tmp_path / "class.zip", scratch=tmp_path / "s")
    (unpacked,) = (tmp_path / "s").iterdir()
    (unpacked / "left-out.json").unlink()
    put(tmp_path / "s" / f".{unpacked.name}.killed", {"files/ada/a.md": b"half"})
    assert handed_in(tmp_path / "class.zip", scratch=tmp_path / "s") == first
    assert list((tmp_path / "s").iterdir()) == [unpacked]
    monkeypatch.setattr("grader.intake.archive.unpack", None)
    os.rename(tmp_path / "class.zip", tmp_path / "again.zip")
    assert handed_in(tmp_path / "again.zip", scratch=tmp_path / "s") == first


def test_a_large_class(tmp_path):
    """Ten thousand files are no more than that."""
    files = {f"name{n}_{n}_{n * 7}_file{m}.md": b"x" for n in range(2500) for m in range(4)}
    (tmp_path / "class.zip").write_bytes(zipped(files))
    found = handed_in(tmp_path / "class.zip", scratch=tmp_path / "s")
    assert len(found.handins) == 2500 and sum(len(handin.files) for handin in found.handins) == 10_000


def test_names_that_are_no_text_and_names_that_lead_out(tmp_path):
    folder = put(
        tmp_path / "class", {"Ada_1_assignsubmission_file_..": REPORT, "Ben_2_assignsubmission_file_a.md": REPORT}
    )
    os.mkdir(os.fsencode(folder) + b"/Cleo\xff_3_assignsubmission_file_")
    found = handed_in(folder, scratch=tmp_path / "s")
    assert [opened(handin) for handin in found.handins] == [["Ada_1_assignsubmission_file_.."], ["a.md"], None]
    assert [handin.key for handin in found.handins] == ["Ada", "Ben", "Cleo_"]


@pytest.mark.parametrize("name", ["class.zip", "class.tar.gz", "class.rar", "notes.md", "class"])
def test_what_is_no_archive(name, tmp_path):
    if name != "class":
        (tmp_path / name).write_bytes(b"<html>")
    with pytest.raises(SubmissionError) as caught:
        handed_in(tmp_path / name, scratch=tmp_path / "s")
    assert str(tmp_path) in str(caught.value)


def test_names_of_macos_are_read(tmp_path):
    """Its archives hold UTF-8 and don't say so."""
    raw = bytearray(zipped({"Zoë/a.md": REPORT, "Bo/a.md": REPORT}))
    for signature, offset in ((b"PK\x03\x04", 6), (b"PK\x01\x02", 8)):
        at = -1
        while (at := raw.find(signature, at + 1)) >= 0:
            raw[at + offset + 1] &= ~8
    (tmp_path / "class.zip").write_bytes(raw)
    assert not any(entry.flag_bits & 0x800 for entry in zipfile.ZipFile(tmp_path / "class.zip").infolist())
    assert [handin.key for handin in handed_in(tmp_path / "class.zip", scratch=tmp_path / "s").handins] == ["Bo", "Zoë"]


def test_a_link_in_a_zip_is_its_owners(tmp_path):
    info = zipfile.ZipInfo("ben_2_20_b.md")
    info.external_attr = (stat.S_IFLNK | 0o777) << 16
    with zipfile.ZipFile(tmp_path / "class.zip", "w") as archive:
        archive.writestr("ada_1_10_a.md", REPORT)
        archive.writestr(info, "/etc/passwd")
    found = handed_in(tmp_path / "class.zip", scratch=tmp_path / "s")
    assert {h.key: opened(h) for h in found.handins} == {"ada": ["a.md"], "ben": None}
