"""Facts observed in a submission: answers read, models found, trainings run. Checks judge only these."""

from typing import Literal, TypeVar

from grader.core.calls import Call, Growth
from grader.core.fault import Fault
from grader.core.majority import Verdict
from grader.core.network import ModelSpec, Recipe
from grader.core.record import Record
from grader.core.requests import Question
from grader.core.source import Source
from grader.guest.protocol import Blocks

Fact = TypeVar("Fact", bound=Record)


Matrix = tuple[tuple[float, ...], ...]


# Why a value that stands in a text isn't simply what its author says: it is denied ("not 608"), a bound ("more than
# 600"), a requirement ("should be at least"), somebody else's, part of a question or a quotation, taken back ("no,
# wait"), a guess ("maybe"), an end of a range, the number of a thing ("Problem 2"), a part's ("76 per filter"),
# the input's, an earlier state's ("my first network", "from 0.96 to 0.97"), a dimension of a shape, or a small one in
# words that may be an article ("one filter").
Doubt = Literal[
    "",
    "denied",
    "bounded",
    "required",
    "another's",
    "question",
    "quoted",
    "withdrawn",
    "guessed",
    "range",
    "reference",
    "part",
    "input",
    "earlier",
    "article",
    "dimension",
]


class Reading(Record):
    """One value that a text states, and what is said of it.

    Without `number`, `shape` or `matrix` it is a value that could not be read. `others` are numbers that the same
    characters may as well mean, `unlikely` those that they may mean elsewhere or by mistake. `strength`
    orders how clearly it is asserted: `final` (boxed, after "answer" or "total"), `asserted` (the right-hand side of an
    equation, "is ..."), `mentioned` (anything else). `doubt` says why it isn't the author's own
    plain statement. `before` and `after` are the rest of its sentence, `lead` the last line of words above a matrix;
    all lower case. `sentence` is the whole as written.
    """

    kind: Literal["number", "shape", "matrix", "version"]
    number: float | None = None
    others: tuple[float, ...] = ()
    unlikely: tuple[float, ...] = ()
    percent: bool = False
    shape: tuple[int, ...] | None = None
    matrix: Matrix | None = None
    version: str | None = None
    text: str
    source: Source
    strength: Literal["final", "asserted", "mentioned"]
    doubt: Doubt = ""
    before: str = ""
    after: str = ""
    lead: str = ""
    sentence: str = ""

    @property
    def parenthesised(self) -> bool:
        """Whether it stands alone in parentheses, as accountants write what is negative."""
        return self.before.rstrip(" $").endswith("(") and self.after.lstrip(" $").startswith(")")


class Formula(Record):
    """A formula as LaTeX or plain text: `a = b = c` has three `sides`, the last of which is what it comes to.

    `name` is a label before a colon (`L_1: ...`), `lead` what stands before it on its line, in lower case.
    """

    sides: tuple[str, ...]
    name: str = ""
    lead: str = ""
    strength: Literal["final", "asserted"] = "asserted"
    source: Source


class Comparison(Record):
    """The answer to a question: None where it can't be said, with why. Constants have their values as well."""

    question: Question
    equal: bool | None
    value: float | None = None
    expected_value: float | None = None
    why: str = ""


class TableRow(Record):
    """One row of a table, its cells as written and as numbers in plain units: 97.6 under “(%)” is 0.976.

    `name` and `value` are the parts of its label, as in `k = 100`; a number is None where none can be read.
    """

    cells: tuple[str, ...]
    numbers: tuple[float | None, ...]
    name: str = ""
    value: float | None = None
    source: Source


class Table(Record):
    """A table of a text. It is `sure` where every row has as many cells as the header."""

    header: tuple[str, ...] = ()
    rows: tuple[TableRow, ...]
    source: Source
    sure: bool = True


class Confusion(Record):
    """A table of counts, one row for each true class, one column for each predicted class; a blank cell counts 0.

    `blanks` counts the blank cells of each row, `doubtful` holds the cells of each row that are no digits: letters
    that look like digits were read as these, others as 0. It is `sure` where nothing is doubtful or had to be moved.
    """

    counts: tuple[tuple[int, ...], ...]
    first: int = 0
    blanks: tuple[int, ...]
    doubtful: tuple[tuple[str, ...], ...]
    source: Source
    sure: bool = True


class Epoch(Record):
    """What a training log says of one epoch; accuracies in [0, 1], of the validation or test set under `val_`."""

    number: int
    loss: float | None = None
    accuracy: float | None = None
    val_loss: float | None = None
    val_accuracy: float | None = None
    text: str = ""
    source: Source


