"""A class that is graded again: what is known stays, what holds is shown, and what trainings waited for ends."""

import csv
import threading
from contextlib import contextmanager
from datetime import UTC, datetime

import pytest
from classes import graded_folder
from sample_grade import check, grade_of, problem

from grader import batch, class_steps
from grader.batch import Class, grade_class
from grader.budget import ClassBudget
from grader.core.decision import Decision, Place
from grader.core.outcome import Grade, SubmissionInfo
from grader.core.suspended import Suspended
from grader.engine import Here
from grader.execution import Sandbox, find_sandbox
from grader.intake.handins import handed_in
from grader.refresh import refresh
from grader.rubric import load_rubric
from grader.store import Decisions, Results, Store
from grader.tools import Options, Tools
from grader.training.device import CPU
from grader.training.plan import LaneStep, TrainingPlan

pytestmark = pytest.mark.kernel

QUIZ = """id: quiz
title: Quiz
problems:
  - id: 1A
    title: Counting
    points: 1
    checks:
      - {type: numeric, name: count, points: 1, label: [parameters], expect: 60}
"""
TRAINED = """id: trained
title: Trained
dataset: digits
problems:
  - id: 1A
    title: A network
    points: 1
    checks:
      - {type: accuracy, points: 1, at_least: 0.9}
"""
RIGHT = b"# Problem 1A\n\nThe layer has 60 parameters.\n"
WRONG = b"# Problem 1A\n\nThe layer has 61 parameters.\n"
PLAN = TrainingPlan.model_construct(device=CPU, dataset="digits")
LANES = [LaneStep.model_construct(plan=PLAN, trainer="", seed=seed, key=f"lane {seed}", cost=1.0) for seed in range(2)]


def class_of(folder, **files):
    """A folder of hand-ins, each of one file by its name, and the rubrics beside it."""
    for name, (file, content) in files.items():
        (folder / "class" / name).mkdir(parents=True, exist_ok=True)
        (folder / "class" / name / file).write_bytes(content)
    (folder / "quiz.yaml").write_text(QUIZ)
    (folder / "trained.yaml").write_text(TRAINED)
    return folder / "class"


def again(folder, rubric="quiz", options=Options(), sandbox=None, **how):
    tools = Tools(sandbox=sandbox or Sandbox(layer="limits", sentence=""))
    loaded = load_rubric(str(folder / f"{rubric}.yaml"))
    return graded_folder(folder / "class", loaded, folder / "out", tools, options, **how)


def where_all_stand(found):
    return {standing.key: (standing.state, standing.points) for standing in found.standings}


def test_what_could_not_be_read_is_named_in_every_run_and_no_page_names_another(tmp_path):
    folder = class_of(tmp_path, ada=("report.md", RIGHT))
    for name in ("augusta", "beatrix"):
        (folder / f"{name}.zip").write_bytes(b"no archive")
    for _ in range(2):
        found = again(tmp_path, sandbox=find_sandbox())
        assert set(found.ungraded) == {"augusta", "beatrix"}
        assert where_all_stand(found)["ada"] == ("graded", 1)
    assert found.known == 3
    assert "augusta" not in (tmp_path / "out" / "beatrix" / "grade.json").read_text()
    assert "beatrix" not in (tmp_path / "out" / "augusta" / "grade.json").read_text()


def test_who_goes_back_to_an_earlier_attempt_has_its_points_in_the_store_too(tmp_path):
    for content, points in ((RIGHT, 1), (WRONG, 0), (RIGHT, 1), (RIGHT, 1)):
        class_of(tmp_path, ada=("report.md", content))
        found = again(tmp_path, sandbox=find_sandbox())
        assert where_all_stand(found) == {"ada": ("graded", points)}
        with Store.open(tmp_path / "out") as store:
            assert store.current()["ada"].score == points


def test_results_of_those_who_are_gone_are_named_and_pictures_of_earlier_files_are_not_kept(tmp_path):
    class_of(tmp_path, ada=("report.md", RIGHT), ben=("report.md", WRONG))
    assert again(tmp_path, sandbox=find_sandbox()).left == ()
    (tmp_path / "out" / "ada" / "pages").mkdir()
    (tmp_path / "out" / "ada" / "pages" / "earlier-1.png").write_bytes(b"png")
    class_of(tmp_path, ada=("report.md", WRONG))
    (tmp_path / "class" / "ben").rename(tmp_path / "class" / "benedict")
    assert again(tmp_path, sandbox=find_sandbox()).left == ("ben",)
    assert not (tmp_path / "out" / "ada" / "pages").exists()


def judged(key, status):
    return grade_of(
        problem("1A", "A network", check("net", status, 1)), submission=SubmissionInfo(id=key, files=("a",))
    )


def test_what_was_trained_is_shown_however_often_nothing_is_to_be_trained(tmp_path, monkeypatch):
    class_of(tmp_path, ada=("report.md", RIGHT))
    monkeypatch.setattr(
        class_steps,
        "grade_submission",
        lambda handin, _rubric, _tools, options, *_: judged(handin.key, "passed" if options.retrain else "manual"),
    )
    for retrain in (True, False, False, True):
        found = again(tmp_path, "trained", Options(retrain=retrain))
        assert where_all_stand(found) == {"ada": ("graded", 1)}


