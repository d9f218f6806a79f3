"""OpenDocument texts as office programs write them: what is printed is read, what isn't seen is set apart."""

import io
import zipfile

import pytest
from odf import opendocument, style, table, text

from grader.core.errors import SubmissionError
from grader.documents import parse

_SPACES = " ".join(
    f'xmlns:{name.split(":")[0]}="urn:oasis:names:tc:opendocument:xmlns:{name.split(":")[-1]}:1.0"'
    for name in ("office", "style", "text", "table", "fo:xsl-fo-compatible", "svg:svg-compatible")
)
_SPACES += ' xmlns:draw="urn:oasis:names:tc:opendocument:xmlns:drawing:1.0" xmlns:xlink="http://www.w3.org/1999/xlink"'
_SPACES += ' xmlns:dc="http://purl.org/dc/elements/1.1/"'


def flat(inside, styles=""):
    """The blocks of a flat document with this text and these automatic styles."""
    xml = (
        f'<?xml version="1.0" encoding="UTF-8"?><office:document {_SPACES}><office:automatic-styles>{styles}'
        f"</office:automatic-styles><office:body><office:text>{inside}</office:text></office:body></office:document>"
    )
    return parse("report.fodt", xml.encode()).blocks


def said(blocks):
    return [block.text for block in blocks]


def look(properties, family="text"):
    return f'<style:style style:name="T" style:family="{family}"><style:text-properties {properties}/></style:style>'


def _packed(content, **parts):
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("mimetype", "application/vnd.oasis.opendocument.text")
        archive.writestr("content.xml", content)
        for name, part in parts.items():
            archive.writestr(name.replace("__", "/").replace("_xml", ".xml"), part)
    return out.getvalue()


def test_a_document_of_a_library():
    document = opendocument.OpenDocumentText()
    bold = style.Style(name="Strong", family="text")
    bold.addElement(style.TextProperties(fontweight="bold"))
    document.styles.addElement(bold)
    document.text.addElement(text.H(outlinelevel=2, text="Problem 1"))
    paragraph = text.P(text="There are ")
    paragraph.addElement(text.Span(stylename=bold, text="608"))
    paragraph.addText(" parameters.")
    document.text.addElement(paragraph)
    rows = table.Table()
    for words in (["layer", "count"], ["conv", "608"]):
        row = table.TableRow()
        for word in words:
            cell = table.TableCell()
            cell.addElement(text.P(text=word))
            row.addElement(cell)
        rows.addElement(row)
    document.text.addElement(rows)
    out = io.BytesIO()
    document.write(out)
    blocks = parse("report.odt", out.getvalue()).blocks
    assert [(block.kind, block.level) for block in blocks] == [("heading", 2), ("paragraph", 0), ("table", 0)]
    assert said(blocks) == ["Problem 1", "There are 608 parameters.", "| layer | count |\n| conv | 608 |"]
    assert [run.text for run in blocks[1].runs if run.bold] == ["608"]


LOOKS = {
    "bold": ('fo:font-weight="bold"', {"bold": True}),
    "italic": ('fo:font-style="italic"', {"italic": True}),
    "underlined": ('style:text-underline-style="solid"', {"bold": True}),
    "struck out": ('style:text-line-through-style="solid"', {"struck": True}),
    "hidden": ('text:display="none"', {"hidden": "hidden text"}),
    "white": ('fo:color="#ffffff"', {"hidden": "text in the colour of its background"}),
    "white on black": ('fo:color="#ffffff" fo:background-color="#000000"', {}),
    "tiny": ('fo:font-size="1pt"', {"hidden": "tiny text"}),
    "small": ('fo:font-size="8pt"', {}),
    "red": ('fo:color="#ff0000"', {}),
}


@pytest.mark.parametrize(("properties", "expected"), LOOKS.values(), ids=LOOKS)
def test_how_words_are_shown(properties, expected):
    (block,) = flat('<text:p><text:span text:style-name="T">608</text:span></text:p>', look(properties))
    assert block.runs[0].model_dump(exclude={"text"}, exclude_defaults=True) == expected


