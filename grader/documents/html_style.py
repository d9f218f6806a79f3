"""What the attributes of an HTML element do to its words: bold, struck out, and the ways not to be seen."""

import re
from collections.abc import Mapping

from grader.documents.words import Style

_TAGS: dict[str, dict[str, bool]] = {
    **dict.fromkeys(("b", "strong", "u", "ins", "big"), {"bold": True}),
    **dict.fromkeys(("i", "em", "cite", "dfn", "var"), {"italic": True}),
    **dict.fromkeys(("s", "del", "strike"), {"struck": True}),
    **dict.fromkeys(("code", "kbd", "tt", "samp"), {"code": True}),
}
_WHITE = re.compile(
    r"(white|transparent|snow|ivory|whitesmoke|#f[a-f0-9]f[a-f0-9]f[a-f0-9]|#fff[0-9a-f]?|#f[a-f0-9]f[a-f0-9]f[a-f0-9][0-9a-f]{2}"
    r"|rgba?\((25\d|100%),(25\d|100%),(25\d|100%)(,[\d.]+%?)?\)|rgba\([\d.,%]+,0(\.0+)?%?\)|hsla?\([\d.]+(deg)?,[\d.]+%,100%.*)"
)
_SIZE = re.compile(r"([\d.]{1,10})(px|pt|em|rem|%)?")
_FAR = re.compile(r"-\d{3,}")
_ZERO = re.compile(r"0+(\.0*)?(px|pt|em|rem|%)?")
_UNSEEN_CLASSES = {"sr-only", "visually-hidden", "visuallyhidden", "screen-reader-text"}
_PIXELS = {"px": 1.0, "pt": 4 / 3, "em": 16.0, "rem": 16.0, "%": 0.16, None: 1.0}


def declarations(style: str) -> dict[str, str]:
    """The declarations of a style attribute, in lower case and without spaces."""
    found = {}
    for part in style[:5000].lower().split(";"):
        name, colon, value = part.partition(":")
        if colon:
            found[name.strip()] = "".join(value.replace("!important", "").split())
    return found


def keeps_spaces(attributes: Mapping[str, str]) -> bool:
    """Whether the spaces of an element's words show as they are written."""
    return declarations(attributes.get("style", "")).get("white-space", "").startswith(("pre", "break-spaces"))


def styled(tag: str, attributes: Mapping[str, str], style: Style, rules: Mapping[str, dict[str, str]]) -> Style:
    """The style of the words in an element, where that around it is `style`. `rules` are a sheet's, by selector."""
    if tag in _TAGS:
        style = style._replace(**_TAGS[tag])  # type: ignore[arg-type]
    if not (attributes or rules):
        return style
    css = _css(tag, attributes, rules)
    if tag == "a" and (href := attributes.get("href", "").strip()) and not href.startswith(("#", "data:")):
        style = style._replace(link=href[:2000])
    weight = css.get("font-weight", "")
    decoration = css.get("text-decoration", "") + css.get("text-decoration-line", "")
    if weight in ("bold", "bolder") or (weight.isdigit() and len(weight) < 5 and int(weight) >= 600):
        style = style._replace(bold=True)
    elif weight in ("normal", "400"):
        style = style._replace(bold=False)
    if "underline" in decoration or (tag == "span" and "solid" in css.get("border", "")) or _pixels(css) >= 20:
        style = style._replace(bold=True)
    if "line-through" in decoration:
        style = style._replace(struck=True)
    if css.get("font-style") in ("italic", "oblique"):
        style = style._replace(italic=True)
    if not style.hidden and (why := _unseen(tag, attributes, css)):
        style = style._replace(hidden=why)
    return style


def background(attributes: Mapping[str, str]) -> bool:
    """Whether the element has a ground of its own, on which white words may be seen."""
    css = declarations(attributes.get("style", ""))
    ground = css.get("background-color", css.get("background", attributes.get("bgcolor", ""))).lower()
    return bool(ground) and ground not in ("none", "inherit", "initial", "unset") and not _WHITE.fullmatch(ground)


def rules_of(sheet: str) -> dict[str, dict[str, str]]:
    """The rules of a style sheet for one tag, class or id, which say that something isn't seen."""
    rules: dict[str, dict[str, str]] = {}
    depth, at = 0, 0
    sheet = re.sub(r"/\*[^*]*\*+(?:[^/*][^*]*\*+)*/", "", sheet)
    selector = ""
    for brace in re.finditer(r"[{}]", sheet):
        between = sheet[at : brace.start()]
        at = brace.end()
        if brace[0] == "{":
            depth += 1
            selector = between.rpartition(";")[2].strip() if depth == 1 else ""
            continue
        depth = max(0, depth - 1)
        if depth == 0 and selector and len(between) < 5000:
            said = declarations(between)
            for name in selector.split(","):
                if re.fullmatch(r"(?:[a-z]\w{0,20})?[.#][\w-]{1,100}|[a-z]\w{0,20}", name.strip()):
                    rules.setdefault(name.strip(), {}).update(said)
        selector = ""
    return {name: said for name, said in rules.items() if _unseen("", {}, said)}


def _css(tag: str, attributes: Mapping[str, str], rules: Mapping[str, dict[str, str]]) -> dict[str, str]:
    css: dict[str, str] = {}
    if rules:
        names = [*(f".{name}" for name in attributes.get("class", "").split()[:50]), f"#{attributes.get('id', '')}"]
        for name in (tag, *names, *(f"{tag}{name}" for name in names)):
            css.update(rules.get(name, {}))
    css.update(declarations(attributes.get("style", "")))
    if tag == "font":
        css.setdefault("color", attributes.get("color", "").lower())
        if attributes.get("size", "") in ("5", "6", "7", "+2", "+3", "+4"):
            css.setdefault("font-size", "24px")
    return css


def _unseen(tag: str, attributes: Mapping[str, str], css: Mapping[str, str]) -> str:
    """Why words with these attributes aren't seen; empty where they are."""
    if css.get("display") == "none" or css.get("visibility") in ("hidden", "collapse"):
        return "not displayed"
    if "hidden" in attributes or (tag == "input" and attributes.get("type") == "hidden"):
        return "not displayed"
    if _ZERO.fullmatch(css.get("opacity", "1")) or _UNSEEN_CLASSES.intersection(attributes.get("class", "").split()):
        return "not displayed"
    if "font-size" in css and _pixels(css) <= 3:
        return "tiny text"
    if _WHITE.fullmatch(css.get("color", "")) and not any(name.startswith("background") for name in css):
        return "white text"
    if "color" in css and css["color"] == css.get("background-color", css.get("background")):
        return "text in the colour of its ground"
    places = ("left", "right", "top", "text-indent", "margin-left", "margin-top")
    if any(_FAR.match(css.get(name, "")) for name in places):
        return "outside the page"
    flat = any(_ZERO.fullmatch(css.get(name, "1")) for name in ("height", "width", "max-height", "max-width"))
    if (flat and "hidden" in css.get("overflow", "")) or css.get("transform") == "scale(0)":
        return "not displayed"
    return ""


def _pixels(css: Mapping[str, str]) -> float:
    """The size of words, where it is given as a number; that of plain text otherwise."""
    size = css.get("font-size", "")
    if size in ("x-large", "xx-large", "xxx-large"):
        return 24
    found = _SIZE.fullmatch(size)
    try:
        return float(found[1]) * _PIXELS[found[2]] if found else 16
    except ValueError:
        return 16
