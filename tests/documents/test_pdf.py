"""PDFs as blocks: what stands where, in what style, and what nobody sees. Written by hand, operator by operator."""

import pytest
from pdfs import rule, text, written

from grader.core.errors import SubmissionError
from grader.documents import parse

PROSE = [text(72, 700, "The answer stands in a sentence."), text(72, 686, "It goes on in another line.")]
BROWSER = [
    text(24, 775, "3/14/26, 1:59 PM", 8),
    text(300, 775, "A report", 8),
    text(24, 17, "about:blank", 8),
    text(575, 17, "1/1", 8),
]


def read(*pages, **how):
    return parse("a.pdf", written(*pages, **how)).blocks


def shown(blocks):
    return [(block.kind, block.text) for block in blocks]


def hidden(blocks):
    return [(run.hidden, run.text) for block in blocks for run in block.runs if run.hidden]


UNSEEN = {
    "white on white": ([text(72, 600, "608 weights", more="1 g")], "white text"),
    "nearly white": ([text(72, 600, "608 weights", more="0.97 g")], "white text"),
    "dark on dark": (
        ["q 0.1 g 60 590 200 30 re f Q", text(72, 600, "608 weights", more="0.12 g")],
        "text in the colour of its ground",
    ),
    "an invisible mode": ([text(72, 600, "608 weights", more="3 Tr")], "invisible text"),
    "tiny": ([text(72, 600, "608 weights", 1)], "tiny text"),
    "above the page": ([text(72, 900, "608 weights")], "outside of the page"),
    "clipped": (["q 0 0 50 50 re W n", text(72, 600, "608 weights"), "Q"], "clipped away"),
    "painted over": ([text(72, 600, "608 weights"), "q 1 g 60 590 200 30 re f Q"], "covered"),
}


@pytest.mark.parametrize(("page", "why"), UNSEEN.values(), ids=UNSEEN)
def test_what_nobody_sees_is_hidden_and_says_why(page, why):
    blocks = read(PROSE + page)
    assert hidden(blocks) == [(why, "608 weights")]
    assert "608" not in "".join(block.text for block in blocks)


SEEN = {
    "white on dark": ["q 0 g 60 590 200 30 re f Q", text(72, 600, "608 weights", more="1 g")],
    "grey": [text(72, 600, "608 weights", more="0.6 g")],
    "on a coloured ground": ["q 1 1 0.8 rg 60 590 200 30 re f Q", text(72, 600, "608 weights")],
    "on what is cut out of a ground": [
        "q 60 590 200 30 re 0 0 612 792 re W* n 0 g 50 580 220 50 re f Q",
        text(72, 600, "608 weights"),
    ],
    "white where a ground is cut out": ["q 0 g 60 590 200 30 re f Q", text(72, 600, "608 weights", more="1 g")],
    "small": [text(72, 600, "608 weights", 5)],
}


@pytest.mark.parametrize("page", SEEN.values(), ids=SEEN)
def test_what_is_seen_is_not_hidden(page):
    blocks = read(PROSE + page)
    assert not hidden(blocks) and "608 weights" in blocks[-1].text


def test_words_recognised_on_a_scan_are_its_text():
    blocks = read(["q 612 0 0 792 0 0 cm /Im Do Q", text(72, 600, "608 weights", more="3 Tr")])
    assert ("paragraph", "608 weights") in shown(blocks) and not hidden(blocks)
    assert [block.runs[0].text for block in blocks if block.kind == "unread"] == [
        "a scanned page: its words come from recognition"
    ]


def test_a_page_that_is_a_picture_is_unread_where_it_stands():
    blocks = read(PROSE, ["q 612 0 0 792 0 0 cm /Im Do Q"], PROSE)
    assert [(block.kind, block.source.page) for block in blocks] == [
        ("paragraph", 1),
        ("figure", 2),
        ("unread", 2),
        ("paragraph", 3),
    ]


