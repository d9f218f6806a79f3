"""What nobody's library reads here, named for the person who will: what a file is, and what to hand in instead."""

from collections.abc import Iterable

_TEXT = "Export a PDF or a .docx from it."
_ARCHIVE = "Pack the files again as a .zip."
_PICTURE = "is a picture: a person reads it"
_ON_THE_WEB = "is only a shortcut to a document on the web, not the document"

# What a file is, and what to do about it, by its endings.
_KINDS: tuple[tuple[str, str, tuple[str, ...]], ...] = (
    ("is a document of old Word", "Save it as .docx or PDF.", (".doc", ".dot")),
    ("is a document of Pages", _TEXT, (".pages",)),
    ("is a presentation of Keynote", "Export a PDF from it.", (".key",)),
    ("is a spreadsheet of Numbers", "Export a PDF or .csv from it.", (".numbers",)),
    ("is a document of Works or WPS", _TEXT, (".wps", ".wpd", ".wpt", ".hwp", ".hwpx", ".abw", ".sxw")),
    ("is a presentation", "Export a PDF from it.", (".ppt", ".pptx", ".odp", ".ppsx", ".pps")),
    ("is a spreadsheet", "Export a PDF or .csv from it.", (".xls", ".xlsx", ".xlsm", ".ods")),
    ("is a notebook of OneNote", "Export a PDF from it.", (".one", ".onepkg")),
    ("is a notebook of Mathematica", "Export a PDF from it.", (".nb", ".cdf")),
    ("is a script of MATLAB as it stores it", "Export a PDF from it.", (".mlx",)),
    ("is an e-book", "Export a PDF from it.", (".epub", ".mobi", ".azw", ".azw3", ".djvu")),
    (
        "is a page of the web in an archive",
        "Print it as a PDF, or save it as .html.",
        (".mht", ".mhtml", ".webarchive"),
    ),
    ("is a document in PostScript", "Convert it to PDF.", (".ps", ".eps", ".dvi", ".xps", ".oxps")),
    (
        _ON_THE_WEB,
        "Download it as .docx, PDF or .ipynb.",
        (".gdoc", ".gsheet", ".gslides", ".glink", ".url", ".webloc"),
    ),
    ("is an archive of RAR", _ARCHIVE, (".rar",)),
    ("is an archive of 7-Zip", _ARCHIVE, (".7z",)),
    ("is an archive that is not unpacked", _ARCHIVE, (".zst", ".lz4", ".lzma", ".z", ".cab", ".sit", ".sitx", ".ace")),
    ("is an image of a disk", _ARCHIVE, (".dmg", ".iso", ".img")),
    (
        _PICTURE,
        "Text, or a PDF with text, is read by the machine too.",
        (
            *(".png", ".jpg", ".jpeg", ".jpe", ".jfif", ".heic", ".heif", ".gif", ".bmp", ".tif", ".tiff", ".webp"),
            *(".avif", ".svg", ".psd", ".ai", ".xcf", ".raw", ".dng", ".emf", ".wmf", ".ico", ".jxl"),
        ),
    ),
    (
        "is a recording of sound",
        "Write the answer down.",
        (".mp3", ".m4a", ".wav", ".ogg", ".oga", ".flac", ".aac", ".opus", ".amr", ".wma"),
    ),
    (
        "is a film",
        "Write the answer down.",
        (".mp4", ".mov", ".avi", ".mkv", ".webm", ".m4v", ".wmv", ".flv", ".mpg", ".mpeg", ".3gp"),
    ),
    (
        "is handwriting of a notes program",
        "Export a PDF from it.",
        (".note", ".goodnotes", ".notability", ".xopp", ".rnote"),
    ),
    (
        "is a file that a download or an editor left unfinished",
        "Hand in the finished file.",
        (".crdownload", ".part", ".download", ".tmp", ".swp", ".icloud"),
    ),
    (
        "is a program",
        "Hand in its source.",
        (".exe", ".dll", ".so", ".dylib", ".jar", ".class", ".pyc", ".app", ".apk"),
    ),
)

