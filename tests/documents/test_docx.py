"""Word documents as people write them: what is printed is read, with what is struck out or hidden set apart."""

import io
import re
import zipfile

import docx
import pytest
from docx.oxml import OxmlElement, parse_xml
from docx.oxml.ns import nsdecls, qn
from docx.shared import Pt, RGBColor
from PIL import Image

from grader.core.errors import SubmissionError
from grader.documents import parse

_W = nsdecls("w") + ' xmlns:m="http://schemas.openxmlformats.org/officeDocument/2006/math"'
_W += ' xmlns:v="urn:schemas-microsoft-com:vml" xmlns:o="urn:schemas-microsoft-com:office:office"'
_W += ' xmlns:mc="http://schemas.openxmlformats.org/markup-compatibility/2006"'


def _picture():
    out = io.BytesIO()
    Image.new("RGB", (8, 8)).save(out, "PNG")
    out.seek(0)
    return out


def _saved(document):
    out = io.BytesIO()
    document.save(out)
    return out.getvalue()


def read(document):
    return parse("report.docx", _saved(document)).blocks


def body(xml):
    """The blocks of a document with this body."""
    document = docx.Document()
    for child in reversed(list(parse_xml(f"<w:body {_W}>{xml}</w:body>"))):
        document.element.body.insert(0, child)
    return read(document)


def p(inside, properties=""):
    return f"<w:p><w:pPr>{properties}</w:pPr>{inside}</w:p>"


def r(text, properties=""):
    return f'<w:r><w:rPr>{properties}</w:rPr><w:t xml:space="preserve">{text}</w:t></w:r>'


def said(blocks):
    return [block.text for block in blocks]


def test_headings_paragraphs_and_tables_in_their_order():
    document = docx.Document()
    document.add_heading("Homework", 0)
    document.add_heading("Problem 1", 1)
    document.add_paragraph("There are 608 parameters.")
    table = document.add_table(2, 2)
    for cell, words in zip(
        [cell for row in table.rows for cell in row.cells], ["layer", "count", "conv", "608"], strict=True
    ):
        cell.text = words
    document.add_heading("Part (a)", 2)
    blocks = read(document)
    assert [(block.kind, block.level) for block in blocks] == [
        ("heading", 1),
        ("heading", 1),
        ("paragraph", 0),
        ("table", 0),
        ("heading", 2),
    ]
    assert blocks[3].text == "| layer | count |\n| conv | 608 |"
    assert {str(block.source) for block in blocks} == {"report.docx"}


def test_a_style_of_ones_own_is_a_heading_where_it_is_based_on_one():
    document = docx.Document()
    own = document.styles.add_style("Task", 1)
    own.base_style = document.styles["Heading 2"]
    document.add_paragraph("Problem 2", style="Task")
    assert [(block.kind, block.level, block.text) for block in read(document)] == [("heading", 2, "Problem 2")]


def test_an_outline_level_makes_a_heading_and_its_lack_none():
    blocks = body(
        p(r("Problem 3"), '<w:outlineLvl w:val="0"/>')
        + p(r("only large"), '<w:pStyle w:val="Heading1"/><w:outlineLvl w:val="9"/>')
    )
    assert [(block.kind, block.level) for block in blocks] == [("heading", 1), ("paragraph", 0)]


LOOKS = {
    "bold": ("<w:b/>", {"bold": True}),
    "not bold": ('<w:b w:val="0"/>', {}),
    "italic": ("<w:i/>", {"italic": True}),
    "underlined": ('<w:u w:val="single"/>', {"bold": True}),
    "framed": ('<w:bdr w:val="single"/>', {"bold": True}),
    "struck out": ("<w:strike/>", {"struck": True}),
    "struck out twice": ("<w:dstrike/>", {"struck": True}),
    "hidden": ("<w:vanish/>", {"hidden": "hidden text"}),
    "white": ('<w:color w:val="FFFFFF"/>', {"hidden": "text in the colour of its background"}),
    "nearly white": ('<w:color w:val="fbfbfb"/>', {"hidden": "text in the colour of its background"}),
    "white on black": ('<w:color w:val="FFFFFF"/><w:shd w:val="clear" w:fill="000000"/>', {}),
    "black on black": (
        '<w:color w:val="000000"/><w:highlight w:val="black"/>',
        {"hidden": "text in the colour of its background"},
    ),
    "red": ('<w:color w:val="FF0000"/>', {}),
    "tiny": ('<w:sz w:val="2"/>', {"hidden": "tiny text"}),
    "small": ('<w:sz w:val="16"/>', {}),
}


