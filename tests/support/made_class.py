"""A class of any size for the tests of its page: grades that vary as real ones do, one at a time."""

import math
import random
from collections.abc import Iterator

from sample_grade import check, grade_of, mlp, problem

from grader.alike.record import Alike, Fact, Pair
from grader.core.evidence import Lane, Retraining
from grader.core.handin import Handin, Person
from grader.core.outcome import Grade, NetworkResult, SubmissionInfo
from grader.core.standing import ClassStandings, Standing
from grader.report.class_page import ClassFacts, gathered
from grader.report.class_page.alike import alike_facts
from grader.rubric import load_rubric
from grader.standings import absent, standings_of

FIRST = ("Ada", "Ben", "Cleo", "Dan", "Eve", "Finn", "Gül", "Hui", "Ibrahim", "Jana", "Kofi", "Łucja", "Mehmet", "Noor")
LAST = ("Lovelace", "Okafor", "Smith", "Yılmaz", "García", "Nguyễn", "李", "O'Neil", "van der Berg", "Åström")
WRONG = {"7840": "The biases count as well.", "100": "", "79510": "That is the whole network.", "12": ""}


def training(draw: random.Random, threshold: float, skill: float) -> Retraining:
    """Up to five trainings of a network about as good as `skill`; one of forty diverges."""
    lanes = []
    for seed in range(5):
        fell = draw.random() < 0.025
        accuracy = 0.098 if fell else min(skill + draw.gauss(0, 0.0012), 0.999)
        lanes.append(Lane(seed=seed, accuracy=accuracy, curve=(), seconds=draw.uniform(5, 60), diverged=fell))
    hits = sum(lane.reaches(threshold) for lane in lanes)
    verdict = "reached" if hits > 2 else "missed"
    return Retraining(dataset="MNIST", threshold=threshold, planned=5, lanes=tuple(lanes), verdict=verdict)


def grade(number: int) -> Grade:
    """The grade of one student, who is always the same."""
    draw = random.Random(number)
    answer = draw.choice(list(WRONG)) if draw.random() < 0.35 else "7850"
    counted = (
        check("Parameters", points=2, message="7850 is right.", observed="7850")
        if answer == "7850"
        else check("Parameters", "failed", 2, message=f"{answer} is not right for “parameters”.", advice=WRONG[answer])
    )
    essay = check("manual", "manual", 5, type="manual", note="Wants the zero gradient.", message="A person reads this.")
    problems = [problem("1A", "Counting $w$", counted), problem("1B", "Why it learns", essay)]
    for id, title, threshold in (("3B", "One hidden layer", 0.975), ("3C", "Two hidden layers", 0.98)):
        hidden = draw.choice((40, 64, 80, 100)) if id == "3B" else draw.choice((120, 160, 200))
        trained = training(draw, threshold, 0.962 + 0.008 * math.log10(hidden) + draw.gauss(0, 0.003))
        hit = trained.verdict == "reached"
        details = {"borderline": True} if abs(sum(n.accuracy for n in trained.lanes) / 5 - threshold) < 0.0003 else {}
        said = f"{sum(n.reaches(threshold) for n in trained.lanes)} of 5 trainings reach {threshold:g}."
        judged = check("Accuracy", "passed" if hit else "failed", 4, message=said, type="accuracy", details=details)
        if draw.random() < 0.02:
            judged = check(
                "Accuracy", "error", 4, message="The notebooks could not be run: no memory.", type="accuracy"
            )
        network = NetworkResult(model=mlp(f"{id}.ipynb", hidden), retraining=trained)
        problems.append(problem(id, title, judged, networks=(network,)))
    return grade_of(
        *problems,
        submission=SubmissionInfo(id=key(number), files=("report.md",)),
        unread=("scan.pdf is encrypted",) if draw.random() < 0.02 else (),
        timings={"total": draw.lognormvariate(4, 0.6)},
    )


def key(number: int) -> str:
    """The folder of a student."""
    return f"student-{number:04}"


def person(number: int) -> Person:
    """A student."""
    draw = random.Random(-number - 1)
    return Person(name=f"{draw.choice(FIRST)} {draw.choice(LAST)}", id=str(number), section=f"S{number % 4 + 1}")


def standings(grades: Iterator[tuple[int, Grade]], missing: int = 0) -> ClassStandings:
    """Where they stand, and some who handed in nothing."""
    rubric = load_rubric("demo")
    found: list[Standing] = []
    for number, each in grades:
        found += standings_of(Handin(key=key(number), people=(person(number),)), each, rubric)
    found += absent([person(10_000 + number) for number in range(missing)], rubric)
    return ClassStandings(rubric="set3", title="Set 3: Deep Learning", run=1, standings=tuple(found))


def made_class(number: int, *, missing: int = 0, alike: bool = False) -> ClassFacts:
    """The facts of so many."""
    stand = standings(((n, grade(n)) for n in range(number)), missing)
    fact = Fact(kind="training log", words="the same 40 numbers of a training", owners=2)
    pairs = [
        Pair(keys=(key(n), key(n + 1)), names=(person(n).name, person(n + 1).name), strength=0.9, facts=(fact,))
        for n in (1, 7)
    ]
    return gathered(
        stand,
        ((key(n), grade(n)) for n in range(number)),
        alike_facts(Alike(compared=number, pairs=tuple(pairs)).model_dump_json().encode()) if alike else None,
    )
