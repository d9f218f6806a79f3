"""Characters of formulas in LaTeX, and the pieces that formulas are put together of, whatever format they stood in."""

import unicodedata
from collections.abc import Iterable, Sequence

DEEPEST = 100  # parts of a formula in each other; deeper ones are nobody's

# A character, and the name of its command.
_TABLE = """
α alpha β beta γ gamma δ delta ε varepsilon ζ zeta η eta θ theta ι iota κ kappa λ lambda μ mu µ mu ν nu ξ xi π pi ρ rho
ς varsigma σ sigma τ tau υ upsilon φ varphi χ chi ψ psi ω omega ϵ epsilon ϑ vartheta ϕ phi ϱ varrho ϖ varpi
Γ Gamma Δ Delta ∆ Delta Θ Theta Λ Lambda Ξ Xi Π Pi Σ Sigma Υ Upsilon Φ Phi Ψ Psi Ω Omega
× times ⋅ cdot · cdot ∙ cdot ÷ div ± pm ∓ mp ∗ ast ∘ circ ⊙ odot ⊗ otimes ⊕ oplus ⊖ ominus ⋆ star • bullet ∖ setminus
≤ leq ≥ geq ⩽ leq ⩾ geq ≦ leq ≧ geq ≠ neq ≈ approx ≅ cong ≡ equiv ∼ sim ≃ simeq ≪ ll ≫ gg ∝ propto ≺ prec ≻ succ
≔ coloneqq ≜ triangleq → to ⟶ longrightarrow ← leftarrow ↔ leftrightarrow ⇒ Rightarrow ⇐ Leftarrow ⟹ Longrightarrow
⇔ Leftrightarrow ⟺ Longleftrightarrow ↦ mapsto ↑ uparrow ↓ downarrow ∈ in ∉ notin ∋ ni ⊂ subset ⊆ subseteq ⊃ supset
⊇ supseteq ∪ cup ∩ cap ∅ emptyset ∀ forall ∃ exists ¬ neg ∧ wedge ∨ vee ∞ infty ∂ partial ∇ nabla ℓ ell ℏ hbar ℜ Re
ℑ Im ∑ sum ∏ prod ∐ coprod ∫ int ∬ iint ∭ iiint ∮ oint ⋃ bigcup ⋂ bigcap ⋁ bigvee ⋀ bigwedge ⨁ bigoplus ⨂ bigotimes
√ surd ∴ therefore ∵ because ∣ mid ∥ | ‖ | ⊥ perp ⟂ perp ⊤ top ⟨ langle ⟩ rangle 〈 langle 〉 rangle ⌊ lfloor ⌋ rfloor
⌈ lceil ⌉ rceil … ldots ⋯ cdots ⋮ vdots ⋱ ddots † dagger ‡ ddagger ∠ angle △ triangle □ square ℵ aleph ⊨ models ⊢ vdash
✓ checkmark
"""
_ENTRIES = _TABLE.split()
_COMMANDS = dict(zip(_ENTRIES[::2], _ENTRIES[1::2], strict=True))
_AS_IS = dict.fromkeys("−–‐‑﹣－", "-")
_AS_IS |= dict.fromkeys("\u200b\u200c\u200d\u2060\u2061\ufeff\u00ad", "")  # not seen, or a function's application
_AS_IS |= dict.fromkeys("\u2062\u2063\u2064", " ")  # factors, indices and fractions that stand side by side
_AS_IS |= {char: f"\\{char}" for char in "{}%#&_$"}
_AS_IS |= {"\\": "\\backslash ", "°": "^{\\circ}", "~": "\\sim ", "′": "'", "″": "''", "‴": "'''"}
_AS_IS |= {"¼": "\\frac{1}{4}", "½": "\\frac{1}{2}", "¾": "\\frac{3}{4}"}
_NAMES = """
arccos arcsin arctan arg cos cosh cot coth csc deg det dim exp gcd hom inf ker lg lim liminf limsup ln log max min
Pr sec sin sinh sup tan tanh
"""
_FUNCTIONS = frozenset(_NAMES.split())
_VARIANTS = {
    "bold": "mathbf",
    "bold-italic": "boldsymbol",
    "double-struck": "mathbb",
    "script": "mathcal",
    "bold-script": "mathcal",
    "fraktur": "mathfrak",
    "monospace": "mathtt",
    "sans-serif": "mathsf",
    "bold-sans-serif": "mathsf",
}
_LETTERLIKE = {"ℝ": "R", "ℕ": "N", "ℤ": "Z", "ℚ": "Q", "ℂ": "C", "ℙ": "P", "ℍ": "H"}
_SCRIPT = {"ℒ": "L", "ℋ": "H", "ℱ": "F", "ℬ": "B", "ℰ": "E", "ℐ": "I", "ℳ": "M", "ℛ": "R"}
_ACCENTS = {
    **dict.fromkeys("^\u0302ˆ", "hat"),
    **dict.fromkeys("¯\u0304\u0305‾―_-−ˉ", "overline"),
    **dict.fromkeys("~\u0303˜∼", "tilde"),
    **dict.fromkeys("→\u20d7⃑", "vec"),
    **dict.fromkeys("˙\u0307.", "dot"),
    **dict.fromkeys("¨\u0308", "ddot"),
    **dict.fromkeys("ˇ\u030c", "check"),
    **dict.fromkeys("˘\u0306", "breve"),
    **dict.fromkeys("´\u0301", "acute"),
    **dict.fromkeys("`\u0300", "grave"),
    "⏞": "overbrace",
}
_UNDER = {**dict.fromkeys("_¯‾\u0332\u0331-−―", "underline"), "⏟": "underbrace"}
_ENVIRONMENTS = {"()": "pmatrix", "[]": "bmatrix", "{}": "Bmatrix", "||": "vmatrix", "‖‖": "Vmatrix", "{": "cases"}
_TAKES_LIMITS: tuple[str, ...] = (
    "\\sum",
    "\\prod",
    "\\coprod",
    "\\big",
    "\\int",
    "\\iint",
    "\\iiint",
    "\\oint",
    "\\lim",
    "\\max",
    "\\min",
)
_TAKES_LIMITS += ("\\sup", "\\inf", "\\operatorname", "\\arg", "\\det", "\\gcd", "\\Pr", "\\underbrace", "\\overbrace")


