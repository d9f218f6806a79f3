"""Formulas in TeX as MathML, which browsers show without fonts or scripts of ours."""

from collections.abc import Iterable
from functools import lru_cache
from html import unescape
from xml.etree.ElementTree import Element

from latex2mathml.converter import convert_to_element
from markupsafe import Markup, escape

from grader.report._text import plain

_LONGEST = 4_000
_MOST_MARKUP = 200_000
# What stands in no list doesn't reach the page, since formulas are students': no link, no style, no foreign element.
_ELEMENTS = frozenset(
    (
        *("mrow", "mi", "mn", "mo", "mtext", "mspace", "ms", "mfrac", "msqrt", "mroot", "msub", "msup", "msubsup"),
        *("munder", "mover", "munderover", "mmultiscripts", "mprescripts", "none", "mtable", "mtr", "mtd", "mstyle"),
        *("mphantom", "mpadded", "menclose"),
    )
)
_ATTRIBUTES = frozenset(
    (
        *("accent", "accentunder", "columnalign", "columnlines", "columnspacing", "depth", "displaystyle", "fence"),
        *("form", "height", "largeop", "linethickness", "lspace", "mathvariant", "maxsize", "minsize", "notation"),
        *("movablelimits", "rowlines", "rowspacing", "rspace", "scriptlevel", "separator", "stretchy", "symmetric"),
        "width",
    )
)


@lru_cache(maxsize=4096)
def mathml(tex: str, *, display: bool = False) -> Markup | None:
    """The formula as `<math>`, which holds its TeX as well; None for what isn't understood, which is shown as written.

    The tree of latex2mathml is written anew by a list of what may stand in it, so no TeX can make other markup.
    """
    tex = plain(tex, _LONGEST + 1).strip()
    if not tex or len(tex) > _LONGEST:
        return None
    try:
        drawn = "".join(_written(convert_to_element(tex, display="block" if display else "inline")))
    except Exception:  # the library raises what it meets: a formula of a student's is any text
        return None
    if len(drawn) > _MOST_MARKUP or _unknown(drawn):
        return None
    kind = Markup(' display="block"') if display else Markup("")
    return Markup("<math{} alttext='{}'>{}</math>").format(kind, tex, Markup(drawn))  # noqa: S704  # made of escaped text


def _unknown(drawn: str) -> bool:
    """Whether a command is left as it was written: then the whole formula is, too."""
    return "<mi>\\" in drawn or "<mo>\\" in drawn


def _written(element: Element) -> Iterable[str]:
    inner = [str(escape(plain(unescape(element.text or ""))))]
    for child in element:
        inner += _written(child)
    if element.tag not in _ELEMENTS:
        return inner  # the outermost, and what no formula needs
    kept = "".join(
        f' {name}="{escape(unescape(value))}"' for name, value in element.attrib.items() if name in _ATTRIBUTES
    )
    return [f"<{element.tag}{kept}>", *inner, f"</{element.tag}>"]
