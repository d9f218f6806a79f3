"""What the name of a font says, and the letters that fonts of TeX draw under codes of their own."""

import re

from grader.documents.pdf.atoms import Style

_FORCED_BOLD = 1 << 18
_ITALIC = 1 << 6
_FIXED = 1 << 0
_BOLD_NAME = re.compile(r"bold|black|heavy|semibold|demi|cmbx|cmb10|sfbx|cmssbx|-bd|lmbx", re.IGNORECASE)
_ITALIC_NAME = re.compile(r"italic|oblique|cmti|sfti|cmsl|lmri|-it\b", re.IGNORECASE)
_MONO_NAME = re.compile(
    r"mono|courier|consol|cmtt|sftt|lmtt|cmsltt|menlo|typewriter|inconsolata|sourcecode|fixed", re.IGNORECASE
)
_MATH_NAME = re.compile(r"cmmi|cmsy|cmex|cmbsy|msbm|msam|cmmib|eufm|rsfs|math|stix.*siz|lmex|lmsy|lmmi|txsy|txex|pxsy")
_EXTENSIBLE_NAME = re.compile(r"cmex|lmex|lmmathextension")

# The first 117 codes of TeX's fonts of large symbols.
_LARGE = (
    "()[]⌊⌋⌈⌉{}⟨⟩|‖/\\"
    "()()[]⌊⌋⌈⌉{}⟨⟩/\\"
    "()[]⌊⌋⌈⌉{}⟨⟩/\\/\\"
    "⎛⎞⎡⎤⎣⎦⎢⎥⎧⎫⎩⎭⎨⎬⎪⏐"
    "⎝⎠⎜⎟⟨⟩⊔⊔∮∮⊙⊙⊕⊕⊗⊗"
    "∑∏∫∪∩⊎∧∨∑∏∫∪∩⊎∧∨"
    "∐∐ˆˆˆ˜˜˜[]⌊⌋⌈⌉{}"
    "√√√√√"
)
# Pieces of brackets as older fonts number them.
_PRIVATE = dict(zip(range(0xF8EB, 0xF8FF), "⎛⎜⎝⎡⎢⎣⎧⎨⎩⎪⎮⎞⎟⎠⎤⎥⎦⎫⎬⎭", strict=True))


def style_of(name: str, flags: int) -> Style:
    """The style of a font by its name (without the tag of a subset) and its flags."""
    plain = name.rpartition("+")[2]
    lower = plain.lower()
    return Style(
        bold=bool(_BOLD_NAME.search(plain) or flags & _FORCED_BOLD),
        italic=bool(_ITALIC_NAME.search(plain) or (flags & _ITALIC and not _MATH_NAME.search(lower))),
        mono=bool(_MONO_NAME.search(plain) or flags & _FIXED),
        math=bool(_MATH_NAME.search(lower)),
    )


def is_extensible(name: str) -> bool:
    """Whether this is one of TeX's fonts of large symbols, whose codes mean nothing elsewhere."""
    return bool(_EXTENSIBLE_NAME.search(name.lower()))


def large_symbol(code: int) -> str:
    """What such a font draws under a code."""
    return _LARGE[code] if code < len(_LARGE) else letter(code)


def letter(code: int) -> str:
    """A letter by its code; pieces of brackets in Unicode's own numbers."""
    return _PRIVATE.get(code) or chr(code)