@pytest.mark.parametrize(("properties", "expected"), LOOKS.values(), ids=LOOKS)
def test_how_words_are_shown(properties, expected):
    (block,) = body(p(r("608", properties)))
    run = block.runs[0].model_dump(exclude={"text"}, exclude_defaults=True)
    assert run == expected


def test_white_words_in_a_dark_cell_are_seen():
    cell = '<w:tc><w:tcPr><w:shd w:val="clear" w:fill="1F3864"/></w:tcPr>' + p(r("count", '<w:color w:val="FFFFFF"/>'))
    (table,) = body(f"<w:tbl><w:tr>{cell}</w:tc><w:tc>{p(r('608'))}</w:tc></w:tr></w:tbl>")
    assert table.text == "| count | 608 |"


def test_a_style_may_hide_its_words():
    document = docx.Document()
    white = document.styles.add_style("Invisible", 2)
    white.font.color.rgb = RGBColor(255, 255, 255)
    tiny = document.styles.add_style("Small print", 1)
    tiny.font.size = Pt(1)
    document.add_paragraph("Seen.").add_run(" 608", style="Invisible")
    document.add_paragraph("609", style="Small print")
    assert [(block.text, block.hidden) for block in read(document)] == [("Seen.", " 608"), ("", "609")]


def test_tracked_changes():
    (block,) = body(
        p(r("There are ") + "<w:del><w:r><w:delText>75</w:delText></w:r></w:del>" + f"<w:ins>{r('608')}</w:ins>")
    )
    assert block.text == "There are 608"
    assert [run.text for run in block.runs if run.struck] == ["75"]


def test_raised_words_are_typed_in_a_line():
    raised = '<w:vertAlign w:val="superscript"/>'
    (block,) = body(
        p(r("6.08 · 10") + r("−", raised) + r("3", raised) + r(" in the 2") + r("nd", raised) + r(" layer"))
    )
    assert block.text == "6.08 · 10^{−3} in the 2nd layer"


def test_lists_with_their_labels():
    document = docx.Document()
    numbering = document.part.numbering_part.element
    level = '<w:lvl w:ilvl="{0}"><w:start w:val="1"/><w:numFmt w:val="{1}"/><w:lvlText w:val="{2}"/></w:lvl>'
    forms = (
        level.format(0, "decimal", "Problem %1:")
        + level.format(1, "lowerLetter", "(%2)")
        + level.format(2, "bullet", "•")
    )
    numbering.insert(0, parse_xml(f'<w:abstractNum {_W} w:abstractNumId="77">{forms}</w:abstractNum>'))
    numbering.append(parse_xml(f'<w:num {_W} w:numId="77"><w:abstractNumId w:val="77"/></w:num>'))
    for depth, words in [(0, "x"), (1, "y"), (1, "z"), (2, "deep"), (0, "next"), (1, "again")]:
        properties = document.add_paragraph(words)._p.get_or_add_pPr()
        properties.append(parse_xml(f'<w:numPr {_W}><w:ilvl w:val="{depth}"/><w:numId w:val="77"/></w:numPr>'))
    assert [(block.level, block.mark, block.runs[0].text) for block in read(document)] == [
        (1, "Problem 1:", "x"),
        (2, "(a)", "y"),
        (2, "(b)", "z"),
        (3, "", "deep"),
        (1, "Problem 2:", "next"),
        (2, "(a)", "again"),
    ]


def test_a_label_before_a_heading_is_part_of_it():
    document = docx.Document()
    numbering = document.part.numbering_part.element
    level = '<w:lvl w:ilvl="0"><w:start w:val="3"/><w:numFmt w:val="upperRoman"/><w:lvlText w:val="%1."/></w:lvl>'
    numbering.insert(0, parse_xml(f'<w:abstractNum {_W} w:abstractNumId="78">{level}</w:abstractNum>'))
    numbering.append(parse_xml(f'<w:num {_W} w:numId="78"><w:abstractNumId w:val="78"/></w:num>'))
    heading = document.add_heading("Pooling", 1)
    heading._p.get_or_add_pPr().append(parse_xml(f'<w:numPr {_W}><w:ilvl w:val="0"/><w:numId w:val="78"/></w:numPr>'))
    assert [block.text for block in read(document)] == ["III. Pooling"]


