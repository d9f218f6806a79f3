"""What the commands and environments of LaTeX mean for a reader of words."""

from functools import cache

# The titles of sections by their levels; numbered are those down to the third.
SECTIONS = {
    "part": 1, "chapter": 1, "section": 1, "subsection": 2, "subsubsection": 3, "paragraph": 4, "subparagraph": 5,
}  # fmt: skip
COUNTED = ("chapter", "section", "subsection", "subsubsection")

# What a command does to the words of its last argument.
STYLES: dict[str, dict[str, bool | str]] = {
    **dict.fromkeys(
        ("textbf", "underline", "uline", "uuline", "fbox", "framebox", "boxed", "ovalbox", "ul"), {"bold": True}
    ),
    **dict.fromkeys(("emph", "textit", "textsl"), {"italic": True}),
    **dict.fromkeys(("sout", "st", "cancel", "xcancel", "bcancel", "xout"), {"struck": True}),
    **dict.fromkeys(("texttt", "path", "code"), {"code": True}),
    **dict.fromkeys(("phantom", "hphantom", "vphantom"), {"hidden": "not displayed"}),
    **dict.fromkeys(
        ("text", "mbox", "textrm", "textsf", "textsc", "textnormal", "textmd", "textup", "ensuremath", "hl"), {}
    ),
}
# What a command does to all words behind it in its group. Large words stand out as titles do.
SWITCHES: dict[str, dict[str, bool | str]] = {
    **dict.fromkeys(("bf", "bfseries", "large", "Large", "LARGE", "huge", "Huge"), {"bold": True}),
    **dict.fromkeys(("normalsize", "mdseries", "normalfont", "rm"), {"bold": False, "italic": False}),
    **dict.fromkeys(("it", "itshape", "em", "sl"), {"italic": True}),
    **dict.fromkeys(("tt", "ttfamily"), {"code": True}),
}
# Commands whose arguments nobody sees: how many in braces, besides those in brackets.
UNSEEN = {
    "phantomsection": 0, "onehalfspacing": 0, "newif": 0, "allowdisplaybreaks": 0, "doublespacing": 0, "tightlist": 0,
    "label": 1, "ref": 1, "eqref": 1, "pageref": 1, "cite": 1, "citep": 1, "citet": 1, "nocite": 1, "index": 1,
    "vspace": 1, "hspace": 1, "vskip": 1, "hskip": 1, "usepackage": 1, "documentclass": 1, "pagestyle": 1,
    "thispagestyle": 1, "hypersetup": 1, "geometry": 1, "bibliography": 1, "bibliographystyle": 1, "graphicspath": 1,
    "pagenumbering": 1, "lstset": 1, "usemintedstyle": 1, "usetikzlibrary": 1, "cline": 1, "cmidrule": 1, "setlist": 1,
    "captionsetup": 1, "rowcolor": 1, "cellcolor": 1, "pagecolor": 1, "arraystretch": 1, "newcounter": 1,
    "counterwithin": 1, "lhead": 1, "rhead": 1, "chead": 1, "lfoot": 1, "cfoot": 1, "rfoot": 1, "fancyhead": 1,
    "fancyfoot": 1, "theoremstyle": 1, "markboth": 1, "linespread": 1, "selectlanguage": 1, "setlength": 2,
    "addtolength": 2, "numberwithin": 2, "rule": 2, "definecolor": 2, "lstdefinestyle": 2, "newcolumntype": 2,
    "titlespacing": 2, "fontsize": 2, "selectfont": 0,
    "newtheorem": 2, "DeclareMathOperator": 2, "newlength": 1, "colorlet": 2, "newenvironment": 3,
    "renewenvironment": 3, "titleformat": 5,
}  # fmt: skip
# Commands whose first arguments say how, and whose last is what is shown.
LAST_SHOWN = {
    "colorbox": 1, "scalebox": 1, "resizebox": 2, "parbox": 1, "raisebox": 1, "makebox": 0, "texorpdfstring": 0,
    "multirow": 2, "rotatebox": 1, "fcolorbox": 2, "adjustbox": 1, "href": 1, "textcolor": 1,
    "hypertarget": 1, "hyperlink": 1, "hyperref": 0,
}  # fmt: skip

