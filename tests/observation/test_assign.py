"""Which network answers which problem, and when a person is asked instead."""

import nbformat
import pytest
from blocks import document, words
from check_evidence import RECIPE

from grader.checks._base import model_of
from grader.core.decision import Settled
from grader.core.evidence import ModelFacts, NetworkName, NotebookRun, ProblemEvidence
from grader.core.network import Gap, ModelSpec, Recipe
from grader.core.outcome import Outcome
from grader.guest.protocol import GapKind
from grader.observation.assign import Assignment, Place, Target, assign, labels_in_name
from grader.observation.evidence import Observed, observe
from grader.observation.labels import label_path
from grader.observation.notebooks import headings_above, saved_claims
from grader.observation.words import headings
from grader.rubric.model import Rubric

TITLES = {
    "2C": "Linear Neural Network",
    "2D": "2-Layer Linear Neural Network",
    "3A": "The Data",
    "3B": "Modeling Part 1",
    "3C": "Modeling Part 2",
    "3D": "Modeling Part 3",
    "4F": "Convolutional network",
}
SHIFTED = {"3B": "3C", "3C": "3D", "3D": "3E", "4F": "4G"}
TARGETS = [
    Target(problem=p, title=title, labels=(p, SHIFTED.get(p, p)), wanted=p != "3A") for p, title in TITLES.items()
]


def cells_of(*content: str) -> nbformat.NotebookNode:
    """A notebook: `# ...` and `**...` are Markdown cells; `train` trains a network; anything else is an output."""
    cells = []
    for part in content:
        if part.startswith(("#", "**")):
            cells.append(nbformat.v4.new_markdown_cell(part))
        else:
            output = nbformat.v4.new_output("stream", name="stdout", text=part)
            cells.append(nbformat.v4.new_code_cell(part, outputs=[output]))
    return nbformat.v4.new_notebook(cells=cells)


def trained(notebook: nbformat.NotebookNode, file: str) -> list[ModelFacts]:
    return [
        ModelFacts(
            notebook=file,
            cell=i,
            variable=cell.source,
            headings=headings_above(headings(words(notebook, file)), i),
            spec=ModelSpec(layers=()),
        )
        for i, cell in enumerate(notebook.cells, 1)
        if cell.cell_type == "code" and cell.source.startswith("train")
    ]


def assigned(
    files: dict[str, tuple[str, ...]], targets: list[Target] = TARGETS, *settled: Settled
) -> dict[str, Assignment]:
    notebooks = {file: cells_of(*content) for file, content in files.items()}
    places = [Place(file=file, headings=tuple(headings(words(notebook, file)))) for file, notebook in notebooks.items()]
    models = [model for file, notebook in notebooks.items() for model in trained(notebook, file)]
    return assign(targets, places, models, settled={one.problem: one for one in settled})


def answers(files: dict[str, tuple[str, ...]]) -> dict[str, str]:
    """The network of each problem that has one, as `file: name`."""
    return {p: f"{a.model.notebook}: {a.model.variable}" for p, a in assigned(files).items() if a.model}


@pytest.mark.parametrize(
    ("file", "labels"),
    [
        ("set4_3B.ipynb", ["3b"]),
        ("Problem 3 part B (1).ipynb", ["3b"]),
        ("3b.ipynb", ["3b"]),
        ("hw_problem3B.ipynb", ["3b"]),
        ("hw4_p3b_final_v2.ipynb", ["3b"]),
        ("code/4_A/3.B.ipynb", ["3b"]),
        ("set 4 3B.ipynb", ["3b"]),
        ("CS155_set4_problem2.ipynb", ["2"]),
        ("Copy of Problem_3_B.ipynb", ["3b"]),
        ("network.ipynb", []),
        ("resnet18.ipynb", []),
    ],
)
def test_labels_are_read_from_a_file_name(file: str, labels: list[str]) -> None:
    assert labels_in_name(file) == [label_path(label) for label in labels]


HEADINGS = {
    "a label": ("# Problem 3B", "3B"),
    "a label behind the set": ("# Set 4: Problem 3B", "3B"),
    "a label with a dot": ("# Problem 3.B", "3B"),
    "a label and a title with a slash": ("# 3B max/average", "3B"),
    "a title": ("# Modeling Part 2 [6 points]", "3C"),
    "a title behind a letter": ("# Problem B: Modeling Part 1", "3B"),
    "the longer title": ("# 2-Layer Linear Neural Network", "2D"),
    "the shorter title": ("# Problem C: Linear Neural Network", "2C"),
    "in bold": ("**Problem 3B**", "3B"),
}