class TrainingLog(Record):
    """The epochs of one training, in the order printed; `planned` is the 10 of `Epoch 3/10`."""

    epochs: tuple[Epoch, ...]
    planned: int | None = None

    @property
    def source(self) -> Source:
        """Where it begins."""
        return self.epochs[0].source


class Link(Record):
    """A web address. It is `complete` where it names a thing and not only the site."""

    kind: Literal["colab", "nbviewer", "github", "other"]
    url: str
    complete: bool
    source: Source


class Section(Record):
    """The part of a document that answers one problem.

    `unread` says what stands there that a person sees and the machine can't read, `hidden` holds words that stand there
    and no reader sees: they are no answer.
    """

    problem: str
    text: str
    source: Source
    readings: tuple[Reading, ...] = ()
    tables: tuple[Table, ...] = ()
    confusions: tuple[Confusion, ...] = ()
    logs: tuple[TrainingLog, ...] = ()
    links: tuple[Link, ...] = ()
    formulas: tuple[Formula, ...] = ()
    figures: int = 0
    unread: tuple[str, ...] = ()
    hidden: str = ""


# Of what an accuracy is said to be: of the test, the validation or the training set; of none of them in words, at the
# end or while it trained ("running"); of a part, as a class, a batch or a fold; of something else than what the network
# came to, as a goal or a baseline. "unclear": a value that may be an accuracy, and no word says so.
ClaimScope = Literal["test", "validation", "training", "unnamed", "running", "part", "other", "unclear"]


class Claim(Record):
    """An accuracy that the student's own saved output states, in [0, 1].

    `unit` is one in its last digit: who writes 97 % may have rounded or cut. `of` are the words that say of what it is,
    without numbers; `epoch` is the number of the epoch that it stands beside, `item` its place in a list or a table of
    several. It is `stale` when its cell was last run before a cell above it: the output may be older than the code.
    """

    accuracy: float
    text: str
    source: Source
    scope: ClaimScope = "unnamed"
    unit: float = 0.0
    of: str = ""
    epoch: int | None = None
    item: int | None = None
    stale: bool = False


class CellRun(Record):
    """How one code cell ended. `index` counts all cells from 1, as a reader sees them.

    `explanation` says of a failure what happened, whose doing it is, and what to do; `fault` names whose it is, and
    `cause` the cell that failed first, where this one only needed what that makes.
    """

    index: int
    status: Literal["ok", "error", "timeout", "died", "not run"]
    error: str = ""
    explanation: str = ""
    fault: Fault | None = None
    cause: int | None = None
    seconds: float = 0.0


class NotebookRun(Record):
    """How one notebook (or script) ran, and what it holds besides models.

    `failure` is why it did not run to its end; `machine_failure` why it could not be run at all, by no one's fault;
    `cut_short` why the grader gave it no time, or no more of it.
    `claims` and `logs` are what its saved outputs state of accuracies and print of epochs. `remarks` are sentences on
    what it did that a reader should know of, whatever came of it.
    """

    file: str
    cells: tuple[CellRun, ...] = ()
    failure: str = ""
    machine_failure: str = ""
    cut_short: str = ""
    claims: tuple[Claim, ...] = ()
    logs: tuple[TrainingLog, ...] = ()
    variables: dict[str, object] = {}
    figures: int = 0
    remarks: tuple[str, ...] = ()
    seconds: float = 0.0

    @property
    def crashes(self) -> tuple[CellRun, ...]:
        """The cells that did not finish."""
        return tuple(c for c in self.cells if c.status in ("error", "timeout", "died"))


class LayerRow(Record):
    """One row of a layer table; shapes without the batch dimension.

    `idle` says why it does nothing, empty where it does something. It is `merged` where it is one linear map with the
    layers that it feeds. `hidden_units` are those that it makes.
    """

    name: str
    type: str
    settings: str
    output_shape: tuple[int, ...] | None
    parameters: int
    shared: bool = False
    idle: str = ""
    merged: bool = False
    hidden_units: int = 0

    def __str__(self) -> str:
        return f"{self.type} “{self.name}”" if self.name else self.type


class NetworkName(Record):
    """Which network of a hand-in is meant: its notebook, the cell that trained it, its variable, which training."""

    notebook: str
    cell: int | None = None
    variable: str = ""
    training: int = 0