FORMULAS = frozenset(
    name + star
    for name in (
        *("equation", "align", "alignat", "gather", "multline", "eqnarray", "flalign"),
        *("displaymath", "math", "dmath", "aligned"),
    )
    for star in ("", "*")
)
TABLES = {
    "tabular": 1,
    "tabular*": 2,
    "tabularx": 2,
    "tabulary": 2,
    "longtable": 1,
    "longtabu": 1,
    "tabu": 1,
    "supertabular": 1,
}
VERBATIM = (
    "verbatim",
    "verbatim*",
    "Verbatim",
    "lstlisting",
    "minted",
    "alltt",
    "pyverbatim",
    "python",
    "filecontents",
    "filecontents*",
    "Highlighting",
)
PICTURES = ("tikzpicture", "pgfpicture", "picture", "circuitikz", "forest")
LISTS = ("enumerate", "itemize", "description", "enumerate*", "itemize*", "compactenum", "compactitem", "list",
         "trivlist", "questions", "parts", "subparts", "tasks")  # fmt: skip
# Environments of templates whose arguments are the label of a problem.
PROBLEMS = {
    name: name[:1].upper() + name[1:]
    for name in ("problem", "question", "exercise", "task", "prob", "aufgabe", "subproblem", "subquestion")
} | {
    "homeworkProblem": "Problem",
    "hwproblem": "Problem",
    "ex": "Exercise",
    "problem*": "Problem",
    "exercise*": "Exercise",
}
# Environments whose arguments say how wide they are, or where they stand.
FLOATS = ("figure", "table", "figure*", "table*", "wrapfigure", "subfigure", "minipage", "multicols", "adjustbox")
QUOTATIONS = ("quote", "quotation", "displayquote", "verse")

_ACCENTS = {
    "'": "\u0301", "`": "\u0300", "^": "\u0302", '"': "\u0308", "~": "\u0303", "=": "\u0304", ".": "\u0307",
    "u": "\u0306",
    "v": "\u030c", "H": "\u030b", "c": "\u0327", "d": "\u0323", "b": "\u0331", "k": "\u0328", "r": "\u030a",
}  # fmt: skip
_OWN = {
    "\\": "", " ": " ", ",": " ", ";": " ", ":": " ", "!": "", "/": "", "-": "", "quad": " ", "qquad": " ",
    "enspace": " ",
    "thinspace": " ", "space": " ", "hfill": " ", "LaTeX": "LaTeX", "TeX": "TeX", "dots": "…", "ldots": "…",
    "today": "",
    "times": "×", "cdot": "·", "textminus": "−", "%": "%", "$": "$", "&": "&", "#": "#", "_": "_", "{": "{", "}": "}",
    "checkmark": "✓", "textasciitilde": "~", "textasciicircum": "^", "textbackslash": "\\", "ss": "ß", "i": "ı",
    "hspace": " ", "quadspace": " ", "*": "", "@": "", "textless": "<", "textgreater": ">", "textbar": "|",
}  # fmt: skip


def accent(name: str) -> str:
    """The combining sign of an accent's command; empty for other commands."""
    return _ACCENTS.get(name, "")


@cache
def symbol(name: str) -> str:
    """What a command without arguments prints; empty where it prints nothing that is known."""
    if name in _OWN:
        return _OWN[name]
    spec = _symbols().get_macro_spec(name)
    said = getattr(spec, "simplify_repl", None)
    return said if isinstance(said, str) and "%" not in said else ""


@cache
def _symbols():  # type: ignore[no-untyped-def]  # of a library without types
    from pylatexenc import latex2text

    return latex2text.get_default_latex_context_db()