# How files begin, with the ending that they should have; longer beginnings first where one begins another.
_BEGINNINGS: tuple[tuple[bytes, str], ...] = (
    (b"Rar!\x1a\x07", ".rar"),
    (b"7z\xbc\xaf\x27\x1c", ".7z"),
    (b"\x28\xb5\x2f\xfd", ".zst"),
    (b"\x89PNG\r\n\x1a\n", ".png"),
    (b"\xff\xd8\xff", ".jpg"),
    (b"GIF8", ".gif"),
    (b"II*\0", ".tif"),
    (b"MM\0*", ".tif"),
    (b"8BPS", ".psd"),
    (b"AT&TFORM", ".djvu"),
    (b"%!PS", ".ps"),
    (b"ID3", ".mp3"),
    (b"OggS", ".ogg"),
    (b"fLaC", ".flac"),
    (b"\x1aE\xdf\xa3", ".mkv"),
    (b"MZ", ".exe"),
    (b"\x7fELF", ".so"),
)
_CONTAINERS: tuple[tuple[bytes, str], ...] = (
    (b"heic", ".heic"),
    (b"heix", ".heic"),
    (b"mif1", ".heic"),
    (b"avif", ".avif"),
    (b"M4A", ".m4a"),
    (b"", ".mp4"),
)
# What the machine does read, under whatever ending it came.
_READ: tuple[tuple[bytes, str], ...] = (
    (b"%PDF-", "is a PDF under another ending; name it .pdf"),
    (b"{\\rtf", "is rich text under another ending; name it .rtf"),
    (b"PK\x03\x04", "is packed as a zip, and of a kind that is not read"),
    (b"\x1f\x8b", "is packed with gzip, and of a kind that is not read"),
)
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_POINTER = b"version https://git-lfs"


def _by_ending(kinds: Iterable[tuple[str, str, tuple[str, ...]]]) -> dict[str, str]:
    return {ending: f"{what}. {advice}" for what, advice, endings in kinds for ending in endings}


ENDINGS = _by_ending(_KINDS)


def why_not_read(name: str, head: bytes) -> str:
    """What a file that no format reads is, and what to do: for a person. `head` is how it begins, some hundred bytes.

    A sentence without its subject: "is an archive of RAR. Pack the files again as a .zip."
    """
    ending = f".{name.lower().rpartition('.')[2]}"
    if not head:
        return "is empty"
    if head.startswith(_POINTER):
        return "is a pointer of Git LFS, not the file itself. Fetch it with: git lfs pull"
    begins = _ending_of(head)
    if begins and ENDINGS[begins] != ENDINGS.get(ending):
        return ENDINGS[begins]
    if ending in ENDINGS:
        return ENDINGS[ending]
    if head.startswith(_OLE):
        return "is a document of an old office program. Save it as .docx or PDF."
    for beginning, what in _READ:
        if head.startswith(beginning):
            return what
    if b"\0" in head:
        return "is no text, and of a kind that is not read. Export a PDF from it."
    return "is of a kind that is not read. Hand it in as Markdown, LaTeX, .docx or PDF."


def _ending_of(head: bytes) -> str:
    """The ending that a file should have by how it begins; empty where that says nothing."""
    for beginning, ending in _BEGINNINGS:
        # Words may begin with these letters too.
        if head.startswith(beginning) and (b"\0" in head or not beginning.isalnum()):
            return ending
    if head[4:8] == b"ftyp":
        brand = head[8:12]
        return next(ending for begins, ending in _CONTAINERS if brand.startswith(begins))
    if head.startswith(b"RIFF"):
        return {b"WEBP": ".webp", b"WAVE": ".wav", b"AVI ": ".avi"}.get(head[8:12], "")
    if head.startswith(b"BM") and head[6:10] == b"\0\0\0\0":
        return ".bmp"
    return ""