class ModelFacts(Record):
    """A trained model as the host rebuilt and counted it.

    `claims` are the accuracies that saved outputs state of this network, from its training to that of the next.
    `training` is the number of its first training among the notebook's, in the order of their first steps.
    `parameters` counts what training changes, shared weights once; `buffers_as_weights` comes on top.
    `hidden_units` are the values that Linears put out for one sample, but for the network's outputs, `hidden_layers`
    the Linears that make them; either lies `within` the least and the most that may be meant, where that is known.
    `problem` says why it can't be built, `unbound` what its report holds and the code of its notebook doesn't: a person
    looks then.
    """

    notebook: str
    cell: int | None = None
    variable: str = ""
    headings: tuple[str, ...] = ()
    spec: ModelSpec
    recipe: Recipe | None = None
    training: int = 0
    claims: tuple[Claim, ...] = ()
    rows: tuple[LayerRow, ...] = ()
    parameters: int = 0
    buffers_as_weights: int = 0
    hidden_units: int = 0
    hidden_units_within: tuple[int, int] | None = None
    hidden_layers: int = 0
    hidden_layers_within: tuple[int, int] | None = None
    problem: str = ""
    unbound: tuple[str, ...] = ()

    @property
    def name(self) -> NetworkName:
        """What tells it from the others of its hand-in."""
        return NetworkName(notebook=self.notebook, cell=self.cell, variable=self.variable, training=self.training)

    @property
    def countable(self) -> bool:
        """Whether all of it could be written down: else its numbers are what it has at least."""
        return not any(gap.blocks(Blocks.COUNTING) for gap in self.spec.gaps)

    @property
    def source(self) -> Source:
        """The notebook cell that trained it."""
        return Source(file=self.notebook, cell=self.cell)

    @property
    def layer_remarks(self) -> tuple[str, ...]:
        """What must be said of layers that are there and don't count, each in a sentence."""
        linear = "is one linear map with the layer behind it, since no activation stands between them"
        return tuple(
            f"{row} {f'does nothing: {row.idle}' if row.idle else linear}."
            for row in self.rows
            if row.idle or row.merged
        )


class EpochPoint(Record):
    """Mean training loss of an epoch and the test accuracy after it."""

    epoch: int
    loss: float
    accuracy: float


class Lane(Record):
    """One training under one seed. Accuracy in [0, 1] on the host's test split; seconds of wall time.

    `kept_epoch` is the epoch whose network was scored, where a rule of the recipe chose it; else it is the last.
    """

    seed: int
    accuracy: float
    curve: tuple[EpochPoint, ...]
    seconds: float
    diverged: bool = False
    cached: bool = False
    kept_epoch: int | None = None

    def reaches(self, threshold: float) -> bool:
        """Whether this training counts for the threshold: one that diverged reaches none."""
        return self.accuracy >= threshold and not self.diverged


class Retraining(Record):
    """All trainings of one model, and what they decided: more than half of `planned` at `threshold` or above.

    `trainer` and `device` say what trained a refit: a trainer by name; "cpu", or an accelerator's kind and model.
    `chance` estimates how likely one more training reaches the threshold, and `interval` holds that chance with 90 %.
    `nearest` are the lanes of the nearest recipe that the grader could follow itself, beside those of a replay, and
    `unsupported` says why the verdict of a replay is a person's.
    """

    dataset: str
    threshold: float
    planned: int
    lanes: tuple[Lane, ...]
    verdict: Verdict
    rule: Literal["majority", "margin"] = "majority"
    chance: float | None = None
    interval: tuple[float, float] | None = None
    method: Literal["refit", "replay"] = "refit"
    trainer: str = ""
    device: str = ""
    nearest: tuple[Lane, ...] = ()
    unsupported: str = ""
    obstacle: str = ""
    fault: Fault | None = None
    notes: tuple[str, ...] = ()

    @property
    def borderline(self) -> bool:
        """Whether another five trainings might well have said otherwise."""
        return self.verdict != "undecided" and self.chance is not None and 0.1 < self.chance < 0.9


class FunctionRun(Record):
    """A student's function as it was found and what it did.

    `problem` says why it could not be tried, and `fault` whose doing that is.
    """

    name: str = ""
    source: Source | None = None
    problem: str = ""
    fault: Fault = Fault.student
    notes: tuple[str, ...] = ()
    calls: tuple[Call, ...] = ()
    growth: Growth | None = None
    seconds: float = 0.0