def test_a_figure_stands_between_the_words_around_it():
    blocks = read([*PROSE, "q 200 0 0 100 72 500 cm /Im Do Q", text(72, 450, "It shows noise.")])
    assert [block.kind for block in blocks] == ["paragraph", "figure", "paragraph"]


DRAWN = {
    "curves": "q 100 600 m 110 610 120 590 130 600 c 128 606 l 100 612 l f 134 600 m 144 610 154 590 164 600 c S Q",
    "a small picture": "q 60 0 0 14 72 600 cm /Im Do Q",
}


@pytest.mark.parametrize("drawn", DRAWN.values(), ids=DRAWN)
def test_a_drawn_formula_is_unread_where_it_stands(drawn):
    blocks = read([*PROSE, drawn, text(72, 500, "So it is.")])
    assert [block.kind for block in blocks] == ["paragraph", "unread", "paragraph"]


def test_handwriting_over_a_page_of_words_is_unread():
    words = [text(72, 700 - 20 * i, "a page of words that somebody wrote on " * 2, 9) for i in range(20)]
    places = [(60 + 9 * i, 690 - 8 * i) for i in range(50)]
    strokes = [f"{x} {y} m {x + 9} {y + 15} {x + 15} {y - 9} {x + 20} {y + 5} c S" for x, y in places]
    assert [block.kind for block in read(words + strokes)].count("unread") == 1


FURNITURE = {
    "a browser's": [BROWSER + PROSE],
    "numbers": [[*PROSE, text(300, 30, str(i))] for i in (1, 2, 3)],
    "numbers from elsewhere": [[*PROSE, text(300, 30, str(i))] for i in (17, 18)],
    "numbers of all": [[*PROSE, text(280, 30, f"Page {i} of 2")] for i in (1, 2)],
    "numbers with a stroke": [[*PROSE, text(290, 30, f"{i} / 2")] for i in (1, 2)],
    "a running title": [[text(72, 760, "Ada Lovelace, 97"), text(72, 700, f"Part {i} is here.")] for i in (1, 2, 3)],
    "a running title with numbers": [
        [text(72, 760, "Networks"), text(500, 760, str(i)), text(72, 700, f"Part {i} is here.")] for i in (1, 2, 3)
    ],
}


@pytest.mark.parametrize("pages", FURNITURE.values(), ids=FURNITURE)
def test_what_a_printer_adds_is_left_out(pages):
    said = "\n".join(block.text for block in read(*pages))
    for added in ("1:59", "PM", "about:", "1/1", "Page", "17", "18", "1 / 2", "Ada", "97", "Networks", "\n2", "\n3"):
        assert added not in said
    assert "here." in said or "sentence." in said


KEPT = {
    "a number as the last line": [
        [text(72, 700 - 14 * i, "words of a line") for i in range(46)] + [text(72, 56, "608")]
    ],
    "headings at the top of each page": [[text(72, 720, f"Problem {i}"), text(72, 700, "608")] for i in (1, 2)],
    "answers at one place of each page": [
        [text(72, 720, f"Problem {i}"), text(72, 690, f"It is 60{i}.")] for i in (1, 2)
    ],
    "a number that isn't the page's": [[*PROSE, text(72, 90, "608")]],
    "a number that happens to be the page's": [[*PROSE, text(72, 100, "1")]],
    "all of a page": [[text(72, 740, "608")], [text(72, 740, "608")]],
}


@pytest.mark.parametrize("pages", KEPT.values(), ids=KEPT)
def test_what_only_looks_like_furniture_is_kept(pages):
    blocks = read(*pages)
    lines = sum(len(page) for page in pages)
    assert sum(block.text.count("\n") + 1 for block in blocks) == lines


