"""What is compared of a hand-in: of its grade, and of its files as grading reads them."""

import json

import pytest
from sample_grade import check, grade_of, mlp, problem

from grader.alike import logs_of, networks_of, wrong_answers_of
from grader.core.evidence import Claim, Source, TrainingLog
from grader.core.handin import HandedInFile, Handin, Person
from grader.core.outcome import NetworkResult
from grader.execution import find_sandbox
from grader.works import work_of

PRINTED = """Epoch 1/2 - loss: 0.51 - accuracy: 0.83 - val_loss: 0.42 - val_accuracy: 0.87
Epoch 2/2 - loss: 0.33 - accuracy: 0.89 - val_loss: 0.39 - val_accuracy: 0.90
"""
NUMBERS = (0.51, 0.83, 0.42, 0.87, 0.33, 0.89, 0.39, 0.9)


def claim(accuracy, unit):
    return Claim(accuracy=accuracy, unit=unit, text="", source=Source(file="3A.ipynb"))


def graded(*models):
    return grade_of(problem("2A", "A network", networks=tuple(NetworkResult(model=model) for model in models)))


def test_equal_networks_are_one_whatever_they_are_called():
    first = mlp("3A.ipynb", 100)
    renamed = tuple(layer.model_copy(update={"name": f"my_{layer.name}"}) for layer in first.spec.layers)
    other = first.model_copy(update={"spec": first.spec.model_copy(update={"layers": renamed}), "variable": "net"})
    assert len(networks_of(graded(first, other))) == 1
    assert len(networks_of(graded(first, mlp("3A.ipynb", 100, 100)))) == 2
    assert len(networks_of(graded(first, first.model_copy(update={"recipe": None})))) == 2


def test_only_accuracies_that_are_written_exactly_tell_of_a_network():
    claims = (claim(0.9731, 1e-4), claim(0.97, 1e-2), claim(0.9731, 1e-4), claim(0.5, 0))
    (network,) = networks_of(graded(mlp("3A.ipynb", 100).model_copy(update={"claims": claims})))
    assert network.accuracies == (0.9731,)


def test_wrong_answers_are_those_that_were_read_and_earned_nothing():
    checks = (
        check("right", observed="608"),
        check("wrong", "failed", observed="600 parameters"),
        check("unread", "failed"),
        check("blank", "failed", observed="  "),
        check("half", "partial", observed="3"),
        check("open", "manual", observed="4"),
    )
    assert wrong_answers_of(grade_of(problem("1A", "Counting", *checks))) == {"1A, wrong": "600 parameters"}


def test_a_log_is_the_numbers_that_it_prints_in_their_order():
    epochs = [{"number": 1, "loss": 0.5, "val_accuracy": 0.9}, {"number": 2, "accuracy": 0.8}]
    source = Source(file="a.ipynb")
    log = TrainingLog.model_validate({"epochs": [epoch | {"source": source} for epoch in epochs]})
    assert logs_of([log]) == ((0.5, 0.9, 0.8),)
    assert logs_of([]) == ()


@pytest.mark.kernel
def test_files_tell_of_code_text_and_logs(tmp_path):
    output = {"output_type": "stream", "name": "stdout", "text": PRINTED}
    cells = [
        {"cell_type": "markdown", "metadata": {}, "source": "The network overfits."},
        {"cell_type": "code", "metadata": {}, "source": "fit()", "outputs": [output], "execution_count": 1},
    ]
    notebook = {"cells": cells, "metadata": {}, "nbformat": 4, "nbformat_minor": 4}
    (tmp_path / "hw.ipynb").write_text(json.dumps(notebook))
    handin = Handin(key="ada", people=(Person(name="Ada"),), files=(HandedInFile(path=tmp_path, name=""),))
    work = work_of(handin, find_sandbox())
    assert (work.key, work.people) == ("ada", handin.people)
    assert [piece.text for piece in work.code] == ["fit()"]
    assert work.logs == (NUMBERS,)
    assert list(work.files) == ["hw.ipynb"]
