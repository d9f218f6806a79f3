"""A grammar of answers: what is asked, ways to write a value, sentences around it, and what else stands there.

The value that a sentence asserts decides the verdict; the other value, which it denies or quotes, is wrong where that
is right, and right where that is wrong.
"""

from collections.abc import Iterator
from typing import NamedTuple

from answer_cases import Case, Verdict
from answer_rendering import ENDINGS, rendered

_FORMATS = tuple(ENDINGS)


class Kind(NamedTuple):
    """What is asked. `right` and `wrong` are ways to write values; `steps` is a working that may stand before."""

    name: str
    asked: str
    noun: str
    check: dict[str, object]
    right: tuple[str, ...]
    wrong: tuple[str, ...]
    frames: tuple[str, ...]
    steps: str = ""


# {v} is asserted, {o} is not; {n} is what is asked for, {N} the same at the beginning of a sentence.
_SAID = (
    "{v}",
    "{N}: {v}",
    "The {n} is {v}.",
    "I get {v} for the {n}.",
    "**Answer:** {v}",
    "So, after some thinking, the {n} should come out as **{v}**, if I am not mistaken.",
    "as we have see in lecture, {n} it is {v}",
)
_OF_TWO = (
    "The {n} is not {o} but {v}.",
    "The {n} is {v}, not {o}.",
    "~~{o}~~ {v}",
    "At first I had {o}. Correction: the {n} is {v}.",
    "{o}? No, that forgets something. The {n} is {v}.",
    "A friend of mine says {o}. I disagree: the {n} is {v}.",
    "My old notebook gave {o} because of a bug; the final {n} is {v}.",
    "| attempt | {n} |\n|---|---|\n| old | ~~{o}~~ |\n| final | {v} |",
)
_CHOSEN = (
    "{v}",
    "I would choose {v}.",
    "The better one is {v}.",
    "**Answer:** {v}",
    "I prefer {v} over {o}.",
    "We should take {v} instead of {o}.",
    "{v} is better than {o}.",
    "Not {o}, but {v}.",
    "{v}, because {o} would waste most of our trials.",
    "~~{o}~~ {v}",
    "At first I wanted {o}. But then I chose {v}.",
    "A friend of mine takes {o}. I disagree and take {v}.",
)
# What is said without asserting the value: the verdict doesn't hang on it.
_NEVER: tuple[tuple[str, Verdict], ...] = (
    ("The {n} is {r} or {w}.", "person"),
    ("The {n} isn't {r}.", "fail"),
    ("I have no idea. <!-- the {n} is {r} -->", "fail"),
    ("~~The {n} is {r}.~~ I take that back.", "fail"),
    ("A friend of mine says {r}, but I don't believe it and got {w}.", "fail"),
)
_AROUND = (
    "{a}",
    "> {asked}\n\n{a}",
    "<!-- {o} -->\n\n{a}",
    "{a}\n\nThis took me two hours.",
    "~~{o}~~\n\n{a}",
    "{steps}\n\n{a}",
    "{a}\n\n(See page 12 of the notes.)",
    "Sorry for my handwriting.\n\n{a}\n\n<!-- to do: is it {o}? -->",
)
# A matrix isn't written into the middle of a sentence.
_SHOWN = (
    "{v}",
    "{N}:\n\n{v}",
    "**Answer:**\n\n{v}",
    "The {n} is\n\n{v}",
    "So we finally get this for the {n}:\n\n{v}\n\nwhich looks right to me.",
    "<!-- {o} -->\n{v}",
)


def _python(*rows: str) -> str:
    return f"[{', '.join(f'[{row}]' for row in rows)}]"


def _latex(*rows: str, kind: str = "bmatrix", before: str = "") -> str:
    cells = r" \\ ".join(row.replace(",", " &") for row in rows)
    return f"$${before}\\begin{{{kind}}} {cells} \\end{{{kind}}}$$"


