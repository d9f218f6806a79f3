"""Every check type: what passes, what fails, and what a person must look at.

Checks are built from what a rubric would say; the evidence of the text is what the observation reads from it.
"""

from collections import Counter
from collections.abc import Iterator

import pytest
from pydantic import TypeAdapter, ValidationError
from test_text_checks import CASES as TEXT_CASES

from grader.checks import Check, check_types
from grader.checks.files import FilesFound
from grader.core.calls import Array, Call
from grader.core.evidence import (
    CellRun,
    Claim,
    FunctionRun,
    Lane,
    ModelFacts,
    NotebookRun,
    ProblemEvidence,
    Retraining,
    Source,
)
from grader.core.network import Gap, LayerSpec, LooseTensor, ModelSpec, Recipe
from grader.core.requests import Question, TrainingRequest
from grader.execution import Mathematics, find_sandbox
from grader.guest.protocol import GapKind
from grader.network.count import count
from grader.observation.sections import Labels, find_sections
from grader.resources import resource
from grader.rubric import Rubric, load_rubric

LABELS = Labels(problems={"3b": "3B"})


@pytest.fixture(scope="module")
def mathematics() -> Iterator[Mathematics]:
    with Mathematics(find_sandbox()) as process:
        process.seconds = 20  # what is read at all is read on a busy machine too
        process.equal("1", "1")
        process.seconds = 5
        yield process


def compared(check: Check, evidence: ProblemEvidence, mathematics: Mathematics) -> ProblemEvidence:
    """The evidence with the answers to what the check asks: to formulas from the process, else what the case gives."""
    given = [answer for _, answer in evidence.provided]
    for request in check.requests(evidence):
        answers = [mathematics.answer(request)] if isinstance(request, Question) else given
        for answer in answers:
            evidence = evidence.with_answer(request, answer)
    return evidence


def check_of(config: dict[str, object]) -> Check:
    return TypeAdapter(check_types()[str(config["type"])]).validate_python({"points": 1} | config)


def text(answer: str | None) -> dict[str, object]:
    """A report that gives this answer to problem 3B; None where it has no section for it."""
    report = "# Problem 9Z\nelsewhere" if answer is None else f"# Problem 3B\n{answer}"
    return {"sections": find_sections(report, "report.md", LABELS)}


def layer(type: str, **settings: object) -> LayerSpec:
    return LayerSpec.model_validate({"type": type, "settings": settings})


def linear(inputs: int, outputs: int) -> LayerSpec:
    return layer("Linear", in_features=inputs, out_features=outputs)


RECIPE = {"loss": {"type": "CrossEntropyLoss"}, "optimizer": {"type": "Adam"}, "batch_size": 32, "epochs": 10}
RECIPE |= {"inputs": {"shape": [1, 28, 28]}}


def network(
    *layers: LayerSpec, recipe: dict[str, object] | None = RECIPE, spec: dict[str, object] | None = None, **more: object
) -> dict[str, object]:
    """A network as the host counts it."""
    plain = ModelSpec(layers=layers or MLP)
    counts = count(plain, (1, 28, 28))
    facts = {
        "notebook": "3B.ipynb",
        "cell": 5,
        "spec": plain.model_copy(update=spec or {}),
        "recipe": recipe and Recipe.model_validate(recipe),
        **{name: getattr(counts, name) for name in ("rows", "parameters", "hidden_units", "hidden_layers")},
    }
    return {"model": ModelFacts.model_validate(facts | more)}


def recipe(**changes: object) -> dict[str, object]:
    return network(recipe=RECIPE | changes)


MLP = (layer("Flatten"), linear(784, 60), layer("ReLU"), linear(60, 40), layer("ReLU"), linear(40, 10))
CNN = (
    layer("Conv2d", in_channels=1, out_channels=8, kernel_size=5),
    layer("BatchNorm2d", num_features=8),
    layer("ReLU"),
    layer("MaxPool2d", kernel_size=2),
    layer("Dropout", p=0.1),
    layer("Flatten"),
    linear(1152, 10),
)  # fmt: skip
NOT_LAYERS = {"gaps": (Gap(kind=GapKind.LAYER, why="torch.fft: no layer"),)}
LOOSE = {"loose": (LooseTensor(name="w", shape=(784, 10), kind="parameter"),)}
TWO = {"candidates": (network()["model"], network(notebook="3B_old.ipynb")["model"]), "why_no_model": "Two notebooks."}
CRASH = NotebookRun(file="3B.ipynb", cells=(CellRun(index=3, status="error", error="NameError: net"),))


TRAINING_REQUEST = TrainingRequest(threshold=0.975, planned=5)


def trained(*accuracies: float, verdict: str = "reached", diverged: int = 0, **more: object) -> dict[str, object]:
    lanes = [
        Lane(seed=i, accuracy=accuracy, curve=(), seconds=1, diverged=i < diverged)
        for i, accuracy in enumerate(accuracies)
    ]
    facts = {"dataset": "mnist", "threshold": 0.975, "planned": 5, "lanes": lanes, "verdict": verdict}
    return network() | {"provided": ((TRAINING_REQUEST, Retraining.model_validate(facts | more)),)}


def ran(**more: object) -> dict[str, object]:
    return {"notebooks": (NotebookRun.model_validate({"file": "3B.ipynb"} | more),)}


def claims(*stated: tuple[int, float]) -> dict[str, object]:
    seen = [Claim(accuracy=a, text=f"accuracy: {a}", source=Source(file="3B.ipynb", cell=cell)) for cell, a in stated]
    return ran(claims=seen)


