"""Runs the functions that checks ask for: a student's on one side, the rubric's reference on the other."""

import time
from collections.abc import Callable, Iterator, Mapping, Sequence
from contextlib import ExitStack, contextmanager, suppress
from types import TracebackType

from nbformat import NotebookNode
from pydantic import ValidationError

from grader.core.calls import Array, Call, Case, Growth
from grader.core.document import Document
from grader.core.errors import MachineError, SubmissionError
from grader.core.evidence import FunctionRun, ProblemEvidence
from grader.core.fault import Fault
from grader.core.function_request import FunctionRequest, Property, vectorised
from grader.core.kept import Kept, Remembered
from grader.execution.caller import Answer, Functions, Statement
from grader.execution.readings import Readings
from grader.execution.sandbox import Sandbox
from grader.files import digest_of_parts
from grader.intake import Submission
from grader.intake.kinds import SCRIPTS
from grader.machine import software
from grader.observation.definitions import Code, Definition, code_of_document, code_of_notebook, quoted
from grader.providers._base import Grading, Provider
from grader.reading import SubmissionReader

_STEP = 1e-6  # of finite differences, times the value where that is above 1
_MOST_ROUNDS = 40
_ROUNDS_SECONDS = 15.0
_LARGE_SECONDS = 10.0
_REFERENCE_SECONDS = 30.0


class _ReferenceFailed(Exception):
    """The rubric's own code doesn't give numbers."""


class FunctionRuns:
    """The code of one submission, processes for it, and for the references; each starts when it is needed.

    `withheld` are requests of checks that students don't see.
    """

    def __init__(
        self,
        submission: Submission,
        documents: Mapping[str, Document],
        notebooks: Mapping[str, NotebookNode],
        sandbox: Sandbox,
        kept: Kept | None = None,
        reader: SubmissionReader | None = None,
        withheld: Sequence[FunctionRequest] = (),
    ) -> None:
        self.withheld = withheld
        self.submission, self.documents, self.notebooks, self.sandbox = submission, documents, notebooks, sandbox
        self.kept = kept or Remembered()
        self.processes: dict[tuple[str, str], Functions] = {}
        self.stack = ExitStack()
        self.reader = reader or SubmissionReader(self.stack.enter_context(Readings(sandbox)))
        self.code: tuple[Code, ...] | None = None

    def __enter__(self) -> "FunctionRuns":
        return self

    def __exit__(
        self, kind: type[BaseException] | None, error: BaseException | None, trace: TracebackType | None
    ) -> None:
        self.stack.close()

    def run(self, request: FunctionRequest) -> FunctionRun:
        """Find the function and try it; never raises, whatever its code does."""
        started = time.perf_counter()
        try:
            found = self.reader.function((request.function, *request.aliases), self._code())
        except SubmissionError as error:
            problem = f"the code that was handed in {error.found}"
            return FunctionRun(name=request.function, problem=problem, fault=Fault.unread)
        except MachineError as error:
            return FunctionRun(name=request.function, problem=str(error), fault=Fault.machine)
        run = FunctionRun(name=found.name, source=found.source, notes=found.notes, problem=found.problem)
        if found.problem:
            return self._unread(found, (request.function, *request.aliases)) or run
        code = (statement.source for statement in found.statements)
        key = digest_of_parts("function", software(), request.model_dump_json(), *code)
        if (value := self.kept.recall(key)) is not None:
            with suppress(ValidationError):  # of another time, or damaged: it is tried again
                same = FunctionRun.model_validate_json(value)
                return run.model_copy(update={"calls": same.calls, "growth": same.growth, "seconds": same.seconds})
        try:
            side = "student, withheld" if request in self.withheld else "student"
            trial = _Trial(request, found, self._process(side, request), self._process("reference", request))
            calls = trial.calls()
            growth = trial.growth(calls)
        except _ReferenceFailed as failure:
            return run.model_copy(update={"problem": str(failure), "fault": Fault.rubric})
        except (MachineError, OSError) as failure:
            return run.model_copy(update={"problem": str(failure), "fault": Fault.machine})
        except Exception as fault:  # one that code of ours has never costs more than a person's time
            why = f"{type(fault).__name__}: {fault}"
            return run.model_copy(update={"problem": why, "fault": Fault.machine})
        taken = time.perf_counter() - started
        run = run.model_copy(update={"calls": calls, "growth": growth, "seconds": taken})
        if not any([growth and growth.trouble, *(call.trouble for call in calls)]):  # a busy machine may have made it
            self.kept.keep(key, "function", run.model_dump_json().encode(), taken)
        return run

    def _unread(self, found: Definition, names: Sequence[str]) -> FunctionRun | None:
        """A function that only a person can read: outside of a document's code blocks, or in one that is broken."""
        source = found.source or quoted(names, self.documents.values())
        if source is None or source.file not in self.documents:
            return None
        problem = found.problem if found.source else f"`{names[0]}` stands in no code block"
        return FunctionRun(source=source, problem=problem, fault=Fault.unread)

    def _code(self) -> tuple[Code, ...]:
        """Documents first: where a notebook or script defines it as well, that is the one that was run."""
        if self.code is None:
            of_documents = (piece for document in self.documents.values() for piece in code_of_document(document))
            notebooks = {**dict(self._helpers()), **self.notebooks}
            of_notebooks = (piece for file, nb in notebooks.items() for piece in code_of_notebook(nb, file))
            self.code = (*of_documents, *of_notebooks)
        return self.code

    def _helpers(self) -> Iterator[tuple[str, NotebookNode]]:
        """Scripts beside notebooks, from which these import."""
        for file in self.submission.of_kind(SCRIPTS):
            if file not in self.notebooks:
                with suppress(SubmissionError, OSError):  # named among the notes where it was to be run
                    yield file, self.reader.notebook(file, self.submission.root / file)

    def _process(self, side: str, request: FunctionRequest) -> Functions:
        """One process a side and library: students' code and references never meet.

        Nor does what hidden checks ask for come into a process whose words are shown to the student.
        """
        key = side, request.library
        if key not in self.processes:
            self.processes[key] = self.stack.enter_context(Functions(self.sandbox, request.library))
        return self.processes[key]