def decide(store, key, **given):
    place = Place(key=key, problem="1A", check="count")
    said = Decisions(store)
    version = len(said.history(place)) + 1
    submission = store.current()[key].provenance.submission
    about = {"submission": submission, "max_score": 1, "by": "Kim", "at": datetime.now(UTC), "version": version}
    said.decide(Decision(place=place, **about, **given))


def in_the_book(folder, key):
    rows = csv.DictReader((folder / "out" / "gradebook.csv").read_text("utf-8-sig").splitlines())
    return next((row["state"], row["score"]) for row in rows if row["key"] == key)


def test_what_people_decided_is_shown_everywhere_and_stays_through_runs(tmp_path):
    class_of(tmp_path, ada=("report.md", RIGHT), ben=("report.md", WRONG))
    again(tmp_path, sandbox=find_sandbox())
    out = tmp_path / "out"
    with Store.open(out) as store:
        decide(store, "ben", points=0.5, comment="A slip.", reason="The right idea.")
        refresh(store, Results(out), {"ben"})
    record = (out / "ben" / "grade.json").read_bytes()
    (check,) = Grade.model_validate_json(record).problems[0].checks
    assert (check.status, check.score, check.given.machine_status) == ("partial", 0.5, "failed")
    assert in_the_book(tmp_path, "ben") == ("graded", "0.5") and in_the_book(tmp_path, "ada") == ("graded", "1")
    for options in (Options(), Options(fresh=True)):
        found = again(tmp_path, options=options, sandbox=find_sandbox())
        assert where_all_stand(found) == {"ada": ("graded", 1), "ben": ("graded", 0.5)}
        assert (out / "ben" / "grade.json").read_bytes() == record or options.fresh  # which says how long it took
        assert in_the_book(tmp_path, "ben") == ("graded", "0.5")

    class_of(tmp_path, ben=("report.md", WRONG + b"\nHanded in once more.\n"))
    found = again(tmp_path, sandbox=find_sandbox())
    assert where_all_stand(found)["ben"] == ("waiting", 0)  # nobody has seen these files
    assert "Kim" in found.standings[1].to_confirm[0]
    with Store.open(out) as store:
        decide(store, "ben", points=1)
        refresh(store, Results(out))
    assert in_the_book(tmp_path, "ben") == ("graded", "1")
    with Store.open(out) as store:
        decide(store, "ben")  # taken back
        refresh(store, Results(out))
    assert in_the_book(tmp_path, "ben") == ("graded", "0")


class Two(Here):
    """As many steps at once as two workers, one after the other."""

    def _side_by_side(self):
        yield from ()


@pytest.fixture
def elsewhere(tmp_path, monkeypatch):
    """A class whose networks are trained by steps of their own; asked for are (the lane, its seconds)."""
    class_of(tmp_path, ada=("report.md", RIGHT), ben=("report.md", WRONG))
    asked, there = [], set()

    @contextmanager
    def engine(job, *_):
        with job.open(lambda _: None, stopped := threading.Event()) as context:
            yield Two(context, 2, stopped)

    def graded(handin, _rubric, _tools, options, budget, _settled):
        missing = [lane for lane in LANES if lane.key not in there]
        if options.training == "elsewhere" and missing:
            raise Suspended(missing)
        if options.training == "over":
            budget.short_of("training")
        return judged(handin.key, "manual" if options.training == "over" else "passed")

    monkeypatch.setattr(batch, "engine", engine)
    monkeypatch.setattr(class_steps, "grade_submission", graded)

    def grade(lane_step, options=Options()):
        monkeypatch.setattr(batch, "lane_step", lane_step(asked, there))
        rubric = load_rubric(str(tmp_path / "trained.yaml"))
        found = handed_in(tmp_path / "class", scratch=tmp_path / "scratch")
        tools = Tools(sandbox=Sandbox(layer="limits", sentence=""))
        given = Class(handed_in=found, rubric=rubric, options=options, workers=2)
        return where_all_stand(grade_class(given, tmp_path / "out", tools)), asked

    return grade


def remembers(asked, there):
    def step(_context, lane, seconds):
        asked.append((lane.key, seconds))
        there.add(lane.key)
        return True

    return step


def forgets(asked, _there):
    def step(_context, lane, seconds):
        asked.append((lane.key, seconds))
        return True

    return step


def lasts(needed):
    def begin(asked, there):
        def step(_context, lane, seconds):
            asked.append((lane.key, seconds))
            if seconds >= needed:
                there.add(lane.key)
            return seconds >= needed

        return step

    return begin


ALL = {"ada": ("graded", 1), "ben": ("graded", 1)}


def test_what_two_wait_for_is_trained_once(elsewhere):
    found, asked = elsewhere(remembers)
    assert found == ALL
    assert sorted(lane for lane, _ in asked) == ["lane 0", "lane 1"]


def test_trainings_that_nobody_finds_afterwards_are_done_where_they_are_judged(elsewhere):
    found, asked = elsewhere(forgets)
    assert found == ALL
    assert len(asked) <= 2 * len(LANES)


def test_anew_is_trained_where_it_is_judged(elsewhere):
    assert elsewhere(remembers, Options(fresh=True)) == (ALL, [])


def test_whose_time_is_over_takes_no_training_from_those_who_have_more(elsewhere, monkeypatch):
    shares = iter([100.0, 1000.0])
    monkeypatch.setattr(ClassBudget, "share", lambda *_: next(shares, 100.0))
    found, asked = elsewhere(lasts(500))
    assert found == {"ada": ("waiting", 0), "ben": ("graded", 1)}
    assert max(seconds for _, seconds in asked) > 500