def test_spaces_tabs_lines_and_links():
    (block,) = flat(
        '<text:p>a<text:s text:c="2"/>b<text:tab/>c<text:line-break/>d\n   e '
        '<text:a xlink:href="https://example.org">here</text:a></text:p>'
    )
    assert block.text == "a  b\tc\nd e here"
    assert [run.link for run in block.runs] == ["", "https://example.org"]


def test_raised_words_are_typed_in_a_line():
    words = '<text:p>10<text:span text:style-name="T">-3</text:span></text:p>'
    assert said(flat(words, look('style:text-position="super 58%"'))) == ["10^{-3}"]
    assert said(flat(words, look('style:text-position="33% 58%"'))) == ["10^{-3}"]


def test_deletions_are_struck_where_they_stood():
    gone = "<text:deletion><office:change-info/><text:p>75</text:p></text:deletion>"
    gone = f'<text:changed-region text:id="c1">{gone}</text:changed-region>'
    gone = f"<text:tracked-changes>{gone}</text:tracked-changes>"
    (block,) = flat(f'{gone}<text:p>There are <text:change text:change-id="c1"/>608.</text:p>')
    assert block.text == "There are 608."
    assert [run.text for run in block.runs if run.struck] == ["75"]


_LEVELS = (
    '<text:list-style style:name="L">'
    '<text:list-level-style-number text:level="1" style:num-format="1" style:num-prefix="Task " style:num-suffix=":"/>'
    '<text:list-level-style-number text:level="2" style:num-format="a" style:num-prefix="(" style:num-suffix=")"/>'
    '<text:list-level-style-bullet text:level="3" text:bullet-char="•"/></text:list-style>'
)


def _item(inside):
    return f"<text:list-item>{inside}</text:list-item>"


def test_lists_with_their_labels():
    deep = f"<text:list>{_item('<text:p>deep</text:p>')}</text:list>"
    inner = f"<text:list>{_item('<text:p>y</text:p>')}{_item(f'<text:p>z</text:p>{deep}')}</text:list>"
    first = f'<text:list text:style-name="L">{_item(f"<text:p>x</text:p><text:p>more</text:p>{inner}")}</text:list>'
    goes_on = (
        '<text:list text:style-name="L" text:continue-numbering="true">'
        + _item("<text:p>next</text:p>")
        + "</text:list>"
    )
    again = '<text:list text:style-name="L">' + _item("<text:p>anew</text:p>") + "</text:list>"
    assert [
        (block.kind, block.level, block.mark, block.runs[0].text) for block in flat(first + goes_on + again, _LEVELS)
    ] == [
        ("item", 1, "Task 1:", "x"),
        ("paragraph", 0, "", "more"),
        ("item", 2, "(a)", "y"),
        ("item", 2, "(b)", "z"),
        ("item", 3, "", "deep"),
        ("item", 1, "Task 2:", "next"),
        ("item", 1, "Task 1:", "anew"),
    ]


def test_numbered_headings_carry_their_labels():
    outline = (
        '<text:outline-style><text:outline-level-style text:level="1" style:num-format="1"/>'
        '<text:outline-level-style text:level="2" style:num-format="a" style:num-suffix=")" text:display-levels="2"/>'
        "</text:outline-style>"
    )
    headings = [(1, "A"), (2, "B"), (2, "C"), (1, "D")]
    words = "".join(f'<text:h text:outline-level="{level}">{name}</text:h>' for level, name in headings)
    assert said(flat(words, outline)) == ["1 A", "1.a) B", "1.b) C", "2 D"]


