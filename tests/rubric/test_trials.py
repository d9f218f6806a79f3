"""Rubrics that come with the grader: references earn every point, mutants lose what they should."""

import os

import pytest

from grader.rubric import load_rubric
from grader.rubric_trials import test_rubric as run_trials
from grader.tools import Options, tools_for

pytestmark = pytest.mark.deep


def trials(name):
    rubric = load_rubric(name)
    return {trial.name: trial.faults for trial in run_trials(rubric, tools_for(rubric), Options())}


def test_the_demo_rubric_and_its_mutants():
    found = trials("demo")
    assert found == dict.fromkeys(found, ())
    assert len(found) == 1 + len(load_rubric("demo").mutants)


@pytest.mark.mnist
def test_set_4_its_reference_and_its_mutants():
    if not os.environ.get("GRADER_DATA"):
        pytest.skip("GRADER_DATA names no folder with MNIST")
    found = trials("cs155-2023-set4")
    assert found == dict.fromkeys(found, ())
    assert len(found) == 1 + len(load_rubric("cs155-2023-set4").mutants)


REPORTS_ALONE = ("cmu16720-cnn", "cs155-2019-set4", "dl-hw2", "ece421-a2")


@pytest.mark.parametrize("name", REPORTS_ALONE)
def test_a_rubric_for_reports_its_reference_and_its_mutants(name):
    found = trials(name)
    assert found == dict.fromkeys(found, ())
    assert len(found) == 1 + len(load_rubric(name).mutants)


def test_a_mutant_that_loses_something_else_is_reported(tmp_path):
    rubric = load_rubric("demo")
    mutant = rubric.mutants[0].model_copy(update={"loses": {"1A/output shape": 1.5}})
    rubric = rubric.model_copy(update={"mutants": (mutant,)})
    reference, wrong = run_trials(rubric, tools_for(rubric), Options())
    assert reference.faults == ()
    assert len(wrong.faults) == 2
    assert any(fault.startswith("1A/parameters loses 1.5 instead of 0") for fault in wrong.faults)