CONV = {"layer": "Conv2d", "in_channels": 3, "out_channels": 8, "kernel_size": 5}
PARAMETERS = {"type": "numeric", "label": ["parameters", "weights"], "expect": {"parameters_of": CONV}}
PARAMETERS |= {"mistakes": [{"match": 600, "say": "Each filter has a bias."}]}
BETWEEN = {"type": "numeric", "label": ["features"], "between": [7, 12]}
TRAINING, TEST = [{"type": "numeric", "label": [w], "expect": n} for w, n in (("training", 60000), ("test", 10000))]
SHAPE = {"type": "shape", "expect": {"output_shape_of": CONV, "input": [3, 32, 32]}}
SHAPE |= {"mistakes": [{"match": [32, 32, 8], "say": "The border is lost."}]}
EXACT = {"type": "shape", "expect": [28, 28, 8], "layout": "exact"}
IMAGES = [
    [[1, 1, 0, 0], [1, 1, 0, 0], [0, 0, 2, 2], [0, 0, 2, 6]],
    [[4, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 0], [0, 0, 0, 8]],
]
MAX, AVERAGE = [{"type": "matrices", "lead": w, "expect": {"pool": w, "images": IMAGES}} for w in ("max", "average")]
POOLED = "Max pooling:\n[1 0; 0 6], [4 0; 0 8]\nAverage pooling:\n[[1, 0], [0, 3]]\n[[1, 0], [0, 2]]"
SEARCH = {"type": "choice", "options": {"grid": ["grid search"], "random": ["random search"]}}
VERSIONS = {"type": "version", "packages": ["torch", "torchvision"], "aliases": {"torch": ["pytorch"]}}
DENSE = {"type": "layers", "allowed": ["Linear", "ReLU", "Flatten"]}
ACCURACY = {"type": "accuracy", "at_least": 0.975}
TEN = {"type": "reported", "count": 3}
UNITS, DEPTH, COUNT = {"type": "hidden_units", "at_most": 100}, {"type": "hidden_layers"}, {"type": "parameters"}
CROSS_ENTROPY, FIXED = (
    {"type": "loss", "expect": "cross_entropy"},
    {"type": "training_recipe", "epochs": 10, "batch_size": 32},
)

SIGMOID = {"functions": {"\\sigma": "\\frac{1}{1+e^{-x}}"}}
SLOPE = {"type": "expression", "expect": "\\frac{e}{4(1+e)}", "tolerance": 0.0005} | SIGMOID
SLOPE |= {"mistakes": [{"match": "\\frac{1}{2(1+1/e)}", "say": "The slope at 0 is 1/4."}]}
STEP = {"type": "expression", "label": ["w_2", "w2"], "expect": 0.8224, "accept": ["0.4112"], "tolerance": 0.0005}
STEP |= {"mistakes": [{"match": "-0.8224", "say": "The sign is wrong."}]}
GRADIENT = {"type": "expression", "expect": "(p-y)x", "variables": ["p", "y", "x"], "names": {"p": ["\\hat{y}"]}}
TWO_LAYERS = [
    {"layer": "Linear", "in_features": 784, "out_features": 100},
    {"layer": "Linear", "in_features": 100, "out_features": 10},
]
COUNTS = {"type": "parameter_count", "architectures": {"a network": TWO_LAYERS}, "per_layer": 0.5}
COUNTS |= {"mistakes": [{"match": 79400, "say": "The biases are missing."}]}
ROUNDED = {"type": "parameter_count", "total": 138357544, "column": ["D"], "tolerance": 0.001}
OR_NETWORK = {"type": "truth_table", "function": "or", "hidden_units": 1}
XOR_NETWORK = {"type": "truth_table", "function": "xor", "layers": 2}


def called(*got: float | None, **more: object) -> dict[str, object]:
    """A function that doubles 1, 2, ..., and what came back for each; None where it raised."""
    calls = tuple(
        Call(
            group="values",
            inputs={"x": Array.of([x], ())},
            got=None if value is None else Array.of([value], ()),
            trouble="ValueError: no" if value is None else "",
            expected=(Array.of([2.0 * x], ()),),
        )
        for x, value in enumerate(got, 1)
    )
    run = FunctionRun.model_validate({"name": "double", "calls": calls} | more)
    return {"provided": ((TRAINING_REQUEST, run),)}  # whoever asked: `compared` gives it to the check


DOUBLE = {
    "type": "function",
    "function": "double",
    "arguments": {"x": {}},
    "reference": "2 * x",
    "properties": [{"kind": "values", "share": 0.75}, {"kind": "shape", "share": 0.25}],
}
CONVOLUTION = {"type": "weights", "shapes": [[3, 3, 1, 8], [8]]}
KERNEL = "k = tf.get_variable('k', shape=[3, 3, 1, 8])"

WRITTEN = {"type": "files", "patterns": ["report.pdf", "*.ipynb"]}


def handed_in(*fitting: tuple[str, ...], **more: object) -> dict[str, object]:
    return {"provided": ((TRAINING_REQUEST, FilesFound.model_validate({"fitting": fitting} | more)),)}


