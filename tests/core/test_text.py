"""What strangers' editors write is read whatever they encode it in."""

import pytest

from grader.core.text import decoded, encoding_of

WRITTEN = "Die Lösung: es sind 45 Größen.\nNo more.\n"


@pytest.mark.parametrize(
    "encoding",
    ["utf-8", "utf-8-sig", "utf-16", "utf-16-le", "utf-16-be", "utf-32", "utf-32-le", "utf-32-be", "cp1252"],
)
def test_an_encoding_is_found_with_a_mark_or_without(encoding):
    raw = WRITTEN.encode(encoding)
    assert decoded(raw) == WRITTEN
    assert encoding_of(raw) is not None


@pytest.mark.parametrize("ended", ["\r\n", "\r"])
def test_lines_end_alike(ended):
    assert decoded(WRITTEN.replace("\n", ended).encode()) == WRITTEN


def test_a_document_that_names_its_encoding_is_believed_after_its_mark():
    assert decoded("Ответ: 45".encode("koi8-r"), "koi8-r") == "Ответ: 45"
    assert decoded("Ответ: 45".encode("utf-8-sig"), "koi8-r") == "Ответ: 45"
    assert decoded(WRITTEN.encode(), "no-such-encoding") == WRITTEN


def test_one_stray_byte_leaves_the_rest_as_it_is():
    assert decoded("Lösung, Größe, Maß: ".encode() + b"\xe9") == "Lösung, Größe, Maß: \ufffd"


@pytest.mark.parametrize("raw", [bytes(range(256)) * 20, b"\x7fELF\x01\x00\x00\x00\x02" * 50])
def test_what_programs_write_is_no_text(raw):
    assert encoding_of(raw) is None
