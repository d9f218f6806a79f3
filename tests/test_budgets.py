"""What a submission may take of the machine: what its clock, or a price, cuts off is for a person and fails nobody."""

import nbformat
import pytest

from grader.budget import Budget, ClassBudget
from grader.core.limits import Limits
from grader.core.network import InputSpec, LayerSpec, LossSpec, ModelSpec, OptimizerSpec, Recipe
from grader.datasets import load_dataset
from grader.network.count import count
from grader.pipeline import grade_submission
from grader.rubric import Rubric
from grader.tools import Options, tools_for
from grader.training.decision import Rule
from grader.training.plan import TrainingPlan
from grader.training.price import in_words, price
from grader.training.retrain import retrain

_LIMITS = {"cell_seconds": 2, "notebook_seconds": 2, "memory_mb": 1500}
_CHECKS = [
    {"type": "layers", "points": 1, "allowed": ["Linear", "ReLU"]},
    {"type": "accuracy", "points": 1, "at_least": 0.5, "seeds": 1},
]
_TRAINS = """
import torch
from torch import nn
from sklearn.datasets import load_digits
X, y = load_digits(return_X_y=True)
X, y = torch.tensor(X[:1437] / 16).float(), torch.tensor(y[:1437])
loader = torch.utils.data.DataLoader(torch.utils.data.TensorDataset(X, y), batch_size=32, shuffle=True)
model = nn.Sequential(nn.Linear(64, 20), nn.ReLU(), nn.Linear(20, 10))
optimizer = torch.optim.Adam(model.parameters(), lr=0.01)
for epoch in range(8):
    for images, labels in loader:
        optimizer.zero_grad()
        nn.functional.cross_entropy(model(images), labels).backward()
        optimizer.step()
"""


def rubric(**limits):
    problem = {"id": "1", "title": "A network", "points": 2, "checks": _CHECKS}
    return Rubric.model_validate(
        {"id": "r", "title": "r", "dataset": "digits", "limits": limits, "problems": [problem]}
    )


def hand_in(folder, **notebooks):
    for name, source in notebooks.items():
        notebook = nbformat.v4.new_notebook(cells=[nbformat.v4.new_code_cell(source)])
        nbformat.write(notebook, folder / f"{name}.ipynb")


def statuses(grade):
    return {check.name: check.status for problem in grade.problems for check in problem.checks}


@pytest.mark.kernel
def test_many_notebooks_that_never_end_cost_no_more_than_a_few(tmp_path):
    hand_in(tmp_path, **{f"n{number:02}": "while True: pass" for number in range(16)})
    asked = rubric(**_LIMITS)
    grade = grade_submission(tmp_path, asked, tools_for(asked))
    assert sum("did not come to an end have cost" in note for note in grade.notes) >= 10
    assert statuses(grade)["layers"] == "manual"


@pytest.mark.kernel
def test_more_notebooks_than_are_run_are_a_persons(tmp_path):
    hand_in(tmp_path, a="1", b="2", c="3")
    asked = rubric(notebooks=2)
    grade = grade_submission(tmp_path, asked, tools_for(asked))
    assert sum("at most 2 notebooks" in note for note in grade.notes) == 1
    assert statuses(grade)["layers"] == "manual"


@pytest.mark.kernel
def test_what_there_was_no_time_for_is_a_persons_and_another_run_grades_it(tmp_path):
    hand_in(tmp_path, network=_TRAINS)
    asked = rubric()
    tools = tools_for(asked)
    hurried = Budget(asked.limits, share=0.0)
    assert statuses(grade_submission(tmp_path, asked, tools, Options(), hurried)) == {
        "layers": "manual",
        "accuracy": "manual",
    }
    assert hurried.cut == ["network.ipynb"]
    assert statuses(grade_submission(tmp_path, asked, tools)) == {"layers": "passed", "accuracy": "passed"}


@pytest.mark.kernel
def test_a_network_that_is_dear_is_graded_but_for_its_accuracy(tmp_path):
    hand_in(tmp_path, network=_TRAINS)
    asked = rubric(training_seconds=0.01)
    tools = tools_for(asked)
    grade = grade_submission(tmp_path, asked, tools, Options(fresh=True))
    assert statuses(grade) == {"layers": "passed", "accuracy": "manual"}
    (told,) = (check.message for check in grade.problems[0].checks if check.name == "accuracy")
    assert "costs about" in told and "--no-budget" in told
    patient = grade_submission(tmp_path, asked, tools, Options(fresh=True, patience=float("inf")))
    assert statuses(patient)["accuracy"] == "passed"