@pytest.mark.parametrize(("heading", "problem"), HEADINGS.values(), ids=HEADINGS)
def test_a_heading_names_the_problem_of_the_networks_below(heading: str, problem: str) -> None:
    assert answers({"all.ipynb": ("# Set 4", heading, "train a")}) == {problem: "all.ipynb: train a"}


DECOYS = [
    "## Comparison with Problem 3C",
    "## A non-linear neural network",
    "## Train 3 a second time",
    "## 2 hidden layers",
    "## Results",
    "**Epoch 3 d**",
]


@pytest.mark.parametrize("decoy", DECOYS)
def test_another_heading_does_not_take_the_network_away(decoy: str) -> None:
    assert answers({"all.ipynb": ("# Problem 3B", decoy, "train a")}) == {"3B": "all.ipynb: train a"}


@pytest.mark.parametrize("decoy", ["## 2. Load the data", "## 2 layers"])
def test_the_chapter_of_a_letter_is_not_the_number_of_a_step(decoy: str) -> None:
    content = ("# Problem 3", "## Problem B", decoy, "## Problem C", "train a")
    assert answers({"all.ipynb": content}) == {"3C": "all.ipynb: train a"}


CHOSEN = {
    "a notebook for each problem": (
        {"set4_3B.ipynb": ("train b",), "3c.ipynb": ("train c",), "hw_problem4F.ipynb": ("train f",)},
        {"3B": "set4_3B.ipynb: train b", "3C": "3c.ipynb: train c", "4F": "hw_problem4F.ipynb: train f"},
    ),
    "notebooks named as the instructions name them": (
        {f"{label}.ipynb": (f"train {label}",) for label in ("3C", "3D", "3E", "4G")},
        {p: f"{label}.ipynb: train {label}" for p, label in SHIFTED.items()},
    ),
    "one more name decides between the namings": (
        {"3C.ipynb": ("train c",), "3D.ipynb": ("train d",), "4G.ipynb": ("train g",)},
        {"3B": "3C.ipynb: train c", "3C": "3D.ipynb: train d", "4F": "4G.ipynb: train g"},
    ),
    "a heading decides against an ambiguous file name": (
        {"3C.ipynb": ("# Modeling Part 1", "train c"), "3D.ipynb": ("# Modeling Part 2", "train d")},
        {"3B": "3C.ipynb: train c", "3C": "3D.ipynb: train d"},
    ),
    "one notebook for several problems": (
        {"all.ipynb": ("# Problem 3", "## Problem B: One", "train b", "## Problem C", "train c", "# 4F", "train f")},
        {"3B": "all.ipynb: train b", "3C": "all.ipynb: train c", "4F": "all.ipynb: train f"},
    ),
    "letters under several chapters": (
        {"x.ipynb": ("# Problem 2", "## Problem C", "train c", "# Problem 3", "## Problem B", "train b", "# 4F")},
        {"2C": "x.ipynb: train c", "3B": "x.ipynb: train b"},
    ),
    "the file name is the chapter": (
        {"set4_problem3.ipynb": ("## Problem B", "train b")},
        {"3B": "set4_problem3.ipynb: train b"},
    ),
    "the last of several trainings": (
        {"3B.ipynb": ("train first", "train second", "train last")},
        {"3B": "3B.ipynb: train last"},
    ),
    "what stands below a problem without a network": ({"all.ipynb": ("# 3A", "train a", "# 3B", "train b")}, {
        "3A": "all.ipynb: train a", "3B": "all.ipynb: train b"
    }),
}  # fmt: skip


@pytest.mark.parametrize(("files", "expected"), CHOSEN.values(), ids=CHOSEN)
def test_the_network_that_answers(files: dict[str, tuple[str, ...]], expected: dict[str, str]) -> None:
    assert answers(files) == expected


