"""A class of a reference and its mutants in every layout: killed twice, run to its end, and right to the cent.

`make class` runs it; `make class CLASS="--people 40 --rubric cmu16720-cnn --layouts canvas,moodle"` says which class.
Exits with 1 where somebody has other points than the reference's without what the mutant loses, and lateness.
"""

import argparse
import csv
import os
import sys
import tempfile
import time
from collections import Counter
from dataclasses import dataclass
from itertools import cycle, islice
from math import ceil
from pathlib import Path

from class_commands import graded, grader, kill_group, rows, started, until
from class_exports import WRITERS, Member, contents, roster

from grader.core.outcome import Grade
from grader.rubric import load_rubric
from grader.rubric.load import find_rubric
from grader.rubric_trials import mutated, reference_folder

NAMES = (
    "Ada Lovelace", "Jörg Groß", "Zoë Müller-Öztürk", "李 明", "王 小红", "ليلى حداد", "Kim Minsu", "Kim Minsu",
    "Siân O'Neil-Jones", "Анна Иванова", "Øyvind Ås", "田中 花子", "Ngọc Trần", "Anne van der Berg",
)  # fmt: skip
DUE = "2026-03-01T12:00:00+00:00"  # as class_exports has it
PER_DAY, AT_MOST, GRACE_MINUTES = 0.1, 0.5, 10
LATE = f"late: {{per_day: {PER_DAY}, at_most: {AT_MOST}, grace_minutes: {GRACE_MINUTES}}}\n"
WITH_TIMES = ("gradescope", "nbgrader")  # the other layouts don't tell when something was handed in
HALF_A_CENT = 0.005 + 1e-9  # points are written with two places
COMMAND = ("--workers", "2", "--due", DUE, "--trust-submissions")


@dataclass(frozen=True)
class Student:
    """One of the class, the name of what is wrong with the hand-in, and the points that it deserves in time."""

    member: Member
    made_of: str
    points: float

    def deserves(self, layout):
        """The points after lateness; None where nothing was handed in."""
        if not self.member.files:
            return None
        hours = self.member.number if self.member.late and layout in WITH_TIMES else 0
        days = ceil(max(0, hours * 60 - GRACE_MINUTES) / 1440)
        return self.points * (1 - min(AT_MOST, days * PER_DAY))


def students(rubric, people, scratch):
    """So many students: the reference and each mutant in turn, some late, some twice the same, some with nothing."""
    reference = reference_folder(rubric)
    most = sum(c.points for problem in rubric.problems for c in problem.checks if c.type != "manual")
    kinds = [("the reference", contents(reference), most)]
    for number, mutant in enumerate(rubric.mutants):
        folder = mutated(rubric, mutant, scratch / f"mutant-{number}")
        kinds.append((mutant.name, contents(folder), most - sum(mutant.loses.values())))
    made = []
    for number, (name, (kind, files, points)) in enumerate(zip(islice(cycle(NAMES), people), cycle(kinds)), 1):
        if number % 17 == 0:
            kind, files, points = "nothing", {}, 0.0
        elif number % 5:  # the others are copies of one another
            files = {file: _own(content, number) if file == "report.md" else content for file, content in files.items()}
        late = number % 3 == 0
        made.append(Student(Member(name, number, f"{number:04}", files, late=late), kind, points))
    return made


def _own(report, number):
    """The same report with a word that nobody else has."""
    word = "".join("aeioklmnst"[int(digit)] for digit in f"{number:04}")
    return f"Written by {word}.\n\n".encode() + report