KINDS = (
    Kind(
        "parameters",
        "How many parameters does a convolution of 8 filters of 5x5 on 3 channels have, with biases?",
        "number of parameters",
        {"type": "numeric", "label": ["parameters", "weights"], "expect": 608},
        ("608", "$6.08 \\times 10^2$", "0.608k", "six hundred and eight", "608.0", "６０８", "$608$"),
        ("600", "$6.08 \\times 10^3$", "608k", "six hundred and eighteen", "618.0", "６８０", "$806$"),
        _SAID + _OF_TWO,
        "One filter has $5 \\cdot 5 \\cdot 3 = 75$ inputs and one bias, and there are 8 filters.",
    ),
    Kind(
        "total",
        "How many parameters does the network with layers of 784, 300, 100 and 10 units have?",
        "total number of parameters",
        {"type": "numeric", "label": ["parameters", "total"], "expect": 266610},
        ("266610", "266,610", "266 610", "266.61k", "$266{,}610$"),
        ("266601", "265,610", "266 600", "266.61M", "$266{,}210$"),
        _SAID + _OF_TWO,
        "fc1: 235500\n\nfc2: 30100\n\nfc3: 1010",
    ),
    Kind(
        "accuracy",
        "Which test accuracy do you reach? At least 0.975 is asked for.",
        "test accuracy",
        {"type": "numeric", "label": ["test accuracy", "accuracy"], "expect": 0.9779, "tolerance": 0.00005},
        ("0.9779", "97.79%", "97.79 percent", "97,79 %", "0,9779", "$97.79\\%$", "$0{,}9779$"),
        ("0.9679", "97.59%", "96.79 percent", "96,79 %", "0,9679", "$96.79\\%$", "$0{,}9679$"),
        _SAID + _OF_TWO,
        "We trained for 10 epochs with batches of 32 images.",
    ),
    Kind(
        "gradient",
        "What is the gradient at x = 0.5?",
        "gradient",
        {"type": "numeric", "label": ["gradient"], "expect": -0.75, "tolerance": 0.001},
        ("-0.75", "−0.75", "–0.75", "minus 0.75", "-3/4", "$-\\frac{3}{4}$", "$- 0.75$"),
        ("0.75", "+0.75", "–0.57", "plus 0.75", "3/4", "$\\frac{3}{4}$", "$+ 0.75$"),
        _SAID + _OF_TWO,
        "We have f(x) = x^3 - 1.5x, which we differentiate.",
    ),
    Kind(
        "learning rate",
        "Which learning rate works best?",
        "best learning rate",
        {"type": "numeric", "label": ["learning rate"], "expect": 0.001},
        ("0.001", "1e-3", "$10^{-3}$", "1.0e-3", "0,001", "1/1000"),
        ("0.01", "1e-2", "$10^{-2}$", "1.0e3", "0,01", "1/100"),
        _SAID + _OF_TWO,
        "We trained each network for 5 epochs.",
    ),
    Kind(
        "features",
        "How many of the 13 features do you keep?",
        "number of features that we keep",
        {"type": "numeric", "label": ["features"], "between": [7, 12]},
        ("8", "nine", "11", "$10$"),
        ("4", "five", "13", "$2$"),
        _SAID + _OF_TWO,
        "Some of the 13 columns are nearly copies of each other.",
    ),
    Kind(
        "output shape",
        "What is the output shape for an input of 32x32x3, 8 filters of 5x5, no padding?",
        "output shape",
        {"type": "shape", "expect": [8, 28, 28]},
        (
            "28x28x8",
            "28×28×8",
            "(8, 28, 28)",
            "[8, 28, 28]",
            "8 channels of 28 by 28",
            "28 x 28 with 8 channels",
            "N x 8 x 28 x 28",
            "torch.Size([8, 28, 28])",
            "$28 \\times 28 \\times 8$",
        ),
        (
            "32x32x8",
            "28×28×3",
            "(8, 32, 32)",
            "[3, 28, 28]",
            "3 channels of 28 by 28",
            "30 x 30 with 8 channels",
            "N x 8 x 27 x 27",
            "torch.Size([8, 24, 24])",
            "$27 \\times 27 \\times 8$",
        ),
        _SAID + _OF_TWO,
        "Along one side there are $32 - 5 + 1 = 28$ places for the kernel.",
    ),
    Kind(
        "input shape",
        "What is the shape of the training input once it is flattened?",
        "shape of the training input",
        {"type": "shape", "expect": [60000, 784], "layout": "exact"},
        ("(60000, 784)", "60000x784", "60,000 × 784", "[60000, 784]", "$60000 \\times 784$"),
        ("(784, 60000)", "60000x748", "6,000 × 784", "[10000, 784]", "$784 \\times 60000$"),
        _SAID + _OF_TWO,
        "Each image becomes a row of 28 * 28 = 784 numbers.",
    ),
    Kind(
        "batch shape",
        "What is the shape of a batch of 64 grey images of 28x28?",
        "shape of a batch",
        {"type": "shape", "expect": [64, 1, 28, 28], "layout": "exact"},
        ("(64, 1, 28, 28)", "64x1x28x28", "torch.Size([64, 1, 28, 28])", "$64 \\times 1 \\times 28 \\times 28$"),
        ("(1, 64, 28, 28)", "64x3x28x28", "torch.Size([32, 1, 28, 28])", "$64 \\times 28 \\times 28 \\times 1$"),
        _SAID + _OF_TWO,
        "The loader stacks 64 images along the first axis.",
    ),
    Kind(
        "pooled",
        "What does average pooling (2x2, stride 2) give?",
        "pooled image",
        {"type": "matrices", "expect": [[[1, 0.5], [0.5, 0.25]]]},
        (
            _latex("1, 0.5", "0.5, 0.25"),
            _latex("1, 0.5", "0.5, 0.25", kind="pmatrix"),
            _latex("4, 2", "2, 1", before="\\frac{1}{4}"),
            _latex("1, \\frac{1}{2}", "\\frac{1}{2}, \\frac{1}{4}"),
            _latex("2, 1", "1, 0.5", before="0.5"),
            _python("1, 0.5", "0.5, 0.25"),
            "```\n[[1.   0.5 ]\n [0.5  0.25]]\n```",
        ),
        (
            _latex("1, 0.5", "0.5, 0.75"),
            _latex("1, 0.25", "0.25, 0.5", kind="pmatrix"),
            _latex("1, 0.5", "0.5, 0.25", before="\\frac{1}{4}"),
            _latex("1, \\frac{1}{2}", "\\frac{1}{2}, \\frac{1}{3}"),
            _latex("1, 0.5", "0.5, 0.25", before="-"),
            _python("1, 1", "1, 1"),
            "```\n[[1.   0.5 ]\n [0.5  0.75]]\n```",
        ),
        _SHOWN,
        "Each entry is the mean of four pixels.",
    ),
    Kind(
        "kernel",
        "Which Laplace kernel do you use?",
        "kernel",
        {"type": "matrices", "expect": [[[0, 1, 0], [1, -4, 1], [0, 1, 0]]]},
        (
            _latex("0, 1, 0", "1, -4, 1", "0, 1, 0"),
            _latex("0, 1, 0", "1, −4, 1", "0, 1, 0", kind="pmatrix"),
            _latex("0, -1, 0", "-1, 4, -1", "0, -1, 0", before="-"),
            _python("0, 1, 0", "1, -4, 1", "0, 1, 0"),
        ),
        (
            _latex("0, 1, 0", "1, 4, 1", "0, 1, 0"),
            _latex("0, −1, 0", "−1, 4, −1", "0, −1, 0", kind="pmatrix"),
            _latex("0, 1, 0", "1, -4, 1", "0, 1, 0", before="-"),
            _python("1, 1, 1", "1, -8, 1", "1, 1, 1"),
        ),
        _SHOWN,
        "It sums second differences along both axes.",
    ),
    Kind(
        "search",
        "Random search or grid search: which one would you use here?",
        "search",
        {"type": "choice", "options": {"grid": ["grid search"], "random": ["random search"]}, "expect": "random"},
        ("random search", "Random search", "a random search"),
        ("grid search", "Grid search", "a grid search"),
        _CHOSEN,
        "There are two hyperparameters, and one of them hardly matters.",
    ),
    Kind(
        "new weight",
        "What does the weight become after one step?",
        "new weight",
        {"type": "expression", "expect": 0.8224, "tolerance": 0.0005},
        ("$0.8224$", "$w = 0.8224$", "$1 - 0.1776 = 0.8224$"),
        ("$0.3310$", "$w = -0.8224$", "$1 - 0.669 = 0.331$"),
        ("{v}", "{N}: {v}", "The {n} is {v}.", "**Answer:** {v}", "~~{o}~~ {v}"),
        "We take one step of gradient descent.",
    ),
)