def test_headings_are_larger_or_bold_and_their_levels_go_by_size():
    page = [
        text(72, 740, "A report", 20),
        text(72, 700, "First part", 15, "B"),
        *[text(72, 680 - 13 * i, "Words of the text that go from one side of it to the other one.") for i in range(4)],
        text(72, 600, "(c)", 11, "B"),
        text(72, 580, "Words with a"),
        text(140, 580, "bold", 11, "B"),
        text(166, 580, "one."),
    ]
    assert [(b.kind, b.level, b.text) for b in read(page) if b.kind == "heading"] == [
        ("heading", 1, "A report"),
        ("heading", 2, "First part"),
        ("heading", 3, "(c)"),
    ]
    last = read(page)[-1]
    assert last.kind == "paragraph" and [run.text.strip() for run in last.runs if run.bold] == ["bold"]


def test_an_underlined_line_is_a_heading_and_a_line_through_words_strikes_them():
    page = [text(72, 700, "Problem 3"), rule(72, 698, 119), text(72, 670, "It is 600 608."), rule(96, 673.5, 116)]
    heading, paragraph = read(page)
    assert (heading.kind, heading.text) == ("heading", "Problem 3")
    assert [run.text for run in paragraph.runs if run.struck] == ["600"] and "600" not in paragraph.text


ITEMS = {
    "(a)": ("(a)", "(a) first"),
    "1.": ("1.", "1. first"),
    "iv)": ("iv)", "iv) first"),
    "\x95": ("", "- first"),
    "-": ("", "- first"),
}


@pytest.mark.parametrize(("written_as", "expected"), ITEMS.items(), ids=repr)
def test_items_of_lists_have_their_marks(written_as, expected):
    page = [*PROSE, text(80, 650, written_as), text(100, 650, "first"), text(100, 637, "and more")]
    page[-3] = page[-3].replace("\x95", r"\267")
    item = read(page)[-1]
    assert (item.kind, item.mark, item.text.replace("\n", " ")) == ("item", expected[0], f"{expected[1]} and more")


def test_items_beside_each_other_are_items():
    page = [
        *PROSE,
        text(72, 640, "(a) 608"),
        text(300, 640, "(b) 12"),
        text(72, 620, "(c) 0.5"),
        text(300, 620, "(d) 7"),
    ]
    assert [(block.mark, block.text) for block in read(page)[1:]] == [
        ("(a)", "(a) 608"),
        ("(b)", "(b) 12"),
        ("(c)", "(c) 0.5"),
        ("(d)", "(d) 7"),
    ]


def test_a_negative_number_is_no_item():
    assert read([*PROSE, text(72, 640, "- 0.75")])[-1].text == "- 0.75"
    assert read([*PROSE, text(72, 640, "0.75 is it")])[-1].kind == "paragraph"


def test_lines_that_the_author_may_have_begun_stay_lines():
    wide = "This line is as wide as the text is, from its left margin to the right."
    page = [text(72, 700, wide), text(72, 686, "Weights: 600"), text(72, 672, "Biases: 8"), text(72, 658, wide)]
    page.append(text(72, 644, "ends here."))
    (block,) = read(page)
    assert block.text == f"{wide} Weights: 600\nBiases: 8\n{wide} ends here."


def test_words_broken_at_the_end_of_a_line_are_whole_again():
    page = [text(72, 700, "They say that it is a convolu-"), text(72, 686, "tional one, state-of-the-")]
    assert read([*page, text(72, 672, "art it is not.")])[0].text.replace("\n", " ") == (
        "They say that it is a convolutional one, state-of-the-art it is not."
    )


CELLS = [("Layer", "Number", "Share"), ("Conv", "608", "0.9"), ("Dense", "10", "0.1")]


def cells(left, top, step=100, height=20):
    return [text(left + step * k, top - height * i, cell) for i, row in enumerate(CELLS) for k, cell in enumerate(row)]