class ProblemEvidence(Record):
    """Everything seen for one problem.

    `model` is the network that answers it; when several could, they are `candidates`, and it is None unless a person
    chose. `networks` are
    all that were trained for it, as in a sweep. `unowned` are accuracies in cells of nobody's problem, in any notebook.
    `repeated` are sections of notebooks' words where documents answer the problem already.
    `elsewhere` holds the answers to the other problems, for statements that must agree across them.
    `stated` holds what a form (`answers.yaml`) says for a check by its title, `unclear` why what it says can't be used.
    `unread` names what was handed in and nobody read, files and lines, each with the reason; `unsure` says why it isn't
    clear which lines answer this problem, and `in_code` where code stands that may answer in its comments or output.
    `trainings` are as many more than the rubric plans as a person asked for; `named` says that one named its network.
    `provided` holds what checks asked for, each request with its answer. `room` is how much more the budgets that were
    looked at so far leave, by what they count; 0 epochs under `training` where these are fixed.
    """

    problem: str
    sections: tuple[Section, ...] = ()
    repeated: tuple[Section, ...] = ()
    elsewhere: tuple[Section, ...] = ()
    notebooks: tuple[NotebookRun, ...] = ()
    model: ModelFacts | None = None
    networks: tuple[ModelFacts, ...] = ()
    unowned: tuple[Claim, ...] = ()
    candidates: tuple[ModelFacts, ...] = ()
    why_no_model: str = ""
    stated: dict[str, Section] = {}
    unclear: dict[str, str] = {}
    unread: tuple[str, ...] = ()
    unclaimed: tuple[str, ...] = ()
    unsure: str = ""
    in_code: tuple[str, ...] = ()
    trainings: int = 0
    named: bool = False
    provided: tuple[tuple[Record, Record], ...] = ()
    room: dict[str, int] = {}

    def of(self, kind: type[Fact], request: Record | None = None) -> Fact | None:
        """What was provided of this kind: the answer to this request, or without one the latest; None for none."""
        answers = (answer for asked, answer in reversed(self.provided) if request is None or asked == request)
        return next((answer for answer in answers if isinstance(answer, kind)), None)

    def with_answer(self, request: Record, answer: Record) -> "ProblemEvidence":
        """This evidence with the answer to one more request."""
        return self.model_copy(update={"provided": (*self.provided, (request, answer))})

    def of_check(self, title: str) -> "ProblemEvidence":
        """The evidence for one check: what a form states for it goes before what documents say."""
        return self.model_copy(update={"sections": (self.stated[title],)}) if title in self.stated else self

    def said_besides(self, title: str) -> tuple["ProblemEvidence", ...]:
        """What is said of the same elsewhere: in the documents behind a form, in notebooks beside documents."""
        behind = self.sections if title in self.stated else ()
        return tuple(self.saying(sections) for sections in (behind, self.repeated) if sections)

    def saying(self, sections: tuple[Section, ...]) -> "ProblemEvidence":
        """The same evidence with other sections, and no forms."""
        return self.model_copy(update={"sections": sections, "repeated": (), "stated": {}})

    @property
    def has_words(self) -> bool:
        """Whether its sections say anything."""
        return any(section.text.strip() for section in self.sections)

    def not_read(self, *, silent: bool = True) -> tuple[str, ...]:
        """What nobody read and could hold an answer: files, what the machine can't read in its sections, and where the
        problem is `silent`, code below its heading and text that belongs to no problem."""
        seen = [f"{section.source}: {what}" for section in self.sections for what in section.unread]
        unsure = (self.unsure,) if self.unsure else ()
        return (*unsure, *self.unread, *seen, *((*self.in_code, *self.unclaimed) if silent else ()))

    @property
    def formulas(self) -> tuple[Formula, ...]:
        """All formulas of all its sections, in order."""
        return tuple(f for s in self.sections for f in s.formulas)

    @property
    def readings(self) -> tuple[Reading, ...]:
        """All readings of all its sections, in order."""
        return tuple(r for s in self.sections for r in s.readings)

    def sections_of(self, problem: str) -> tuple[Section, ...]:
        """The sections of this problem, or of another one by its id; of this one for an empty name."""
        if not problem or problem == self.problem:
            return self.sections
        return tuple(s for s in self.elsewhere if s.problem == problem)


# What is seen only where notebooks are run, and where any code of a submission is.
OF_NOTEBOOKS: tuple[type[Record], ...] = (ModelFacts, NotebookRun)
OF_CODE: tuple[type[Record], ...] = (*OF_NOTEBOOKS, FunctionRun)