UNCLEAR = {
    "names that mean something under both namings": (
        {"3C.ipynb": ("train c",), "3D.ipynb": ("train d",)},
        "3C",
        2,
        "leave open",
    ),
    "names that fit no naming": (
        {"3B.ipynb": ("train b",), "3C.ipynb": ("train c",), "3E.ipynb": ("train e",)},
        "3C",
        1,
        "leave open",
    ),
    "networks in two notebooks": (
        {"3B.ipynb": ("train a",), "3B_old.ipynb": ("train b",)},
        "3B",
        2,
        "several notebooks",
    ),
    "no name at all": ({"network.ipynb": ("train a", "train b")}, "3B", 2, "No heading or file name"),
    "a letter under two numbers": (
        {"x.ipynb": ("# 3 Depth", "# 2 Load", "## Problem C", "train c")},
        "3C",
        1,
        "leave open",
    ),
    "nothing trained": ({"3B.ipynb": ("print",)}, "3B", 0, "No trained network"),
}


@pytest.mark.parametrize(("files", "problem", "candidates", "why"), UNCLEAR.values(), ids=UNCLEAR)
def test_what_is_unclear_is_said_and_not_guessed(
    files: dict[str, tuple[str, ...]], problem: str, candidates: int, why: str
) -> None:
    assignment = assigned(files)[problem]
    assert assignment.model is None
    assert len(assignment.candidates) == candidates
    assert why in assignment.why


def test_the_only_problem_takes_the_only_notebook_whatever_its_name() -> None:
    target = Target(problem="2A", title="A small network", labels=("2A",))
    files = {"network.ipynb": ("train a", "train b"), "plots.ipynb": ("print",)}
    assignment = assigned(files, [target])["2A"]
    assert assignment.model and assignment.model.variable == "train b"
    assert assignment.notebooks == ("network.ipynb",)


def test_a_notebook_belongs_to_every_problem_that_its_name_or_headings_name() -> None:
    files = {"set4_problem3.ipynb": ("## Problem B", "train b", "## Problem C"), "4F.ipynb": ("print",)}
    notebooks = {p: a.notebooks for p, a in assigned(files).items() if a.notebooks}
    assert notebooks == {"3B": ("set4_problem3.ipynb",), "3C": ("set4_problem3.ipynb",), "4F": ("4F.ipynb",)}


def observed(files: dict[str, tuple[str, ...]], reports: dict[str, str]) -> dict[str, ProblemEvidence]:
    model = {"type": "hidden_units", "points": 1, "at_most": 9}
    problems = [{"id": p, "title": t, "points": 1, "checks": [model]} for p, t in TITLES.items()]
    rubric = Rubric.model_validate({"id": "x", "title": "X", "problems": problems})
    notebooks = {file: cells_of(*content) for file, content in files.items()}
    seen = {
        file: Observed(run=NotebookRun(file=file, claims=saved_claims(nb, file)), models=tuple(trained(nb, file)))
        for file, nb in notebooks.items()
    }
    return observe(
        rubric,
        {file: document(text, file) for file, text in reports.items()},
        seen,
        {file: words(nb, file) for file, nb in notebooks.items()},
    )


def test_in_a_shared_notebook_a_problem_has_the_claims_below_its_own_headings() -> None:
    content = (
        "accuracy: 0.1",
        "# 3B",
        "train b",
        "accuracy: 0.97",
        "# 3C",
        "train c",
        "# 3D",
        "train d",
        "accuracy: 0.99",
    )
    evidence = observed({"all.ipynb": content}, {})
    claims = {p: [c.accuracy for n in evidence[p].notebooks for c in n.claims] for p in ("3B", "3C", "3D")}
    assert claims == {"3B": [0.1, 0.97], "3C": [0.1], "3D": [0.1, 0.99]}


def test_accuracies_below_nobody_s_heading_are_known_to_every_problem_and_are_nobody_s() -> None:
    content = ("train a", "accuracy: 0.97")
    evidence = observed({"mnist.ipynb": content, "other.ipynb": content, "3C.ipynb": ("accuracy: 0.99",)}, {})
    assert {e.model for e in evidence.values()} == {None}
    assert [str(claim.source) for claim in evidence["3B"].unowned] == ["mnist.ipynb, cell 2", "other.ipynb, cell 2"]
    assert evidence["3B"].notebooks == () and len(evidence["3C"].notebooks) == 1