# A check, and for it: name of the case -> (evidence, status, a part of what it says)
CASES = [
    (
        WRITTEN,
        {
            "both": (handed_in(("report.pdf",), ("a.ipynb", "b.ipynb")), "passed", "All files"),
            "one": (handed_in((), ("a.ipynb",)), "partial", "`report.pdf`"),
            "none": (handed_in((), ()), "failed", "No file fits `report.pdf`, `*.ipynb`."),
            "a link": (handed_in((), ("a.ipynb",), ignored=["report.pdf (a link)"]), "manual", "left out: report.pdf"),
            "not looked for": ({}, "manual", "a person"),
        },
    ),
    (
        PARAMETERS,
        {
            "a right number": (text("608 parameters"), "passed", "608 is right"),
            "a right number behind its calculation": (
                text(r"There are $8 \text{ filters} * 5 * 5 * 3 + 8 \text{ biases} = 608$ parameters"),
                "passed",
                "608",
            ),
            "a right number beside another": (
                text("Each filter has 75 weights; 608 parameters in all"),
                "passed",
                "608",
            ),
            "a right number under the second label": (text("608 weights, 8 of them biases"), "passed", "608"),
            "a mistake that is known": (text("600 parameters"), "failed", "Each filter has a bias."),
            "a number that only looks right": (text("1608 parameters"), "failed", "1608"),
            "a rounded number": (text("about 600 parameters"), "failed", "600"),
            "two answers that contradict": (text("600 parameters. Hm, 608 parameters."), "manual", "600"),
            "a final answer after others": (text("600 parameters? The answer is 608 parameters."), "passed", "608"),
            "wrong, but the right one is said as well": (
                text("There are = 76 parameters each, 608 parameters"),
                "manual",
                "608",
            ),
            "a list that ends right": (text("600, 604, 612, 608 parameters"), "manual", "604"),
            "a list that begins right": (text("The parameters are 608, 600 or 612"), "manual", "612"),
            "a list with guesses": (text("The answer is 608 maybe 600 maybe 612 parameters"), "manual", "612"),
            "many assertions": (
                text(" ".join(f"{n} parameters." for n in range(600, 620)) + " Answer: 608 parameters"),
                "manual",
                "600",
            ),
            "a list line by line": (text("\n".join(f"{n} parameters" for n in range(600, 620))), "manual", "600"),
            "a number that is not asserted": (text("It has filters, 608"), "manual", "No parameters could be read"),
            "an answer in words only": (text("Very many"), "manual", "No parameters"),
            "a number beyond all bounds": (text("1e999 parameters, or 9**9**9**9"), "manual", "No parameters"),
            "no section": (text(None), "failed", "No section for problem 3B"),
            "an empty section": (text(" \n\n"), "failed", "The answer is empty"),
        },
    ),
    (
        TRAINING,
        {
            "training images": (text("There are 60,000 training images and 10,000 test images."), "passed", "60,000"),
        },
    ),
    (
        TEST,
        {
            "test images": (text("There are 60,000 training images and 10,000 test images."), "passed", "10,000"),
        },
    ),
    (
        TRAINING,
        {
            "training and test swapped": (
                text("There are 10,000 training images and 60,000 test images."),
                "failed",
                "10,000",
            ),
            "training images, line by line": (text("60000 training images\n10000 test images"), "passed", "60000"),
        },
    ),
    (
        TEST,
        {
            "test images in a table": (
                text("| set | images |\n|---|---|\n| training | 60000 |\n| test | 10000 |"),
                "passed",
                "10000",
            ),
            "two labels that share two numbers": (
                text("60,000 and 10,000 training and test images"),
                "manual",
                "60,000",
            ),
        },
    ),
    (
        BETWEEN,
        {
            "between": (text("We keep 8 input features."), "passed", "8"),
            "above": (text("We keep 14 features."), "failed", "14"),
        },
    ),
    (
        {"type": "numeric", "expect": 0.9762, "tolerance": 0.001},
        {
            "within the tolerance": (text("97.6%"), "passed", "97.6%"),
        },
    ),
    (
        {"type": "numeric", "expect": 0.9762, "tolerance": 0.0001},
        {
            "outside the tolerance": (text("97.6%"), "failed", "97.6%"),
        },
    ),
    (
        {"type": "numeric", "expect": 2, "accept": [3]},
        {
            "also accepted": (text("three"), "passed", "three"),
        },
    ),
    (
        SHAPE,
        {
            "channels last": (text(r"$28 \times 28 \times 8$"), "passed", "is right"),
            "channels first": (text("torch.Size([8, 28, 28])"), "passed", "is right"),
            "the output, not the input": (text("From 32x32x3 the output is 28x28x8."), "passed", "28x28x8"),
            "channels in the middle": (text("28x8x28"), "failed", "28x8x28"),
            "a shape that is a known mistake": (text("32x32x8"), "failed", "The border is lost."),
            "shapes in a list": (text("28x28x8, 32x32x8 or 28x28x3"), "manual", "Several values"),
            "a list that begins with the right shape": (
                text("The output is 28x28x8, (32, 32, 8) or 28x28x3"),
                "manual",
                "(32, 32, 8)",
            ),
            "a shape without its channels": (text("28x28 with 8 channels"), "manual", "another form"),
            "a shape with a batch": (text("(1, 8, 28, 28)"), "manual", "another form"),
            "a shape of too few dimensions": (text("32x32"), "failed", "has 2 dimensions"),
            "no shape": (text("It shrinks."), "manual", "No shape"),
        },
    ),
    (
        EXACT,
        {
            "exactly this layout": (text("28x28x8"), "passed", "right"),
            "another layout": (text("8x28x28"), "failed", "not the right shape"),
        },
    ),
    (
        MAX,
        {
            "all matrices of one group": (text(POOLED), "passed", "2 matrices right"),
        },
    ),
    (
        AVERAGE,
        {
            "all matrices of the other group": (text(POOLED), "passed", "2 matrices right"),
        },
    ),
    (
        MAX,
        {
            "with the question's": (
                text(POOLED.replace("Max pooling:", f"Max pooling:\n{IMAGES[0]}")),
                "passed",
                "right",
            ),
            "one of two wrong": (text(POOLED.replace("4 0", "5 0")), "partial", "wrong or missing: number 2"),
        },
    ),
    (
        AVERAGE,
        {
            "one of two missing": (text(POOLED.replace("[[1, 0], [0, 2]]", "")), "partial", "number 2"),
        },
    ),
    (
        MAX,
        {
            "all wrong": (text("Max:\n[9 9; 9 9], [8 8; 8 8]"), "failed", "0 of 2"),
            "more matrices than asked for": (
                text("Max:\n[1 0; 0 6], [4 0; 0 8], [1 1; 1 1]"),
                "manual",
                "3 matrices stand",
            ),
            "no matrices": (text("The largest value of each."), "manual", "No matrix"),
        },
    ),
    (
        SEARCH,
        {
            "one option": (text("We pick Random Search."), "passed", "random"),
        },
    ),
    (
        SEARCH | {"expect": "random"},
        {
            "the option that is right": (text("random search"), "passed", "random"),
            "another option": (text("grid search"), "failed", "grid, which is not right"),
        },
    ),
    (
        SEARCH,
        {
            "two options": (text("random search beats grid search"), "manual", "grid and random"),
            "a word that contains an option": (text("hybrid searching, quasirandom searches"), "manual", "No choice"),
            "no choice at all": (text(None), "failed", "No section"),
        },
    ),
    (
        VERSIONS,
        {
            "both versions": (
                text("PyTorch 2.1.0 and torchvision==0.16.0+cu118"),
                "passed",
                "torchvision 0.16.0+cu118",
            ),
            "one version of two": (text("torch is 2.1.0"), "partial", "torchvision"),
            "one version beside the other's name": (
                text("torch is installed and torchvision is 0.16.0"),
                "partial",
                "stated for torch",
            ),
            "versions in another order": (text("torch and torchvision: 2.1.0, 0.16.0"), "manual", "not beside torch"),
            "no version": (text("The newest torch."), "manual", "No version"),
            "no section for the versions": (text(None), "failed", "No section"),
        },
    ),
    (
        {"type": "figure"},
        {
            "a figure in the report": (text("![heatmap](a.png)"), "passed", "1 figure found"),
        },
    ),
    (
        {"type": "figure", "count": 3},
        {
            "figures in report and notebook": (text("![a](a.png)") | ran(figures=2), "passed", "3 figures"),
        },
    ),
    (
        {"type": "figure", "count": 2},
        {
            "too few figures": (text("![a](a.png)"), "failed", "2 asked for"),
        },
    ),
    (
        {"type": "manual"},
        {
            "what a person reads": (text("Because.\n# 3B\nAnd so."), "manual", "A person reads"),
            "nothing for a person to read": (text(None), "manual", "a person looks for it"),
        },
    ),
    (
        {"type": "manual", "missing_is_failed": True},
        {
            "nothing to read is lost": (text(None), "failed", "No section"),
        },
    ),
    (
        {"type": "variable", "variable": "n", "expect": 5},
        {
            "a value": (ran(variables={"n": 5.0000001}), "passed", "as asked"),
        },
    ),
    (
        {"type": "variable", "variable": "n", "expect": [1, 2]},
        {
            "values in a list": (ran(variables={"n": [1, 2]}), "passed", "`n`"),
        },
    ),
    (
        {"type": "variable", "variable": "n", "expect": "relu"},
        {
            "a word": (ran(variables={"n": "relu"}), "passed", "`n`"),
        },
    ),
    (
        {"type": "variable", "variable": "n", "length": 2},
        {
            "a length": (ran(variables={"n": {"a": 1, "b": 2}}), "passed", "`n`"),
        },
    ),
    (
        {"type": "variable", "variable": "n", "expect": 5},
        {
            "another value": (ran(variables={"n": 6}), "failed", "`n` is 6"),
        },
    ),
    (
        {"type": "variable", "variable": "n", "expect": 1},
        {
            "another type": (ran(variables={"n": True}), "failed", "True"),
            "not a number": (ran(variables={"n": float("nan")}), "failed", "nan"),
            "a number too large for a float": (ran(variables={"n": 10**5000}), "failed", "huge"),
        },
    ),
    (
        {"type": "variable", "variable": "n", "length": 2},
        {
            "another length": (ran(variables={"n": 7}), "failed", "no length"),
        },
    ),
    (
        {"type": "variable", "variable": "n", "expect": 5},
        {
            "no such variable": ({"notebooks": (CRASH,)}, "failed", "cell 3: "),
        },
    ),
    (
        DENSE,
        {
            "allowed layers": (network(), "passed", "as asked"),
            "a layer that is not allowed": (network(*CNN), "failed", "Conv2d"),
            "parts that can't be written down": (network(spec=NOT_LAYERS), "manual", "torch.fft"),
            "a layer that is not allowed beside such parts": (network(*CNN, spec=NOT_LAYERS), "failed", "Conv2d"),
            "a raw parameter": (network(spec=LOOSE), "failed", "“w”"),
        },
    ),
    (
        {"type": "layers", "required": {"Linear": 1}},
        {
            "parts that can't be counted": (network(spec=NOT_LAYERS), "manual", "torch.fft"),
        },
    ),
    (
        {"type": "layers", "required": {"Dropout": 1}},
        {
            "required layers": (network(*CNN), "passed", "as asked"),
            "a required layer is missing": (network(), "failed", "at least 1"),
        },
    ),
    (
        {"type": "layers", "exactly": {"Linear": 3}},
        {
            "exactly so many": (network(), "passed", "as asked"),
        },
    ),
    (
        {"type": "layers", "exactly": {"Linear": 2}},
        {
            "not exactly so many": (network(), "failed", "exactly 2"),
        },
    ),
    (
        {"type": "layers", "widths": [60, [30, 40], 10]},
        {
            "these widths": (network(), "passed", "as asked"),
        },
    ),
    (
        {"type": "layers", "widths": [60, 50, 10]},
        {
            "other widths": (network(), "failed", "[60, 40, 10]"),
        },
    ),
    (
        DENSE,
        {
            "a layer that is never used": (network(spec={"unused": ("extra",)}), "passed", "never used: extra"),
        },
    ),
    (
        UNITS,
        {
            "hidden units on the bound": (network(), "passed", "100 hidden units (60 + 40)"),
            "one hidden unit too many": (
                network(layer("Flatten"), linear(784, 101), linear(101, 10)),
                "failed",
                "1 units must go",
            ),
        },
    ),
    (
        UNITS | {"at_least": 1},
        {
            "too few hidden units": (network(layer("Flatten"), linear(784, 10)), "failed", "1 to 100"),
        },
    ),
    (
        UNITS,
        {
            "hidden units of what can't be counted": (network(spec=NOT_LAYERS), "manual", "torch.fft"),
        },
    ),
    (
        DEPTH | {"at_least": 2},
        {
            "enough hidden layers": (network(), "passed", "2 hidden layers"),
        },
    ),
    (
        DEPTH | {"at_least": 3},
        {
            "too few hidden layers": (network(), "failed", "Split the hidden units"),
        },
    ),
    (
        DEPTH | {"at_most": 1},
        {
            "too many hidden layers": (network(), "failed", "Take Linear layers out"),
        },
    ),
    (
        COUNT | {"at_most": 49950},
        {
            "parameters on the bound": (network(), "passed", "49,950 parameters"),
        },
    ),
    (
        COUNT | {"at_most": 49949},
        {
            "one parameter too many": (network(), "failed", "allowed: at most 49,949"),
        },
    ),
    (
        COUNT | {"at_most": 49950},
        {
            "buffers that act as weights": (network(buffers_as_weights=1), "failed", "49,951"),
        },
    ),
    (
        COUNT | {"at_most": 10},
        {
            "parameters outside of layers": (network(spec=LOOSE), "failed", "“w” of shape [784, 10]"),
        },
    ),
    (
        CROSS_ENTROPY,
        {
            "the loss asked for": (network(), "passed", "CrossEntropyLoss"),
            "its other form": (
                network(*MLP, layer("LogSoftmax", dim=1), recipe=RECIPE | {"loss": {"type": "NLLLoss"}}),
                "passed",
                "NLLLoss",
            ),
            "half of its other form": (recipe(loss={"type": "NLLLoss"}), "failed", "takes the logits"),
        },
    ),
    (
        {"type": "loss", "expect": "nll"},
        {
            "nll as asked": (
                network(*MLP, layer("LogSoftmax", dim=1), recipe=RECIPE | {"loss": {"type": "NLLLoss"}}),
                "passed",
                "NLLLoss",
            ),
        },
    ),
    (
        CROSS_ENTROPY,
        {
            "softmax twice": (network(*MLP, layer("Softmax", dim=1)), "passed", "computed twice"),
            "another loss": (recipe(loss={"type": "MSELoss"}), "failed", "MSELoss"),
            "a loss that was not seen": (
                recipe(gaps=[{"kind": "loss", "why": "no loss was seen"}]),
                "manual",
                "no loss was seen",
            ),
            "a training that was not seen": (network(recipe=None), "manual", "could not be observed"),
        },
    ),
    (
        FIXED,
        {
            "the recipe asked for": (network(), "passed", "Adam, 10 epochs, batch size 32"),
            "other epochs and batches": (
                recipe(epochs=9, batch_size=64),
                "failed",
                "9 epochs instead of 10, batch size 64",
            ),
        },
    ),
    (
        {"type": "training_recipe", "optimizers": ["SGD", "AdamW"]},
        {
            "another optimiser": (network(), "failed", "SGD or AdamW"),
        },
    ),
    (
        FIXED,
        {
            "epochs that are not all known": (
                recipe(epochs=5, gaps=[{"kind": "optimiser", "why": "2 optimisers"}]),
                "manual",
                "2 optimisers",
            ),
            "a recipe that was not seen": (network(recipe=None), "manual", "could not be observed"),
        },
    ),
    (
        ACCURACY,
        {
            "reached": (trained(0.98, 0.97, 0.976, 0.9751), "passed", "3 of 4 trainings reach 0.975"),
            "missed": (trained(0.97, 0.98, 0.96, 0.97, verdict="missed"), "failed", "now and then"),
            "missed by far": (trained(0.95, 0.95, 0.94, verdict="missed"), "failed", "misses by 0.0250"),
            "diverged": (
                trained(0.098, 0.098, 0.098, verdict="missed", diverged=3),
                "failed",
                "Lower the learning rate",
            ),
            "diverged at a high accuracy": (
                trained(0.99, 0.99, 0.97, verdict="missed", diverged=2),
                "failed",
                "0 of 3",
            ),
            "undecided": (trained(0.98, verdict="undecided"), "manual", "decides nothing yet"),
            "not trained again": (network(), "manual", "not trained again"),
            "can't be trained again": (trained(verdict="undecided", obstacle="a rare loss"), "manual", "a rare loss"),
            "the machine's fault": (
                trained(verdict="undecided", obstacle="no data", fault="machine"),
                "error",
                "no data",
            ),
            "the student's fault": (
                trained(verdict="undecided", obstacle="too large", fault="student"),
                "failed",
                "too large",
            ),
            "trained for a higher threshold": (
                trained(0.98, 0.98, 0.98, verdict="missed", threshold=0.99),
                "passed",
                "3 of 3",
            ),
            "trained for a lower threshold": (trained(0.97, 0.97, 0.97, threshold=0.96), "failed", "0 of 3"),
            "too few trainings for this threshold": (
                trained(0.98, 0.98, 0.97, threshold=0.96),
                "manual",
                "nothing yet",
            ),
            "no network": ({}, "failed", "No trained network"),
            "no network, because the notebook stops": ({"notebooks": (CRASH,)}, "failed", "NameError: net"),
            "several networks": (TWO, "manual", "3B_old.ipynb, cell 5"),
        },
    ),
    (
        UNITS,
        {
            "a network that can't be built": (network(problem="shapes don't fit"), "failed", "shapes don't fit"),
        },
    ),
    (
        {"type": "reported"},
        {
            "a claim that holds": (trained(0.975, 0.98) | claims((6, 0.9849)), "passed", "0.9750 to 0.9800"),
            "a claim that does not": (trained(0.975, 0.98) | claims((6, 0.9851)), "failed", "older code"),
            "a modest claim": (trained(0.975, 0.98) | claims((6, 0.9)), "passed", "States 0.9000"),
            "nothing to compare with": (network() | claims((6, 0.98)), "passed", "nothing to compare"),
        },
    ),
    (
        {"type": "reported", "at_least": 0.9},
        {
            "the last claim counts": (claims((6, 0.98), (7, 0.5)), "failed", "below 0.9"),
            "a claim before the training": (network() | claims((2, 0.5), (5, 0.98)), "passed", "0.98"),
        },
    ),
    (
        {"type": "reported"},
        {
            "no claim": (network() | ran(), "failed", "No accuracy is stated"),
        },
    ),
    (
        TEN,
        {
            "a sweep in the report": (text("0.971, 0.968 and 97.1%"), "passed", "3 accuracies"),
            "a sweep in the outputs": (claims((5, 0.9), (5, 0.91), (5, 0.92)), "passed", "3 accuracies"),
            "a sweep that is too short": (text("0.971, 0.968 with lr 0.1 for 3 epochs"), "failed", "2 accuracies"),
        },
    ),
    (
        SLOPE,
        {
            "the value of an expression": (text(r"$$= \frac{1}{4} \cdot \frac{1}{1+e^{-1}}$$"), "passed", "is right"),
            "a rounded value": (text("The slope is 0.1828"), "passed", "0.1828 is right"),
            "a function of the problem": (text(r"$f' = \sigma(0)(1-\sigma(0))\sigma(1)$"), "passed", "is right"),
            "in plain text": (text("df/dw = 0.25*1/(1+exp(-1)) = 0.1828."), "passed", "0.1828"),
            "boxed, with a remark": (text(r"$\boxed{0.1828}$ since $\sigma(0) = 0.5$"), "passed", "0.1828"),
            "a mistake that is known": (
                text("plug in\n\n$$\\sigma(0)\\sigma(1)$$\n\n$$=\\frac{1}{2(1+\\frac{1}{e})}$$"),
                "failed",
                "comes to 0.3655, is not right. The slope at 0 is 1/4.",
            ),
            "mutilated by an unescaping": (text("$$= rac{1}{2}$$"), "failed", "comes to 0.5"),
            "several values": (text("$0.1$ $0.2$ $0.1828$"), "manual", "Several values"),
            **{
                f"one of several: {answer}": (text(answer), "manual", "")
                for answer in (
                    r"$= 0.1828 \text{ or } 0.3655$",
                    r"$= 0.1828 \lor 0.3655$",
                    "$0.1828, 0.3655$",
                    r"$= \{0.1828, 0.3655\}$",
                    "$= [0.1828, 0.2]$",
                    "$= 0.1828; 0.2$",
                    "$= 0.1828$ or $= 0.3655$",
                    "The value is 0.1828 or 0.3655",
                    r"$= \pm 0.1828$",
                    "$0.18 < w < 0.19$",
                )
            },
            "right, and then something else": (text("$a = 0.1828$\n\n$b = 0.2$"), "manual", "what follows"),
            "a tower of powers": (text("$9**9**9**9$"), "manual", "a person reads it"),
            "a tower of powers in LaTeX": (text("$= 9^{9^{9^{9}}}$"), "manual", "a person reads it"),
            "not a number": (text("$= NaN$"), "manual", "a person reads it"),
            "LaTeX that does not parse": (text(r"$= \frac{1}{$"), "manual", "a person reads it"),
            "no formula": (text("It is small."), "manual", "No formula"),
            "no section": (text(None), "failed", "No section"),
        },
    ),
    (
        STEP,
        {
            "the loss without a factor": (
                text(r"$w_2 = w_2^{old} + 0.5 \cdot 2 \cdot 0.8224$, or $w_2 = 0.8224$"),
                "manual",
                "",
            ),
            "with the factor 1/2": (text("$w_2 = 0.4112$"), "passed", "0.4112"),
            "behind its label": (text("$w_1 = 3$\n\nw2 = 0 + 0.8224 = 0.8224\n\n$w_3 = 5$"), "passed", "0.8224"),
            "the wrong sign": (text(r"$\therefore w_2 = 0 - 0.8224$"), "failed", "The sign is wrong."),
        },
    ),
    (
        GRADIENT,
        {
            "multiplied out": (text("$g = x p - y x$"), "passed", "is right"),
            "under another name": (text(r"$g = (\hat{y} - y) x$"), "passed", "is right"),
            "the wrong sign": (text("$g = (y - p) x$"), "failed", "is not right"),
            "a name of its own": (text("$g = (a - y) x$"), "manual", "uses a, which the problem doesn't name"),
        },
    ),
    (
        COUNTS,
        {
            "each layer and the total": (
                text("L_1: $784 x 100 + 100 = 78500$\nL_2: $100 x 10 + 10 = 1010$\n\nTotal: $78500 + 1010 = 79{,}510$"),
                "passed",
                "2 of 2 layers are right; the total",
            ),
            "OCR's spaces": (
                text("L_1: $784 \\times 100 + 100 = 78 500$\nL_2: $1 010$\n\nTotal = $79 510$"),
                "passed",
                "the total",
            ),
            "a line that slips": (
                text("L_1: $784 * 100 + 100 = 78501$\nL_2: $100 * 10 + 10 = 1010$\nTotal: $79510$"),
                "partial",
                "L_1 states 78,501, but its own arithmetic gives 78,500",
            ),
            "without the biases": (
                text("L_1: $784 * 100 = 78400$\nL_2: $100 * 10 = 1000$\nTotal: $79400$"),
                "failed",
                "The biases are missing.",
            ),
            "layers without a total": (text("$784 * 100 + 100 = 78500$\n\n$1010$"), "partial", "no total is stated"),
            "two totals": (text("Total: $79510$\n\nTotal: $79511$"), "manual", "Several totals"),
            "no number": (text("Many."), "manual", "No number of parameters"),
        },
    ),
    (
        ROUNDED,
        {
            "in millions": (text("It has 138M parameters."), "passed", "138M is right"),
            "millions in words": (text("about 138.4 million parameters"), "passed", "138.4 million"),
            "every digit": (text("total = 138,357,544"), "passed", "is right"),
            "in a table": (text("In millions:\n\nnet\tC\tD\tE\nparameters\t134\t138\t144"), "passed", "138 under “D”"),
            "another column": (
                text("In millions:\n\nnet\tC\tD\tE\nparameters\t134\t144\t138"),
                "failed",
                "144 under “D”",
            ),
            "a larger network": (text("It has 144M parameters."), "failed", "144M is not right"),
        },
    ),
    (
        OR_NETWORK,
        {
            "a formula": (text(r"$f(x_1, x_2) = \mathrm{ReLU}(x_1 + x_2)$"), "passed", "1 hidden unit, 1 layer"),
            "a sentence": (text("It is y = max(0, x1 + x2), one unit."), "passed", "all 4 inputs"),
            "more units than needed": (text("W1 = [[1, 1], [1, 1]]\nW2 = [[1, 1]]"), "partial", "more than needed"),
            "too small": (text("f(x_1, x_2) = max(0, x_1 + x_2 - 0.5)"), "failed", "Wrong at (0, 1): 0.5"),
            "no sum": (text("$f = ReLU(x_1 x_2)$"), "manual", "No network"),
            "in words alone": (text("One unit adds both inputs."), "manual", "No network"),
        },
    ),
    (
        XOR_NETWORK,
        {
            "two units": (text("h1 = ReLU(x1 - x2)\nh2 = ReLU(x2 - x1)\nf = ReLU(h1 + h2)"), "passed", "2 layers"),
            "in one formula": (
                text(r"$$h_1 = \max(0, x_1+x_2), h_2 = \max(0, x_1+x_2-1)$$ $$y=h_1-2h_2$$"),
                "passed",
                "all 4 inputs",
            ),
            "weights": (text("W1: [[1, 1], [1, 1]]\nb1: [0, -1]\nW2: [[1, -2]]\nb2: 0"), "passed", "all 4 inputs"),
            "OR instead": (text("f(x_1, x_2) = ReLU(x_1 + x_2)"), "failed", "Wrong at (1, 1): 2"),
            "more layers": (
                text("h = ReLU(x1 - x2) + ReLU(x2 - x1)\nk = ReLU(h)\nf = ReLU(2 k)"),
                "partial",
                "3 layers",
            ),
        },
    ),
    (
        DOUBLE,
        {
            "right": (called(2, 4, 6), "passed", "`double` is right on 3 ordinary inputs"),
            "wrong once": (called(2, 4, 7), "partial", "Wrong on ordinary inputs (1 of 3 inputs): double(x=3) gives 7"),
            "raising": (called(2, None), "failed", "double(x=2) failed: ValueError: no"),
            "not there": (called(problem="no function `double` was found"), "failed", "No function `double`"),
            "the rubric's fault": (called(problem="x", fault="rubric"), "error", "The rubric's reference failed"),
            "not run": ({}, "manual", "was not run"),
        },
    ),
    (
        CONVOLUTION,
        {
            "both": (text(f"```\n{KERNEL}\nb = tf.get_variable('b', [8])\n```"), "passed", "80 parameters in 2 of 2"),
            "made by hand": (
                text("```\nk = tf.Variable(tf.zeros([3, 3, 1, 8]))\nb = tf.Variable(tf.constant(0., shape=(8,)))\n```"),
                "partial",
                "Missing: 8",
            ),
            "no bias": (text(f"```\n{KERNEL}\n```"), "partial", "72 parameters in 1 of 1 weights. Missing: 8."),
            "other filters": (
                text("```\ntf.get_variable('k', [5, 5, 1, 4])\n```"),
                "failed",
                "Missing: 3 x 3 x 1 x 8; 8",
            ),
            "a size that is computed": (text("```\ntf.get_variable('k', [n[1], 8])\n```"), "failed", "k ? x 8"),
            "no code": (text("A convolution of 3x3x1x8."), "manual", "No code"),
        },
    ),
]