GRID = [rule(70, 694 - 20 * i + 20, 370) for i in range(4)] + [
    f"{70 + 100 * k} 714 m {70 + 100 * k} 654 l S" for k in range(4)
]
TABLES = {
    "ruled": cells(75, 700) + GRID,
    "boxes": cells(75, 700) + [f"{70 + 100 * k} {694 - 20 * i} 98 18 re S" for i in range(3) for k in range(3)],
    "between rules": cells(75, 700, height=14) + [rule(70, y, 370) for y in (712, 696, 668)],
    "aligned": cells(75, 700, height=14),
    "a cross of rules": [*cells(75, 700, height=14), rule(70, 695, 370), "150 712 m 150 666 l S"],
}


@pytest.mark.parametrize("page", TABLES.values(), ids=TABLES)
def test_tables_are_read_row_by_row(page):
    page = [text(72, 750, "A table of layers:"), *page, text(72, 600, "That is all.")]
    blocks = read(page)
    assert [block.kind for block in blocks] == ["paragraph", "table", "paragraph"]
    assert [tuple(cell[0].text for cell in row) for row in blocks[1].rows] == CELLS


RULES = [rule(70, y, 370) for y in (712, 696, 682)]


def rows(*lines):
    return [text(75 + 100 * k, 700 - 14 * i, cell) for i, line in enumerate(lines) for k, cell in enumerate(line)]


def test_a_table_that_goes_on_over_the_page_is_one():
    above, head, first, second = text(72, 750, "A table of layers:"), *CELLS
    blocks = read([above, *rows(head, first), *RULES], [*rows(head, second), *RULES])
    assert [block.kind for block in blocks] == ["paragraph", "table"]
    assert [tuple(cell[0].text for cell in row) for row in blocks[1].rows] == CELLS


def test_tables_of_two_pages_with_other_heads_are_two():
    blocks = read([*rows(*CELLS[:2]), *RULES], [*rows(("Epoch", "Loss", "Seconds"), ("1", "0.9", "4")), *RULES])
    assert [block.kind for block in blocks] == ["table", "table"]


def test_columns_of_a_page_are_read_one_after_the_other():
    left = [text(72, 640 - 14 * i, f"The words of the left column, {i}.") for i in range(12)]
    right = [text(330, 641 - 14 * i, f"The words of the right column, {i}.") for i in range(12)]
    page = [line for both in zip(left, right, strict=True) for line in both]
    said = " ".join(
        block.text for block in read([text(150, 700, "A title that stands over both of the columns", 12), *page])
    )
    numbers = [word.strip(".") for word in said.split() if word.strip(".").isdigit()]
    assert numbers == [str(i) for i in range(12)] * 2 and said.index("left") < said.index("right")


def test_code_keeps_its_lines_and_their_indentation():
    page = [*PROSE, text(72, 640, "for i in x:", 10, "C"), text(96, 627, "print(i)", 10, "C"), text(72, 600, "So.")]
    code = next(block for block in read(page) if block.kind == "code")
    assert code.runs[0].text == "for i in x:\n    print(i)"


TURNED = {90: "0 1 -1 0 500 100", 270: "0 -1 1 0 100 700", 180: "-1 0 0 -1 500 700"}


@pytest.mark.parametrize(("degrees", "matrix"), TURNED.items())
def test_a_page_that_lies_on_its_side_is_read(degrees, matrix):
    page = [f"q {matrix} cm", text(0, 0, "Problem 1", font="B"), text(0, -30, "It is 608."), "Q"]
    assert shown(read(page, rotate=degrees)) == [("heading", "Problem 1"), ("paragraph", "It is 608.")]


def test_words_along_the_edge_of_a_page_are_words_of_their_own():
    page = [*PROSE, "q 0 1 -1 0 30 300 cm", text(0, 0, "Along the edge"), "Q"]
    assert shown(read(page))[-1] == ("paragraph", "Along the edge")


def test_a_link_lies_behind_its_words():
    link = "<< /Type /Annot /Subtype /Link /Rect [70 690 120 712] /A << /S /URI /URI (https://example.org/a) >> >>"
    (block,) = read([text(72, 700, "notebook and more")], annotations=link)
    assert [(run.text.strip(), run.link) for run in block.runs] == [
        ("notebook", "https://example.org/a"),
        ("and more", ""),
    ]


