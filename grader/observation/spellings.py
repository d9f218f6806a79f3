"""Whether a rubric's problems are found however their headings are written: the real reader reads each spelling."""

from grader.core.document import Block, Document, Run
from grader.core.source import Source
from grader.observation.labels import Labels
from grader.observation.sections import align_documents

_WORDS = (
    *(
        "Problem {}",
        "Problem {}:",
        "Question {}",
        "Question #{}",
        "Task {}",
        "Exercise {}",
        "Part {}",
        "{}",
        "{}.",
        "({})",
    ),
    *("Problem {} [5 points]", "{} {title}", "{}: {title}", "Problem {}: {title}", "{title} (Problem {})"),
    *(
        "Solution to Problem {}",
        "Answer {}",
        "Homework 4: Problem {}",
        "HW4 - Question {}",
        "Aufgabe {}",
        "Problema {}",
    ),
)
_STYLES = ("heading", "bold", "item", "line")
_PLAIN = ("Problem {}", "Question {}:", "Answer to Question {}:")


def lost_spellings(labels: Labels, titles: dict[str, str]) -> dict[str, tuple[str, ...]]:
    """For each problem the headings, such as `Task 3`, below which no answer would be found.

    `titles` are the problems' own, by id.
    """
    lost: dict[str, list[str]] = {problem: [] for problem in titles}
    for style in _STYLES:
        for words in _WORDS if style in ("heading", "bold") else _PLAIN:
            headings = {p: words.format(p, title=title) for p, title in titles.items() if title or "title" not in words}
            blocks = [
                block
                for number, heading in enumerate(headings.values())
                for block in (_heading(heading, style, 3 * number + 1), _answer(3 * number + 2))
            ]
            aligned = align_documents([Document(file="report", blocks=tuple(blocks))], labels)
            found = {portion.problem: portion.blocks for portion in aligned.sections}
            unsure = {doubt.problem for doubt in aligned.unsure}
            for number, (problem, heading) in enumerate(headings.items()):
                if found.get(problem) != (_answer(3 * number + 2),) or problem in unsure:
                    lost[problem].append(heading)
    return {problem: tuple(dict.fromkeys(headings)) for problem, headings in lost.items() if headings}


def _heading(text: str, style: str, line: int) -> Block:
    source = Source(file="report", line=line)
    if style == "heading":
        return Block(kind="heading", level=2, runs=(Run(text=text),), source=source)
    kind = "item" if style == "item" else "paragraph"
    return Block.model_validate({"kind": kind, "runs": [{"text": text, "bold": style == "bold"}], "source": source})


def _answer(line: int) -> Block:
    text = f"It has {600 + line} of them."
    return Block(kind="paragraph", runs=(Run(text=text),), source=Source(file="report", line=line))