@pytest.mark.parametrize(
    ("config", "evidence", "status", "says"),
    [
        pytest.param(config, *case, id=f"{config['type']}: {name}")
        for config, cases in CASES
        for name, case in cases.items()
    ],
)
def test_check(
    config: dict[str, object], evidence: dict[str, object], status: str, says: str, mathematics: Mathematics
) -> None:
    check = check_of(config)
    seen = compared(check, ProblemEvidence.model_validate({"problem": "3B"} | evidence), mathematics)
    outcome = check.judge(seen)
    assert outcome.status == status, outcome.message
    assert says in f"{outcome.message} {outcome.advice}"
    assert (outcome.share == 1) == (status == "passed") and (0 < outcome.share < 1) == (status == "partial")
    assert check.asked()
    assert check.judge(seen) == outcome


def test_every_check_type_is_seen_to_pass_and_to_fail() -> None:
    every = (*CASES, *TEXT_CASES)
    seen = Counter((str(config["type"]), status) for config, cases in every for _, status, _ in cases.values())
    missing = [(kind, status) for kind in check_types() for status in ("passed", "failed") if not seen[kind, status]]
    assert missing == [("manual", "passed")]  # what a person reads is never passed by the machine
    assert {kind for kind, _ in seen} == set(check_types())


ASSERTED = [
    (PARAMETERS, "{0} parameters", "The answer is 608 parameters"),
    (SHAPE, "The output is {0}x{0}x8.", "The output is 28x28x8."),
    (MAX, "Max: [{0} 0; 0 {0}]", POOLED),
    (AVERAGE, "Average: [{0} 0; 0 {0}]", POOLED),
]


