"""Files that no library here reads are named, by their endings and by how they begin."""

import pytest

from grader.documents.unreadable import ENDINGS, why_not_read

_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1" + bytes(40)
CASES = {
    "old Word": ("report.doc", _OLE, "old Word"),
    "old Word under a new ending": ("report.docx", _OLE, "old office program"),
    "Pages": ("report.pages", b"PK\x03\x04", "Pages"),
    "RAR": ("all.rar", b"Rar!\x1a\x07\x00", "archive of RAR"),
    "RAR under another ending": ("all.zip", b"Rar!\x1a\x07\x00", "archive of RAR"),
    "7-Zip": ("all.7z", b"7z\xbc\xaf\x27\x1c", "7-Zip"),
    "a photograph": ("page1.JPG", b"\xff\xd8\xff\xe0", "picture: a person"),
    "a photograph without an ending": ("page1", b"\xff\xd8\xff\xe0", "picture: a person"),
    "a photograph of a telephone": ("page1.heic", b"\0\0\0\x18ftypheic", "picture"),
    "a photograph under another ending": ("page1.jpg", b"\0\0\0\x18ftypheic", "picture"),
    "a picture named as a document": ("report.pdf", b"\x89PNG\r\n\x1a\n", "picture"),
    "a film": ("me.mov", b"\0\0\0\x14ftypqt  ", "film"),
    "sound": ("me.m4a", b"\0\0\0\x14ftypM4A ", "sound"),
    "a shortcut": ("report.gdoc", b'{"url": ""}', "shortcut"),
    "a spreadsheet": ("table.xlsx", b"PK\x03\x04", "spreadsheet"),
    "an e-book": ("report.epub", b"PK\x03\x04", "e-book"),
    "a page of the web": ("report.mht", b"MIME-Version: 1.0", "page of the web"),
    "a PDF without an ending": ("report", b"%PDF-1.7", "name it .pdf"),
    "a pointer": ("net.pt", b"version https://git-lfs.github.com/spec/v1", "git lfs pull"),
    "an unfinished download": ("report.pdf.crdownload", b"%PDF", "unfinished"),
    "nothing": ("report.doc", b"", "empty"),
    "bytes": ("report.xyz", b"a\0b", "no text"),
    "words": ("report.xyz", b"The answer is 608.", "kind that is not read"),
    "words that begin as sound does": ("trees.xyz", b"ID3 grows trees.", "kind that is not read"),
}


@pytest.mark.parametrize(("name", "head", "said"), CASES.values(), ids=CASES)
def test_files_are_named(name, head, said):
    assert said in why_not_read(name, head)


@pytest.mark.parametrize("ending", ENDINGS)
def test_each_ending_says_what_to_do(ending):
    what, advice = ENDINGS[ending].split(". ", 1)
    assert what.startswith("is ") and advice.endswith(".")