def in_latex(text: str, variant: str = "") -> str:
    """Characters of a formula; a command is followed by a space. `variant` is one of MathML's, such as `bold`."""
    if variant in _VARIANTS and text.strip():
        return f"\\{_VARIANTS[variant]}{{{in_latex(text).strip()}}}"
    return "".join(map(_character, text))


def name_in_latex(name: str) -> str:
    """An upright word: the command of a known function, or a name in roman."""
    if name in _FUNCTIONS:
        return f"\\{name} "
    letters = name.replace(" ", "")
    if letters.lower() in ("argmax", "argmin"):
        return f"\\operatorname{{{letters}}}"
    return f"\\mathrm{{{name}}}" if len(letters) > 1 and letters.isalpha() else in_latex(name)


def text_in_latex(text: str) -> str:
    """Words between formulas; numbers that stand alone are numbers, since no reader sees a difference."""
    words = " ".join(text.split())
    if not words:
        return " " if text else ""
    if not any(char.isalpha() for char in words):
        return in_latex(text)
    escaped = "".join(
        {"\\": "\\textbackslash ", "~": "\\sim "}.get(c, f"\\{c}" if c in "{}%#&_$" else c) for c in words
    )
    before, after = " " * text[0].isspace(), " " * text[-1].isspace()
    return f"\\text{{{before}{escaped}{after}}}"


def fraction(over: str, under: str, *, line: bool = True) -> str:
    """A fraction, or without its line what is written above each other."""
    return f"\\frac{{{over}}}{{{under}}}" if line else f"\\genfrac{{}}{{}}{{0pt}}{{}}{{{over}}}{{{under}}}"


def root(inside: str, degree: str = "") -> str:
    """A square root, or that of a degree."""
    return f"\\sqrt[{degree}]{{{inside}}}" if degree.strip() else f"\\sqrt{{{inside}}}"


def scripts(base: str, sub: str = "", sup: str = "") -> str:
    """A base with what stands at its foot and its head."""
    base = base if _is_atom(base) else f"{{{base.strip()}}}"
    foot = f"_{{{sub.strip()}}}" if sub.strip() else ""
    primes = sup.strip()
    if primes and not primes.strip("'"):
        return f"{base}{primes}{foot}"
    if primes == "^{\\circ}":
        primes = "\\circ"
    return f"{base.rstrip() if foot or primes else base}{foot}" + (f"^{{{primes}}}" if primes else "")


def above(base: str, over: str, character: str = "") -> str:
    """A base with an accent (its `character`), limits or anything else above it."""
    if character in _ACCENTS:
        if _ACCENTS[character] == "overline" and len(base.strip()) == 1:
            return f"\\bar{{{base.strip()}}}"
        return f"\\{_ACCENTS[character]}{{{base.strip()}}}"
    if not over.strip():
        return base
    return scripts(base, "", over) if _takes_limits(base) else f"\\overset{{{over.strip()}}}{{{base.strip()}}}"