@pytest.mark.parametrize(("config", "wrong", "right"), ASSERTED, ids=[str(case[0]["type"]) for case in ASSERTED])
@pytest.mark.parametrize("separator", [" ", ", ", "\n", "\n\n", " or ", "\n- "])
def test_the_right_answer_among_hundreds_never_passes(
    config: dict[str, object], wrong: str, right: str, separator: str
) -> None:
    answers = [wrong.format(n) for n in range(600, 900) if n != 608]
    for answer in (separator.join([*answers, right]), separator.join([right, *answers])):
        outcome = check_of(config).judge(ProblemEvidence.model_validate({"problem": "3B"} | text(answer)))
        assert outcome.status == "manual", answer[:50]


WRONG_CONFIG = {
    "no criterion": ({"type": "numeric"}, "either `expect` or `between`"),
    "two criteria": ({"type": "numeric", "expect": 1, "between": [1, 2]}, "either `expect` or `between`"),
    "an empty range": ({"type": "numeric", "between": [2, 1]}, "`between` is empty"),
    "neither value nor length": ({"type": "variable", "variable": "n"}, "`expect` or `length`"),
    "one option": ({"type": "choice", "options": {"a": ["b"]}}, "at least 2"),
    "a ragged matrix": ({"type": "matrices", "expect": [[[1, 2], [3]]]}, "equally long"),
    "an empty matrix": ({"type": "matrices", "expect": [[]]}, "equally long"),
    "a threshold above 1": ({"type": "accuracy", "at_least": 97.5}, "less than or equal to 1"),
    "an unknown key": ({"type": "figure", "counts": 2}, "Extra inputs"),
    "negative points": ({"type": "figure", "points": -1}, "greater than or equal to 0"),
}