def compared(out, layout, students):
    """Whatever differs from what everyone deserves, as sentences; and how many values were compared, by their place."""
    wrong, counted = [], Counter()
    deserved = {student.member.id: student for student in students}

    def see(place, student, found):
        counted[place] += 1
        wanted = student.deserves(layout)
        value = None if found in ("", None) else float(found)
        if (value is None) != (wanted is None) or (wanted is not None and abs(value - wanted) > HALF_A_CENT):
            wrong.append(f"{layout}, {place}: {student.member.id} ({student.made_of}) has {found!r}, not {wanted}")

    def see_all(place, table, number, score):
        by_id = {}
        for row in table:
            if number(row) not in deserved or number(row) in by_id:
                wrong.append(f"{layout}, {place}: a row too much, {row}")
            by_id[number(row)] = score(row)
        for member, student in deserved.items():
            if member in by_id:
                see(place, student, by_id[member])
            else:
                wrong.append(f"{layout}, {place}: {member} has no row")

    book = rows(out / "gradebook.csv")
    see_all("gradebook.csv", book, lambda row: row["id"], lambda row: row["score"])
    for row in book:
        if row["key"] and (student := deserved.get(row["id"])):
            record = Grade.model_validate_json((out / row["key"] / "grade.json").read_bytes())
            see("grade.json", student, record.final)
            if record.machine_failed:
                wrong.append(f"{layout}, grade.json: the machine failed on {student.member.id}")
    for platform, (file, first, number, score) in EXPORTED.items():
        code, said = grader("export", out, "--to", platform, "--partial", "--out", out / "export")
        if code:
            wrong.append(f"{layout}, {platform}: exit code {code}: {said}")
            continue
        with (out / "export" / file).open(encoding="utf-8-sig", newline="") as text:
            table = [*csv.reader(text)][first:]
        see_all(platform, table, number, score)
    return wrong, counted


# Each platform's file, its first row of people, and what tells a person and the points there.
EXPORTED = {
    "canvas": ("canvas.csv", 2, lambda row: row[2], lambda row: row[5]),
    "moodle": ("moodle.csv", 1, lambda row: row[0], lambda row: row[3]),
    "gradescope": ("gradescope.csv", 1, lambda row: row[1], lambda row: row[4]),
    "nbgrader": ("nbgrader-grades.csv", 1, lambda row: row[6][1:5], lambda row: row[9]),  # s0001@uni.example
}


def in_layout(layout, rubric, students, place):
    """Grade the class as this layout's export, killed twice on the way: (what is wrong, what was compared)."""
    members = [student.member for student in students]
    WRITERS[layout](place / "export", members)
    (place / "roster.csv").write_text(roster(members), encoding="utf-8")
    out, log = place / "out", place / "log.txt"
    command = ("grade", place / "export", "--rubric", rubric, "--out", out, "--roster", place / "roster.csv", *COMMAND)
    handins = sum(bool(member.files) for member in members)
    wrong = []
    for share in (1 / 4, 1 / 2):
        with started(*command, log=log) as process:
            if not until(lambda share=share: graded(out) >= share * handins, process, 3600):
                wrong.append(f"{layout}: it ended by itself before it could be killed: {log.read_text()[-2000:]}")
            reached = graded(out)
            if survivors := kill_group(process):
                wrong.append(f"{layout}: these outlive the kill: {survivors}")
        tell(f"  {layout}: killed when {reached} of {handins} were graded")
    code, said = grader(*command)
    if code:
        wrong.append(f"{layout}: exit code {code}: {said[-2000:]}")
    found, counted = compared(out, layout, students)
    return wrong + found, counted


def tell(what):
    sys.stdout.write(f"{what}\n")
    sys.stdout.flush()


def main():
    parser = argparse.ArgumentParser(description=__doc__)
    parser.add_argument("--people", type=int, default=200)
    parser.add_argument("--rubric", default="dl-hw2", help="one with mutants; of those with trainings it takes long")
    parser.add_argument("--layouts", default=",".join(WRITERS))
    asked = parser.parse_args()
    wrong = []
    with tempfile.TemporaryDirectory() as name:
        base = Path(name)
        os.environ["GRADER_CACHE"] = str(base / "cache")
        rubric = base / "rubric.yaml"
        rubric.write_text(find_rubric(asked.rubric).read_text("utf-8") + LATE, encoding="utf-8")
        loaded = load_rubric(str(rubric))
        everyone = students(loaded, asked.people, base)
        tell(f"{asked.people} people, the reference of {loaded.id} and its {len(loaded.mutants)} mutants")
        for layout in asked.layouts.split(","):
            began = time.monotonic()
            (base / layout).mkdir()
            found, counted = in_layout(layout, rubric, everyone, base / layout)
            wrong += found
            each = ", ".join(f"{place} {number}" for place, number in counted.items())
            tell(f"{layout}: {time.monotonic() - began:.0f} s, {len(found)} wrong; compared: {each}")
    for sentence in wrong:
        tell(sentence)
    return bool(wrong)


if __name__ == "__main__":
    sys.exit(main())
