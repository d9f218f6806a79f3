"""How long reports take to be read, by format and length: parsed, aligned with an assignment, and read for answers.

    python benchmarks/reading.py [FORMAT ...]

Processor seconds of this process. A report is prose with formulas, tables, lists, matrices and printed trainings, some
3,000 characters a page, no two pages alike; pandoc writes it in the other formats, and LaTeX prints the PDF. Texts are
long by their own length, Word and OpenDocument by that of their text in Markdown, the PDF by its pages.
"""

import os
import random
import subprocess
import sys
import tempfile
import time
from pathlib import Path

from _processor import processor
from rich.console import Console
from rich.table import Table

from grader.documents import parse
from grader.observation.labels import Labels
from grader.observation.reading import read_section
from grader.observation.sections import align_documents

PROBLEMS = [f"{chapter}{letter}" for chapter in range(1, 8) for letter in "ABCDEFG"]
LABELS = Labels(problems={problem.lower(): problem for problem in PROBLEMS})
PAGE = 3_000
SIZES = {"20 pages": 20 * PAGE, "0.5 MB": 500_000, "1 MB": 1_000_000, "2 MB": 2_000_000}
PAGES = {"20 pages": 20, "75 pages": 75, "150 pages": 150, "300 pages": 300}
FORMATS = ("md", "tex", "html", "rst", "org", "rtf", "docx", "odt", "pdf")
WORDS = (
    *("layer", "weights", "gradient", "network", "units", "error", "trains", "accuracy", "batch", "of", "the", "and"),
    *("with", "each", "hidden", "output", "it", "is", "that", "learning", "images", "falls", "where", "we", "find"),
    *("bias", "shape", "depth", "because", "most", "after", "both", "test", "more", "than"),
)


def report(length):
    """A report in Markdown of so many characters."""
    draw = random.Random(5)
    parts, size, page = ["# Report"], 0, 0
    while size < length:
        part = "\n\n".join(pages(draw, PROBLEMS[min(page * len(PROBLEMS) * PAGE // length, len(PROBLEMS) - 1)]))
        parts.append(part)
        size += len(part) + 2
        page += 1
    return "\n\n".join(parts)


def pages(draw, problem):
    """The blocks of a page."""
    a, b, c = (draw.randint(2, 99) for _ in range(3))
    yield f"## Problem {problem}"
    yield prose(draw, 90)
    yield f"A filter has ${a} \\cdot {b} \\times {c} = {a * b * c}$ weights and a bias: {a * b * c + 1:,} in all."
    yield f"$$\n\\frac{{\\partial L}}{{\\partial w_{{{a}}}}} = \\sum_{{i=1}}^{{{b}}} x_i (\\hat{{y}}_i - y_i) + {c}\n$$"
    yield "\n".join(f"{n}. {prose(draw, 12)} and 0.{draw.randint(100, 999)}" for n in range(1, 6))
    rows = [
        f"| {draw.randint(1, 9)}e-{draw.randint(1, 5)} | {draw.random():.4f} | {prose(draw, 2)} |" for _ in range(5)
    ]
    yield "\n".join(["| rate | accuracy | remark |", "|---|---|---|", *rows])
    yield prose(draw, 60)
    yield f"$$\\begin{{bmatrix}} {a} & {b} \\\\ {c} & -{a} \\end{{bmatrix}}$$"
    yield (
        "```\n" + "\n".join(f"Epoch {n}/4 - loss: {draw.random():.4f} - acc: 0.{n}7{a}" for n in range(1, 5)) + "\n```"
    )
    yield "\n".join(f"- **{prose(draw, 2)}**: {draw.randint(1, 9)}x{b}x{c}, *{prose(draw, 4)}*" for _ in range(4))
    yield prose(draw, 110)


def prose(draw, count):
    """So many words, some of them numbers."""
    return (
        " ".join(draw.choice(WORDS) if draw.random() < 0.9 else str(draw.randint(1, 5000)) for _ in range(count)) + "."
    )


def converted(text, ending):
    """The report in another format."""
    if ending == "md":
        return text.encode()
    with tempfile.TemporaryDirectory() as folder:
        path = Path(folder) / f"report.{ending}"
        more = ["--pdf-engine=pdflatex"] if ending == "pdf" else ["--mathjax"] if ending == "html" else []
        command = ["pandoc", "--quiet", "--standalone", "-f", "markdown", *more, "-o", path]
        subprocess.run(command, input=text.encode(), check=True)
        return path.read_bytes()


def of_length(ending, length):
    """A report in a format: texts are of that many characters, whatever Markdown that takes."""
    if ending in ("md", "docx", "odt"):
        return converted(report(length), ending)
    shorter = len(converted(report(20 * PAGE), ending)) / (20 * PAGE)
    return converted(report(int(length / shorter)), ending)


def printed():
    """Reports in PDF by their pages: the first ones of a long one, again and again."""
    import pypdfium2

    once = pypdfium2.PdfDocument(converted(report(40 * PAGE), "pdf"))
    for name, count in PAGES.items():
        longer = pypdfium2.PdfDocument.new()
        while len(longer) < count:
            longer.import_pages(once, range(min(len(once), count - len(longer))))
        with tempfile.TemporaryFile() as file:
            longer.save(file)
            file.seek(0)
            yield name, file.read()


def seconds(ending, raw):
    """Processor seconds for (the blocks, which of them answer what, what can be read from them)."""
    times = [time.process_time()]
    document = parse(f"report.{ending}", raw)
    times.append(time.process_time())
    aligned = align_documents([document], LABELS)
    times.append(time.process_time())
    found = [read_section(each.problem, each.heading, each.blocks) for each in aligned.sections]
    times.append(time.process_time())
    if not any(section.readings for section in found):
        raise SystemExit(f"nothing was read from the report in {ending}")
    return [after - before for before, after in zip(times, times[1:])]


def main():
    table = Table("format", "length", "bytes", "parsed", "aligned", "read", "seconds", "of a MB", title=processor())
    for ending in sys.argv[1:] or FORMATS:
        parse(f"report.{ending}", converted(report(PAGE), ending))  # imports what it needs
        made = printed() if ending == "pdf" else ((name, of_length(ending, size)) for name, size in SIZES.items())
        for name, raw in made:
            times = seconds(ending, raw)
            shown = [f"{spent:.2f}" for spent in (*times, sum(times))]
            table.add_row(ending, name, f"{len(raw):,}", *shown, f"{sum(times) / len(raw) * 1e6:.2f}")
    Console(width=int(os.environ.get("COLUMNS", "100"))).print(table)


if __name__ == "__main__":
    main()