@pytest.mark.parametrize(("config", "message"), WRONG_CONFIG.values(), ids=WRONG_CONFIG)
def test_a_check_that_makes_no_sense_is_refused(config: dict[str, object], message: str) -> None:
    with pytest.raises(ValidationError, match=message):
        check_of(config)


BOUNDED = ("hidden_layers", "parameters", "layers", "training_recipe")
LINTS = {
    "a mistake that is right": (PARAMETERS | {"mistakes": [{"match": 608, "say": ""}]}, "608 is accepted"),
    "a shape's mistake that is right": (SHAPE | {"mistakes": [{"match": [8, 28, 28], "say": ""}]}, "is accepted"),
    "an even number of seeds": (ACCURACY | {"seeds": 4}, "is even"),
    "an option that isn't there": (SEARCH | {"expect": "hand"}, "none of the options"),
    "no note": ({"type": "manual"}, "without a `note`"),
    "required but not allowed": (DENSE | {"required": {"Tanh": 1}}, "not allowed"),
    **{f"{kind} without a bound": ({"type": kind}, "can't fail") for kind in BOUNDED},
}


@pytest.mark.parametrize(("config", "says"), LINTS.values(), ids=LINTS)
def test_what_is_probably_not_meant_is_said(config: dict[str, object], says: str) -> None:
    (warning,) = check_of(config).lint()
    assert says in warning