def varied() -> Iterator[Case]:
    """Each way to write a value in every second sentence, its surroundings and format taken in turn."""
    for kind in KINDS:
        for verdict, ways, others in (("pass", kind.right, kind.wrong), ("fail", kind.wrong, kind.right)):
            for way, value in enumerate(ways):
                for place, frame in enumerate(kind.frames):
                    if (way + place) % 2 == 0:
                        turn = way // 2 + place
                        yield _case(kind, frame, value, others[0], verdict, turn)  # type: ignore[arg-type]
        if kind.frames is not _SHOWN and kind.frames is not _CHOSEN:
            for place, (frame, never) in enumerate(_NEVER):
                said = frame.replace("{r}", kind.right[0]).replace("{w}", kind.wrong[0])
                yield _case(kind, said, "", kind.wrong[0], never, 3 * place)


def _case(kind: Kind, frame: str, value: str, other: str, verdict: Verdict, turn: int) -> Case:
    around = _AROUND[turn % len(_AROUND)] if value else "{a}"
    answer = _filled(frame, v=value, o=other, n=kind.noun, N=f"{kind.noun[0].upper()}{kind.noun[1:]}")
    text = _filled(around, a=answer, asked=kind.asked, steps=kind.steps, o=other)
    format = _FORMATS[(turn + turn // len(_FORMATS)) % len(_FORMATS)]
    shown = None if format == "markdown" else rendered(text, format)
    name = f"varied: {kind.name}: {verdict}: {frame} | {value} | {around}".replace("\n", " ")
    return Case(
        name=name,
        asked=kind.asked,
        check=kind.check,
        text=text if shown is None else shown,
        format="markdown" if shown is None else format,
        verdict=verdict,
    )


def _filled(template: str, **parts: str) -> str:
    """The template with its names replaced; LaTeX has braces of its own, so this is no `str.format`."""
    for name, part in parts.items():
        template = template.replace(f"{{{name}}}", part)
    return template