def test_notes_comments_frames_and_sections():
    note = "<text:note-citation>1</text:note-citation><text:note-body><text:p>a note</text:p></text:note-body>"
    note = f"<text:note>{note}</text:note>"
    comment = "<office:annotation><dc:creator>me</dc:creator><text:p>it is 608</text:p></office:annotation>"
    box = "<draw:frame><draw:text-box><text:p>in a box</text:p></draw:text-box></draw:frame>"
    picture = '<draw:frame><draw:image xlink:href="Pictures/a.png"/><svg:desc>608</svg:desc></draw:frame>'
    section = '<text:section text:display="none"><text:p>609</text:p></text:section>'
    blocks = flat(f"<text:p>75{note}{comment}{box}</text:p><text:p>{picture}</text:p>{section}")
    assert [(block.kind, block.text, block.hidden.strip()) for block in blocks] == [
        ("paragraph", "75", "it is 608"),
        ("paragraph", "a note", ""),
        ("paragraph", "in a box", ""),
        ("figure", "![](figure)", "608"),
        ("paragraph", "", "609"),
    ]


_MATHML = "<semantics><mrow><mn>8</mn><mo>×</mo><mn>76</mn></mrow><annotation>8 times 76</annotation></semantics>"
_MATHML = f'<math xmlns="http://www.w3.org/1998/Math/MathML">{_MATHML}</math>'
_OBJECT = '<draw:object xlink:href="./Object 1"/><draw:image xlink:href="./ObjectReplacements/Object 1"/>'
_OBJECT = f"<draw:frame>{_OBJECT}</draw:frame>"


def test_formulas_are_objects():
    content = (
        f"<office:document-content {_SPACES}><office:body><office:text><text:p>It is {_OBJECT}.</text:p>"
        f"<text:p>{_OBJECT}</text:p><text:p>and {_OBJECT.replace('Object 1', 'Object 2')}</text:p>"
        "</office:text></office:body></office:document-content>"
    )
    blocks = parse("report.odt", _packed(content, **{"Object 1__content_xml": _MATHML})).blocks
    assert [(block.kind, block.text) for block in blocks] == [
        ("paragraph", r"It is $8\times 76$."),
        ("formula", r"$$8\times 76$$"),
        ("paragraph", "and"),
        ("unread", ""),
    ]


_THREE = ' table:number-columns-repeated="3"'


def test_repeated_and_covered_cells():
    cell = "<table:table-cell{}><text:p>{}</text:p></table:table-cell>"
    wide = cell.format(' table:number-columns-spanned="2"', "shape") + "<table:covered-table-cell/>"
    header = f"<table:table-row>{wide}{cell.format('', 8)}</table:table-row>"
    row = f"<table:table-row>{cell.format(_THREE, 8)}</table:table-row>"
    blocks = flat(f"<table:table><table:table-header-rows>{header}</table:table-header-rows>{row}</table:table>")
    assert said(blocks) == ["| shape |  | 8 |\n| 8 | 8 | 8 |"]


_CONTENT = f"<office:document-content {_SPACES}/>"
_BROKEN = {
    "empty": (b"", "empty"),
    "no zip": (b"The answer is 608.", "zip"),
    "no text": (_packed(_CONTENT), "no OpenDocument text"),
    "broken XML": (_packed("<office"), "broken in its part"),
    "cut off": (_packed(_CONTENT)[:60], "cut off"),
    "encrypted": (_packed(_CONTENT, **{"META-INF__manifest_xml": "<m><f><encryption-data/></f></m>"}), "encrypted"),
    "entities": (_packed('<!DOCTYPE x [<!ENTITY a "608">]><x>&a;</x>'), "entities"),
}


@pytest.mark.parametrize(("raw", "found"), _BROKEN.values(), ids=_BROKEN)
def test_what_cannot_be_read_says_why(raw, found):
    with pytest.raises(SubmissionError, match=found):
        parse("report.odt", raw)


def test_tables_in_tables_without_end_are_refused():
    with pytest.raises(SubmissionError, match="in each other"):
        flat(
            "<table:table><table:table-row><table:table-cell>" * 60
            + "</table:table-cell></table:table-row></table:table>" * 60
        )