def layer(kind, **settings):
    return LayerSpec(type=kind, settings=settings)


def conv(given, made, size=3, **more):
    return layer("Conv2d", in_channels=given, out_channels=made, kernel_size=size, **more)


def linear(given, made):
    return layer("Linear", in_features=given, out_features=made)


def plan(dataset, shape, *layers, batch=32, epochs=10, **limits):
    recipe = Recipe(
        loss=LossSpec(type="CrossEntropyLoss"),
        optimizer=OptimizerSpec(type="Adam", settings={"lr": 0.001}),
        batch_size=batch,
        epochs=epochs,
        inputs=InputSpec(shape=shape),
    )
    return TrainingPlan(spec=ModelSpec(layers=layers), recipe=recipe, dataset=dataset, limits=Limits(**limits))


_END = (layer("AdaptiveAvgPool2d", output_size=1), layer("Flatten"), linear(16, 10))
# Each within parameters, epochs and layers of any rubric; on 1,437 images of 8 x 8. (shape, layers, batch, epochs)
DEAR = {
    "convolutions of padding": ((1, 8, 8), (conv(1, 16, padding=300), *[conv(16, 16)] * 20, *_END), 32, 100),
    "large kernels": ((1, 8, 8), (conv(1, 16, padding=150), conv(16, 16, 61), *_END), 32, 100),
    "a window without weights": (
        (1, 8, 8),
        (conv(1, 16, padding=200), layer("AvgPool2d", kernel_size=99, stride=1), *_END),
        32,
        100,
    ),
    "activations and nothing else": ((1, 8, 8), (conv(1, 16, padding=300), *[layer("Tanh")] * 200, *_END), 32, 100),
    "a Linear along each row": (
        (1, 8, 8),
        (conv(1, 16, padding=200), linear(406, 1500), linear(1500, 10), *_END),
        32,
        20,
    ),
    "a step for each sample": ((64,), (linear(64, 4000), linear(4000, 4500), linear(4500, 10)), 1, 100),
}


@pytest.mark.parametrize("name", DEAR)
def test_a_network_that_would_train_for_hours_is_not_trained(name):
    shape, layers, batch, epochs = DEAR[name]
    result = retrain(
        plan("digits", shape, *layers, batch=batch, epochs=epochs), threshold=0.9, rule=Rule(planned=3), fresh=True
    )
    assert (result.verdict, result.fault, result.lanes) == ("undecided", "grader", ())
    assert "costs about" in result.obstacle


_USUAL = (
    *(conv(1, 32), layer("ReLU"), conv(32, 64), layer("ReLU"), layer("MaxPool2d", kernel_size=2)),
    *(layer("Dropout", p=0.25), layer("Flatten"), linear(9216, 128), layer("ReLU"), linear(128, 10)),
)


@pytest.mark.mnist
def test_the_network_of_torchs_own_example_is_trained():
    asked = plan("mnist", (1, 28, 28), *_USUAL, batch=64, epochs=14)
    size = count(asked.spec, (1, 28, 28))
    cost = price(asked, size, load_dataset("mnist"))
    assert 300 < cost < asked.limits.training_seconds
    assert size.operations == pytest.approx(12e6, rel=0.05)


def test_prices_grow_with_what_is_done():
    digits = load_dataset("digits")

    def cost(layers=(linear(64, 30), linear(30, 10)), shape=(64,), **more):
        asked = plan("digits", shape, *layers, **more)
        return price(asked, count(asked.spec, shape), digits)

    assert cost(epochs=20) == pytest.approx(2 * cost())
    assert cost(batch=1) > 5 * cost()
    assert cost((linear(64, 900), linear(900, 10))) > cost()


def test_times_are_told_as_people_tell_them():
    assert [in_words(seconds) for seconds in (5, 600, 6480, 400_000)] == ["5 s", "10.0 min", "1.8 h", "4.6 days"]


def test_a_class_of_300_ends_overnight_and_a_share_that_is_not_used_is_the_others():
    clock = ClassBudget(300)
    assert clock.share(300) == pytest.approx(144, abs=1)
    assert clock.share(1) == pytest.approx(12 * 3600, abs=1)
    assert ClassBudget(10, seconds=100).share(10) == pytest.approx(10, abs=1)
    assert Budget(Limits(), share=1e9).seconds == Limits().submission_seconds