def test_links_notes_and_comments():
    document = docx.Document()
    paragraph = document.add_paragraph("See ")
    link = OxmlElement("w:hyperlink")
    link.set(qn("r:id"), document.part.relate_to("https://example.org/nb", f"{_RELATION}/hyperlink", is_external=True))
    link.append(parse_xml(f"<w:r {_W}><w:t>the notebook</w:t></w:r>"))
    paragraph._p.append(link)
    run = document.add_paragraph().add_run("Total: 75")
    document.add_comment(run, text="should be 608", author="me", initials="m")
    first, second = read(document)
    assert [run.link for run in first.runs] == ["", "https://example.org/nb"]
    assert second.text == "Total: 75" and "608" in second.hidden


_RELATION = "http://schemas.openxmlformats.org/officeDocument/2006/relationships"


def test_text_boxes_and_controls():
    box = (
        f"<w:pict><v:shape><v:textbox><w:txbxContent>{p(r('in a box'))}</w:txbxContent></v:textbox></v:shape></w:pict>"
    )
    both = f"<mc:Choice Requires='wps'>{box}</mc:Choice><mc:Fallback>{box}</mc:Fallback>"
    both = f"<mc:AlternateContent>{both}</mc:AlternateContent>"
    control = f"<w:sdt><w:sdtPr/><w:sdtContent>{p(r('in a control'))}</w:sdtContent></w:sdt>"
    prompt = f"<w:sdt><w:sdtPr><w:showingPlcHdr/></w:sdtPr><w:sdtContent>{r('Enter 608 here')}</w:sdtContent></w:sdt>"
    blocks = body(p(r("before") + f"<w:r>{both}</w:r>") + control + p(r("Answer: ") + prompt))
    assert said(blocks) == ["before", "in a box", "in a control", "Answer: "]


def test_breaks_and_tabs_and_signs():
    signs = "<w:t>a</w:t><w:tab/><w:t>b</w:t><w:br/><w:noBreakHyphen/><w:t>3</w:t>"
    times = '<w:sym w:font="Symbol" w:char="F0B4"/>'
    assert said(body(p(f"<w:r>{signs}{times}</w:r>"))) == ["a\tb\n-3×"]


def test_signs_that_only_a_font_draws():
    assert said(body(p(r("8\uf0d776 = 608, or \uf02d3")))) == ["8⋅76 = 608, or −3"]


_NUMBER = "608"


def test_whatever_stands_around_words_is_read_through():
    assert said(body(f"<w:unknown>{p(f'<w:smartTag><w:smartTagPr/>{r(_NUMBER)}</w:smartTag>')}</w:unknown>")) == ["608"]


def test_codes_of_fields_are_not_seen():
    field = "<w:r><w:fldChar w:fldCharType='{}'/></w:r>"
    words = field.format("begin") + '<w:r><w:instrText>HYPERLINK "https://example.org"</w:instrText></w:r>' + r("608")
    words += field.format("separate") + r("here") + field.format("end") + r(" and there")
    (block,) = body(p(words))
    assert block.text == "here and there" and block.hidden == "608"
    assert [run.link for run in block.runs if run.text == "here"] == ["https://example.org"]


def test_pictures_and_objects():
    document = docx.Document()
    document.add_paragraph().add_run().add_picture(_picture(), width=Pt(300), height=Pt(200))
    document.add_paragraph("W = ").add_run().add_picture(_picture(), width=Pt(30), height=Pt(12))
    equation = '<w:r><w:object><v:shape/><o:OLEObject Type="Embed" ProgID="Equation.DSMT4"/></w:object></w:r>'
    document.add_paragraph("V = ")._p.append(parse_xml(equation.replace("<w:r>", f"<w:r {_W}>")))
    blocks = read(document)
    assert [block.kind for block in blocks] == ["figure", "paragraph", "unread", "paragraph", "unread"]
    assert "formula" in blocks[-1].runs[0].text


def test_a_table_that_frames_an_answer_is_no_table():
    blocks = body(f"<w:tbl><w:tr><w:tc>{p(r('Answer: 608'))}{p(r('since'))}</w:tc></w:tr></w:tbl>")
    assert [(block.kind, block.text) for block in blocks] == [("paragraph", "Answer: 608"), ("paragraph", "since")]


def test_cells_that_span_columns_keep_the_others_in_theirs():
    wide = f'<w:tc><w:tcPr><w:gridSpan w:val="2"/></w:tcPr>{p(r("shape"))}</w:tc>'
    cell = f"<w:tc>{p(r('8'))}</w:tc>"
    (table,) = body(f"<w:tbl><w:tr>{wide}{cell}</w:tr><w:tr>{cell * 3}</w:tr></w:tbl>")
    assert table.text == "| shape |  | 8 |\n| 8 | 8 | 8 |"


