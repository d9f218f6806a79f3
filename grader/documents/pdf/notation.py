"""Letters of formulas as LaTeX writes them."""

import re

_COMMANDS = {
    "×": r"\times", "·": r"\cdot", "⋅": r"\cdot", "÷": r"\div", "±": r"\pm", "∓": r"\mp", "∗": "*", "−": "-",
    "≈": r"\approx", "≃": r"\simeq", "∼": r"\sim", "≤": r"\leq", "⩽": r"\leq", "≥": r"\geq", "⩾": r"\geq", "≠": r"\neq",
    "≡": r"\equiv", "∝": r"\propto", "≪": r"\ll", "≫": r"\gg", "→": r"\to", "←": r"\leftarrow", "↦": r"\mapsto",
    "⇒": r"\Rightarrow", "⇐": r"\Leftarrow", "⇔": r"\Leftrightarrow", "∈": r"\in", "∉": r"\notin", "⊂": r"\subset",
    "⊆": r"\subseteq", "∪": r"\cup", "∩": r"\cap", "∅": r"\emptyset", "∀": r"\forall", "∃": r"\exists", "¬": r"\neg",
    "∧": r"\wedge", "∨": r"\vee", "⊕": r"\oplus", "⊗": r"\otimes", "⊙": r"\odot", "∘": r"\circ", "∞": r"\infty",
    "∂": r"\partial", "∇": r"\nabla", "∆": r"\Delta", "∑": r"\sum", "∏": r"\prod", "∫": r"\int", "√": r"\sqrt",
    "…": r"\ldots", "⋯": r"\cdots", "⋮": r"\vdots", "⋱": r"\ddots", "⊤": r"\top", "⊥": r"\perp", "∥": r"\|", "‖": r"\|",
    "∣": "|", "⌊": r"\lfloor", "⌋": r"\rfloor", "⌈": r"\lceil", "⌉": r"\rceil", "⟨": r"\langle", "⟩": r"\rangle",
    "′": "'", "ℓ": r"\ell", "°": r"^{\circ}", "⋃": r"\bigcup", "⋂": r"\bigcap",
    "α": r"\alpha", "β": r"\beta", "γ": r"\gamma", "δ": r"\delta", "ϵ": r"\epsilon", "ε": r"\varepsilon", "ζ": r"\zeta",
    "η": r"\eta", "θ": r"\theta", "ϑ": r"\vartheta", "ι": r"\iota", "κ": r"\kappa", "λ": r"\lambda", "μ": r"\mu",
    "µ": r"\mu", "ν": r"\nu", "ξ": r"\xi", "π": r"\pi", "ρ": r"\rho", "σ": r"\sigma", "τ": r"\tau", "υ": r"\upsilon",
    "φ": r"\varphi", "ϕ": r"\phi", "χ": r"\chi", "ψ": r"\psi", "ω": r"\omega", "Γ": r"\Gamma", "Δ": r"\Delta",
    "Θ": r"\Theta", "Λ": r"\Lambda", "Ξ": r"\Xi", "Π": r"\Pi", "Σ": r"\Sigma", "Φ": r"\Phi", "Ψ": r"\Psi",
    "Ω": r"\Omega",
    "%": r"\%", "#": r"\#", "&": r"\&", "_": r"\_", "$": r"\$", "{": r"\{", "}": r"\}", "\\": r"\backslash",
    "~": r"\sim", "^": r"\hat{}",
}  # fmt: skip
FUNCTIONS = frozenset(
    {
        "arccos", "arcsin", "arctan", "arg", "cos", "cosh", "cot", "det", "dim", "exp", "inf", "lim", "ln", "log",
        "max", "min", "sin", "sinh", "sup", "tan", "tanh", "Pr",
    }
)  # fmt: skip
_MATRICES = {"[": "bmatrix", "(": "pmatrix", "|": "vmatrix", "‖": "Vmatrix", "{": "Bmatrix"}
_WORD = re.compile(r"[^\W\d_]{2,}")


def latex_of(text: str, *, letters_are_names: bool) -> str:
    """A word of a formula. In a font for formulas each letter is a name; else two letters or more are a word."""
    if not letters_are_names and _WORD.fullmatch(text):
        if text in FUNCTIONS:
            return f"\\{text}"
        if text.isascii() or not all(letter in _COMMANDS for letter in text):
            return f"\\text{{{text}}}"
    parts: list[str] = []
    for letter in text:
        command = _COMMANDS.get(letter, letter)
        if parts and _runs_on(parts[-1]) and command[:1].isalpha():
            parts.append(" ")
        parts.append(command)
    return "".join(parts)


def runs_together(one: str, two: str) -> bool:
    """Whether two parts of a formula need a space between them."""
    return _runs_on(one) and two[:1].isalpha()


def matrix(bracket: str, rows: list[list[str]]) -> str:
    """A matrix in LaTeX."""
    name = _MATRICES.get(bracket, "matrix")
    body = r" \\ ".join(" & ".join(row) for row in rows)
    return f"\\begin{{{name}}} {body} \\end{{{name}}}"


def _runs_on(part: str) -> bool:
    """Whether a letter after this would become a part of its command."""
    name = part.rpartition("\\")[2] if "\\" in part else ""
    return bool(name) and name.isalpha()