class _Trial:
    """One function tried on all the inputs of its request."""

    def __init__(self, request: FunctionRequest, found: Definition, student: Functions, reference: Functions) -> None:
        self.request, self.found, self.student, self.reference = request, found, student, reference
        self.code: Sequence[Statement] = [(s.file, s.line, s.source) for s in found.statements]

    def calls(self) -> tuple[Call, ...]:
        """All cases, in order; after a call that doesn't end, the rest of its group isn't tried."""
        cases = list(self.request.cases(self.found.text))
        expected = self._expected(cases)
        self.student.load(self.code)
        stopped: dict[str, str] = {}
        calls = []
        for case, right in zip(cases, expected, strict=True):
            answer = Answer(error=stopped[case.group]) if case.group in stopped else self._ask(case.inputs)
            if answer.ended:
                stopped[case.group] = f"not tried after an input on which it {answer.error}"
            calls.append(
                Call(
                    group=case.group,
                    inputs=case.inputs,
                    got=answer.value,
                    trouble=answer.trouble,
                    expected=right,
                )
            )
        return tuple(calls)

    def _ask(self, inputs: Mapping[str, Array], seconds: float | None = None) -> Answer:
        return self.student.call(self.found.name, inputs, seconds or self.request.seconds)

    def _expected(self, cases: Sequence[Case]) -> list[tuple[Array, ...]]:
        """What the reference gives for each case, and then what is accepted as well."""
        columns = [[self._first(case) for case in cases]]
        columns += [
            [self._numbers(code, self.request.function, case.inputs) for case in cases] for code in self.request.accept
        ]
        return list(zip(*columns, strict=True))

    def _first(self, case: Case) -> Array:
        prop = self.request.loss_of(case.group)
        if prop is not None:
            return self._gradient(prop, case.inputs)
        return self._numbers(self.request.reference, self.request.function, case.inputs)

    def _numbers(self, code: str, name: str, inputs: Mapping[str, Array]) -> Array:
        value = self._refer(code, name, inputs).value
        assert value is not None
        return value

    def _refer(self, code: str, name: str, inputs: Mapping[str, Array]) -> Answer:
        """An answer with finite numbers. Raises _ReferenceFailed for any other."""
        self.reference.load([("the reference", 1, self.request.program(code, name))])
        answer = self.reference.call(name, inputs, _REFERENCE_SECONDS)
        if answer.value is None or not answer.value.finite:
            said = answer.trouble or f"it gives {answer.value}"
            given = ", ".join(f"{argument}={value}" for argument, value in inputs.items())
            raise _ReferenceFailed(f"{name}({given}): {said}")
        return answer

    def _gradient(self, prop: Property, inputs: Mapping[str, Array]) -> Array:
        """The derivative of the loss by one argument: central differences, one element after the other."""
        at = inputs[prop.of]
        values, slopes = at.values, []
        for index, value in enumerate(values):
            step = _STEP * max(1.0, abs(value))
            sides = []
            for moved in (value + step, value - step):
                changed = Array.of([*values[:index], moved, *values[index + 1 :]], at.shape)
                sides.append(self._numbers(prop.loss, "loss", {**inputs, prop.of: changed}).values[0])
            slopes.append((sides[0] - sides[1]) / (2 * step))
        return Array.of(slopes, at.shape)

    def growth(self, calls: Sequence[Call]) -> Growth | None:
        """Times of small and large inputs by turns, until they decide or enough rounds have been tried."""
        prop = next((p for p in self.request.properties if p.kind == "vectorised"), None)
        if prop is None:
            return None
        if any(call.got is None for call in calls):
            return Growth(sizes=prop.sizes, trouble="was not tried, since it fails on fewer")
        small, large = self.request.large(prop, self.found.text)
        growth = Growth(sizes=prop.sizes)
        deadline = time.perf_counter() + _ROUNDS_SECONDS
        while len(growth.student) < _MOST_ROUNDS and time.perf_counter() < deadline:
            theirs = self._ask(small, _LARGE_SECONDS), self._ask(large, _LARGE_SECONDS)
            trouble = next((answer.trouble for answer in theirs if answer.trouble), "")
            if trouble:
                return growth.model_copy(update={"trouble": trouble})
            ours = [self._refer(self.request.reference, self.request.function, inputs) for inputs in (small, large)]
            growth = growth.model_copy(
                update={
                    "student": (*growth.student, (theirs[0].seconds, theirs[1].seconds)),
                    "reference": (*growth.reference, (ours[0].seconds, ours[1].seconds)),
                }
            )
            if growth.call is None:
                also = (self._refer(code, self.request.function, large).value for code in self.request.accept)
                expected = tuple(value for value in (ours[1].value, *also) if value is not None)
                call = Call(group="vectorised", inputs={}, got=theirs[1].value, expected=expected)
                growth = growth.model_copy(update={"call": call})
            if vectorised(growth) is not None:
                break
        return growth


@contextmanager
def _opened(grading: Grading) -> Iterator[Callable[[FunctionRequest, ProblemEvidence], FunctionRun]]:
    tools = grading.tools
    if why := tools.refused:
        yield lambda request, _: FunctionRun(name=request.function, problem=why, fault=Fault.machine)
        return
    withheld = [
        request
        for problem in grading.rubric.problems
        for check in problem.checks
        if check.visibility != "visible"
        for request in check.requests(ProblemEvidence(problem=problem.id))
        if isinstance(request, FunctionRequest)
    ]
    given = grading.submission, grading.documents, grading.notebooks, tools.sandbox, tools.kept
    with FunctionRuns(*given, grading.reader, withheld) as runs:
        yield lambda request, _: runs.run(request)


PROVIDER = Provider(asked=FunctionRequest, gives=FunctionRun, open=_opened)