def note(kind, rect, more):
    return f"<< /Type /Annot /Subtype /{kind} /Rect [{rect}] {more} >>"


NOTES = {
    "typed on the page": (note("FreeText", "72 590 200 610", "/Contents (608) /DA (0 g)"), ("paragraph", "608"), ""),
    "a field": (note("Widget", "72 590 200 610", "/FT /Tx /T (a) /V (608)"), ("paragraph", "608"), ""),
    "a comment": (note("Text", "72 590 90 610", "/Contents (608)"), ("paragraph", ""), "a comment"),
    "ink": (note("Ink", "72 590 200 610", "/InkList [[72 590 200 610]]"), ("unread", ""), ""),
}


@pytest.mark.parametrize(("annotation", "expected", "why"), NOTES.values(), ids=NOTES)
def test_what_was_laid_on_a_page_is_read_where_it_lies(annotation, expected, why):
    blocks = read([*PROSE, text(72, 500, "The end.")], annotations=annotation)
    assert [(block.kind, block.text) for block in blocks][1:] == [expected, ("paragraph", "The end.")]
    assert [run.hidden for run in blocks[1].runs] == [why]


def test_an_annotation_strikes_words_out():
    quad = note("StrikeOut", "95 698 118 712", "/QuadPoints [96 710 116 710 96 698 116 698]")
    (block,) = read([text(72, 700, "It is 600 608.")], annotations=quad)
    assert [run.text for run in block.runs if run.struck] == ["600"]


def test_a_stacked_fraction_and_raised_numbers_are_formulas():
    page = [
        text(72, 700, "The gradient is"),
        text(146, 704, "3", 8),
        rule(145, 702.5, 151),
        text(146, 695, "4", 8),
        text(153, 700, ", and 10"),
        text(188.5, 704, "2", 7),
        text(200, 700, "units."),
    ]
    (block,) = read(page)
    assert [run.text for run in block.runs if run.formula] == [r"\frac{3}{4}", "10^{2}"]


def test_a_number_in_a_frame_is_boxed_and_words_in_one_are_bold():
    page = [*PROSE, text(72, 600, "It is 608"), "94 596 24 14 re S", text(72, 560, "Problem 3"), "70 556 60 14 re S"]
    blocks = read(page)
    assert [run.text for run in blocks[1].runs if run.formula] == [r"\boxed{608}"]
    assert blocks[2].kind == "heading"


ENCRYPTED = b"""%PDF-1.4
1 0 obj <</Type /Catalog /Pages 2 0 R>> endobj
2 0 obj <</Type /Pages /Kids [] /Count 0>> endobj
3 0 obj <</Filter /Standard /V 1 /R 2 /P -4 /O (oooooooooooooooooooooooooooooooo)
/U (uuuuuuuuuuuuuuuuuuuuuuuuuuuuuuuu)>> endobj
trailer <</Root 1 0 R /Encrypt 3 0 R /ID [(0123456789abcdef) (0123456789abcdef)]>>
%%EOF
"""
UNREADABLE = {
    "broken": (b"%PDF-1.4 broken", "is no readable PDF"),
    "empty": (b"", "is no readable PDF"),
    "encrypted": (ENCRYPTED, "is encrypted"),
    "without words": (written([""]), "holds no text"),
    "a picture": (written(["q 612 0 0 792 0 0 cm /Im Do Q"]), "holds no text, only pictures"),
}


@pytest.mark.parametrize(("content", "said"), UNREADABLE.values(), ids=UNREADABLE)
def test_what_can_not_be_read_says_why(content, said):
    with pytest.raises(SubmissionError, match=said):
        parse("a.pdf", content)


def test_a_page_that_holds_too_much_says_so():
    page = [text(2, 780 - 8 * i, "xy" * 500, 4) for i in range(80)]
    assert read(page)[-1].kind == "unread"