def test_all_networks_of_a_problem_are_known_beside_the_one_that_answers_it() -> None:
    evidence = observed({"4F.ipynb": ("train a", "train b"), "3B.ipynb": ("train c",)}, {})
    assert [network.variable for network in evidence["4F"].networks] == ["train a", "train b"]
    assert [network.variable for network in evidence["3B"].networks] == ["train c"]


def test_the_text_of_a_notebook_answers_what_the_report_does_not() -> None:
    files = {"3B.ipynb": ("# Problem 3A\n\nFrom the notebook: 1", "# Problem 3B\n\nFrom the notebook: 2")}
    evidence = observed(files, {"report.md": "# Problem 3A\n\nFrom the report: 3"})
    assert [s.source.file for s in evidence["3A"].sections] == ["report.md"]
    assert [s.source.file for s in evidence["3B"].sections] == ["3B.ipynb"]
    assert evidence["3C"].sections == ()


def test_a_bare_title_of_another_problem_above_the_data_is_no_heading_of_that_problem():
    found = answers({"set4_3B.ipynb": ("# Problem 3B: Modeling Part 1", "## The data", "## Training", "train b")})
    assert found == {"3B": "set4_3B.ipynb: train b"}


# name: (epochs of a network trained by itself, whether they are known, those of a sweep below, the networks left)
SWEPT = {
    "longer than a sweep": (10, True, 2, ["alone"]),
    "as long as a sweep": (2, True, 2, ["b"]),
    "until a condition holds, beside a sweep": (10, False, 2, ["alone", "b"]),
}


@pytest.mark.parametrize("name", SWEPT)
def test_a_sweep_gives_way_to_what_was_trained_for_longer(name: str) -> None:
    epochs, known, of_sweep, left = SWEPT[name]

    def model(variable: str, cell: int, epochs: int, gaps: tuple[Gap, ...] = ()) -> ModelFacts:
        recipe = Recipe.model_validate(RECIPE | {"epochs": epochs, "gaps": gaps})
        return ModelFacts(notebook="3B.ipynb", cell=cell, variable=variable, spec=ModelSpec(layers=()), recipe=recipe)

    gaps = () if known else (Gap(kind=GapKind.LENGTH, why="a condition may end it"),)
    models = [model("alone", 1, epochs, gaps), model("a", 2, of_sweep), model("b", 2, of_sweep)]
    found = assign([Target(problem="3B", title="", labels=("3B",))], [Place(file="3B.ipynb", headings=())], models)[
        "3B"
    ]
    assert [m.variable for m in (found.candidates or (found.model,)) if m] == left
    assert (found.model is None) == (len(left) > 1) == ("trained for longer" in found.why)


TWO = {"a.ipynb": ("train one",), "b.ipynb": ("train two",)}


def settled(file: str, variable: str, cell: int = 1) -> Settled:
    return Settled(problem="3B", network=NetworkName(notebook=file, cell=cell, variable=variable))


def test_a_person_names_one_of_several_and_all_of_them_stay_to_be_seen() -> None:
    found = assigned(TWO, TARGETS, settled("b.ipynb", "train two"))
    assert found["3B"].model and found["3B"].model.variable == "train two"
    assert found["3B"].networks == (found["3B"].model,) and "b.ipynb" in found["3B"].notebooks
    assert [model.variable for model in found["3B"].candidates] == ["train one", "train two"]
    assert found["3C"] == assigned(TWO)["3C"]


def test_what_a_person_names_goes_before_headings() -> None:
    files = {"all.ipynb": ("# Problem 3B", "train one", "# Problem 3C", "train two")}
    found = assigned(files, TARGETS, settled("all.ipynb", "train two", 4))
    assert found["3B"].model and found["3B"].model.variable == "train two"


@pytest.mark.parametrize("files", [TWO, {"3B.ipynb": ("train one",)}, {"3B.ipynb": ()}], ids=["two", "one", "none"])
def test_where_the_network_that_a_person_named_is_gone_a_person_is_asked_again(
    files: dict[str, tuple[str, ...]],
) -> None:
    found = assigned(files, TARGETS, settled("3B.ipynb", "train gone"))["3B"]
    assert found.model is None and "isn't found now" in found.why
    evidence = ProblemEvidence(problem="3B", candidates=found.candidates, why_no_model=found.why, named=True)
    told = model_of(evidence)
    assert isinstance(told, Outcome) and told.status == "manual"