def m(text, properties=""):
    return f"<m:r>{properties}<m:t>{text}</m:t></m:r>"


def e(inside, name="e"):
    return f"<m:{name}>{inside}</m:{name}>"


_MATRIX = f"<m:m><m:mr>{e(m('1'))}{e(m('−2'))}</m:mr><m:mr>{e(m('0.5'))}{e(m('4'))}</m:mr></m:m>"
_ENTRIES = r"1 & -2 \\ 0.5 & 4"
_BRACKETS = '<m:dPr><m:begChr m:val="{}"/><m:endChr m:val="{}"/></m:dPr>'
_EQUATIONS = f"<m:eqArr>{e(m('1&amp;, x'))}{e(m('0&amp;, y'))}</m:eqArr>"
_UPRIGHT = "<m:rPr><m:sty m:val='p'/></m:rPr>"
FORMULAS = {
    "a sum of numbers": (m("75+1=76"), "75+1=76"),
    "times": (m("8×76"), r"8\times 76"),
    "a fraction": (f"<m:f>{e(m('1'), 'num')}{e(m('2'), 'den')}</m:f>", r"\frac{1}{2}"),
    "a power": (f"<m:sSup>{e(m('10'))}{e(m('−3'), 'sup')}</m:sSup>", "10^{-3}"),
    "a power that wasn't built up": (m("10^-3"), "10^{-3}"),
    "a foot": (f"<m:sSub>{e(m('x'))}{e(m('i'), 'sub')}</m:sSub>", "x_{i}"),
    "foot and head": (f"<m:sSubSup>{e(m('x'))}{e(m('i'), 'sub')}{e(m('2'), 'sup')}</m:sSubSup>", "x_{i}^{2}"),
    "a root": (f"<m:rad><m:radPr><m:degHide m:val='1'/></m:radPr><m:deg/>{e(m('2'))}</m:rad>", r"\sqrt{2}"),
    "a cubic root": (f"<m:rad>{e(m('3'), 'deg')}{e(m('8'))}</m:rad>", r"\sqrt[3]{8}"),
    "a sum": (
        f"<m:nary><m:naryPr><m:chr m:val='∑'/></m:naryPr>{e(m('i'), 'sub')}{e(m('n'), 'sup')}{e(m('x'))}</m:nary>",
        r"\sum_{i}^{n} x",
    ),
    "parentheses": (f"<m:d>{e(m('a+b'))}</m:d>", "(a+b)"),
    "a shape": (f'<m:d><m:dPr><m:sepChr m:val=","/></m:dPr>{e(m("28"))}{e(m("8"))}</m:d>', "(28, 8)"),
    "a matrix": (
        f"<m:d>{_BRACKETS.format('[', ']')}{e(_MATRIX)}</m:d>",
        rf"\begin{{bmatrix}} {_ENTRIES} \end{{bmatrix}}",
    ),
    "a matrix in parentheses": (f"<m:d>{e(_MATRIX)}</m:d>", rf"\begin{{pmatrix}} {_ENTRIES} \end{{pmatrix}}"),
    "a matrix alone": (_MATRIX, rf"\begin{{matrix}} {_ENTRIES} \end{{matrix}}"),
    "cases": (
        f"<m:d>{_BRACKETS.format('{', '')}{e(_EQUATIONS)}</m:d>",
        r"\begin{cases} 1 & , x \\ 0 & , y \end{cases}",
    ),
    "equations": (
        f"<m:eqArr>{e(m('a&amp;=1'))}{e(m('b&amp;=2'))}</m:eqArr>",
        r"\begin{aligned} a & =1 \\ b & =2 \end{aligned}",
    ),
    "a function": (
        f"<m:func>{e(m('log', _UPRIGHT), 'fName')}{e(m('p'))}</m:func>",
        r"\log p",
    ),
    "a hat": (f"<m:acc>{e(m('y'))}</m:acc>", r"\hat{y}"),
    "a bar": (f"<m:bar><m:barPr><m:pos m:val='top'/></m:barPr>{e(m('x'))}</m:bar>", r"\bar{x}"),
    "a limit": (
        f"<m:limLow>{e(m('max', _UPRIGHT))}{e(m('i'), 'lim')}</m:limLow>",
        r"\max_{i}",
    ),
    "a brace": (f"<m:groupChr>{e(m('a+b'))}</m:groupChr>", r"\underbrace{a+b}"),
    "a box": (f"<m:borderBox>{e(m('608'))}</m:borderBox>", r"\boxed{608}"),
    "struck out": (
        f"<m:borderBox><m:borderBoxPr><m:strikeBLTR m:val='1'/></m:borderBoxPr>{e(m('75'))}</m:borderBox>{m('608')}",
        r"\cancel{75}608",
    ),
    "a phantom": (f"<m:phant><m:phantPr><m:show m:val='0'/></m:phantPr>{e(m('608'))}</m:phant>{m('75')}", "75"),
    "deleted": (f"<w:del>{m('75')}</w:del><w:ins>{m('608')}</w:ins>", r"\cancel{75}608"),
    "words": (m("in all", "<m:rPr><m:nor/></m:rPr>"), r"\text{in all}"),
    "bold": (m("W", '<m:rPr><m:sty m:val="b"/></m:rPr>'), r"\mathbf{W}"),
    "vanished": (m("608", "<w:rPr><w:vanish/></w:rPr>") + m("75"), "75"),
}