READ = ("numeric", "shape", "matrices", "choice", "version", "truth_table")


def judged(rubric: Rubric, report: str) -> dict[str, float]:
    """The points that every check of the report's text gives."""
    from grader.observation.evidence import observe

    evidence = observe(rubric, {"report.md": report}, {}, {})
    return {
        f"{problem.id}/{check.title}": check.judge(evidence[problem.id]).share * check.points
        for problem in rubric.problems
        for check in problem.checks
        if check.type in READ
    }


@pytest.mark.parametrize("name", ["demo", "cs155-2023-set4"])
def test_reference_reports_earn_every_point_and_their_mutants_lose_what_the_rubric_says(name: str) -> None:
    rubric = load_rubric(name)
    folder = resource("reference") / (rubric.reference or name)
    report = (folder / "report.md").read_text()
    full = judged(rubric, report)
    assert full == {f"{p.id}/{c.title}": c.points for p in rubric.problems for c in p.checks if c.type in READ}
    for mutant in rubric.mutants:
        if mutant.edits and all(edit.file == "report.md" for edit in mutant.edits):
            text = report
            for edit in mutant.edits:
                assert edit.replace in text
                text = text.replace(edit.replace, edit.by)
            points = judged(rubric, text)
            assert {
                check: full[check] - points[check] for check in full if points[check] != full[check]
            } == mutant.loses