def below(base: str, under: str, character: str = "") -> str:
    """A base with a line (its `character`), limits or anything else below it."""
    if character in _UNDER:
        return f"\\{_UNDER[character]}{{{base.strip()}}}"
    if not under.strip():
        return base
    return scripts(base, under) if _takes_limits(base) else f"\\underset{{{under.strip()}}}{{{base.strip()}}}"


def limits(base: str, under: str, over: str) -> str:
    """A base with something below and above it."""
    return scripts(base, under, over) if _takes_limits(base) else above(below(base, under), over)


def matrix(rows: Iterable[Sequence[str]], opening: str = "", closing: str = "", *, aligned: bool = False) -> str:
    """Rows of entries, in the environment of the fences around them."""
    environment = _ENVIRONMENTS.get(opening + closing, "aligned" if aligned and not opening + closing else "matrix")
    body = " \\\\ ".join(" & ".join(entry.strip() for entry in row) for row in rows)
    written = f"\\begin{{{environment}}} {body} \\end{{{environment}}}"
    if environment == "matrix" and opening + closing:
        written = f"\\left{_fence(opening)} {written} \\right{_fence(closing)}"
    return written


def has_environment(opening: str, closing: str) -> bool:
    """Whether a matrix between these fences is written with them."""
    return opening + closing in _ENVIRONMENTS


def boxed(inside: str) -> str:
    """What stands in a frame."""
    return f"\\boxed{{{inside.strip()}}}"


def struck(inside: str) -> str:
    """What is struck out: it isn't asserted, and a reader of LaTeX leaves it out."""
    return f"\\cancel{{{inside.strip()}}}" if inside.strip() else ""


def tidy(latex: str) -> str:
    """With single spaces."""
    return " ".join(latex.split())


def _character(char: str) -> str:
    if char < "\x80" and char not in _AS_IS:
        return char
    if char in _AS_IS:
        return _AS_IS[char]
    if char in _COMMANDS:
        return f"\\{_COMMANDS[char]} "
    if char in _LETTERLIKE:
        return f"\\mathbb{{{_LETTERLIKE[char]}}}"
    if char in _SCRIPT:
        return f"\\mathcal{{{_SCRIPT[char]}}}"
    if "\U0001d400" <= char <= "\U0001d7ff":
        return _styled(char)
    plain = unicodedata.normalize("NFKC", char)
    if "SUPERSCRIPT" in (name := unicodedata.name(char, "")):
        return f"^{{{in_latex(plain)}}}"
    if "SUBSCRIPT" in name:
        return f"_{{{in_latex(plain)}}}"
    if plain.isdecimal() or (plain.isascii() and len(plain) == 1):  # full-width digits and signs, thin spaces
        return _AS_IS.get(plain, plain)
    return char


def _styled(char: str) -> str:
    """A letter of Unicode's mathematical alphabets."""
    name = unicodedata.name(char, "").removeprefix("MATHEMATICAL ")
    plain = in_latex(unicodedata.normalize("NFKC", char)).strip()
    if plain.isdecimal():
        return plain
    for start in (
        "BOLD ITALIC",
        "BOLD SCRIPT",
        "BOLD",
        "DOUBLE-STRUCK",
        "SCRIPT",
        "FRAKTUR",
        "MONOSPACE",
        "SANS-SERIF",
    ):
        if name.startswith(start):
            return f"\\{_VARIANTS[start.lower().replace(' ', '-')]}{{{plain}}}"
    return f"{plain} " if plain.startswith("\\") else plain


def _is_atom(base: str) -> bool:
    """Whether a script after it belongs to the whole of it."""
    base = base.strip()
    if len(base) <= 1 or base.isdecimal() or base == "{}":
        return True
    if base[0] != "\\":
        return base.replace(".", "", 1).isdecimal()
    name = base[1:]
    if name.isalpha() or name == "|":
        return True
    head, brace, rest = name.partition("{")
    return bool(brace) and head.isalpha() and _closes_at_end(rest) and head != "cancel"


def _closes_at_end(rest: str) -> bool:
    depth = 1
    for i, char in enumerate(rest):
        depth += (char == "{") - (char == "}")
        if depth == 0:
            return i == len(rest) - 1
    return False


def _takes_limits(base: str) -> bool:
    return base.strip().startswith(_TAKES_LIMITS) and _is_atom(base)


def _fence(character: str) -> str:
    return in_latex(character).strip() if character else "."