@pytest.mark.parametrize(("formula", "latex"), FORMULAS.values(), ids=FORMULAS)
def test_formulas(formula, latex):
    inline, displayed = body(
        p(r("It is ") + f"<m:oMath>{formula}</m:oMath>") + p(f"<m:oMathPara><m:oMath>{formula}</m:oMath></m:oMathPara>")
    )
    assert inline.text == f"It is ${latex}$"
    assert (displayed.kind, displayed.text) == ("formula", f"$${latex}$$")


def test_words_around_a_displayed_formula():
    formula = f"<m:oMathPara><m:oMath>{m('8')}</m:oMath></m:oMathPara>"
    assert said(body(p(r("We have") + formula + r("filters.")))) == ["We have", "$$8$$", "filters."]


def _with(raw, part, content):
    """A package with this part in place of its own."""
    out = io.BytesIO()
    with zipfile.ZipFile(io.BytesIO(raw)) as source, zipfile.ZipFile(out, "w", zipfile.ZIP_DEFLATED) as target:
        for entry in source.namelist():
            target.writestr(entry, content if entry == part else source.read(entry))
    return out.getvalue()


def _good():
    document = docx.Document()
    document.add_paragraph("608")
    return _saved(document)


_MAIN = "word/document.xml"
_ENTITY = b'<!DOCTYPE x [<!ENTITY a "608">]><x><body><p><r><t>&a;</t></r></p></body></x>'
_BROKEN = {
    "empty": (lambda: b"", "empty"),
    "no zip": (lambda: b"The answer is 608.", "zip"),
    "cut off": (lambda: _good()[:2000], "cut off"),
    "broken XML": (lambda: _with(_good(), _MAIN, b"<w:document><"), "broken in its part"),
    "entities": (lambda: _with(_good(), _MAIN, _ENTITY), "entities"),
    "without a body": (lambda: _with(_good(), _MAIN, b"<document/>"), "no body"),
    "a bomb": (lambda: _with(_good(), _MAIN, b"<document>" + b" " * 40_000_000), "unpacks to more"),
    "nested without end": (lambda: _with(_good(), _MAIN, b"<a>" * 5000 + b"</a>" * 5000), "broken"),
    "encrypted": (lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + "EncryptedPackage".encode("utf-16-le"), "encrypted"),
    "old Word": (lambda: b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(500), "old office program"),
}


@pytest.mark.parametrize(("raw", "found"), _BROKEN.values(), ids=_BROKEN)
def test_what_cannot_be_read_says_why(raw, found):
    with pytest.raises(SubmissionError, match=re.escape(found)) as caught:
        parse("report.docx", raw())
    assert caught.value.where == "report.docx"


def test_another_zip_is_no_word_document():
    out = io.BytesIO()
    with zipfile.ZipFile(out, "w") as archive:
        archive.writestr("a.txt", "608")
    with pytest.raises(SubmissionError, match="no Word document"):
        parse("report.docx", out.getvalue())


def test_tables_in_tables_without_end_are_refused():
    xml = "<w:tbl><w:tr><w:tc>" * 60 + "</w:tc></w:tr></w:tbl>" * 60
    with pytest.raises(SubmissionError, match="in each other"):
        body(xml)


def test_the_strict_form_of_the_format_is_read():
    raw = _good()
    with zipfile.ZipFile(io.BytesIO(raw)) as archive:
        main = archive.read(_MAIN).replace(
            b"http://schemas.openxmlformats.org/wordprocessingml/2006/main",
            b"http://purl.oclc.org/ooxml/wordprocessingml/main",
        )
    assert said(parse("report.docx", _with(raw, _MAIN, main)).blocks) == ["608"]
