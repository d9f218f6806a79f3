"""What a file is: by its ending, and by how it begins where the ending says nothing or lies."""

import json
import re
from pathlib import Path, PurePosixPath
from typing import Literal

from grader.core.record import Record
from grader.core.text import decoded, encoding_of
from grader.documents import FORMATS
from grader.documents.unreadable import why_not_read
from grader.intake.archive import names_in

Kind = Literal["document", "notebook", "script", "form", "picture", "helper", "unread"]

HEAD_BYTES = 8192
NOTEBOOKS = (".ipynb",)
SCRIPTS = (".py",)
TEXTS = (".md", ".markdown", ".txt", ".tex")  # what is read as text whatever formats there are
DOCUMENTS = tuple(dict.fromkeys((*TEXTS, ".pdf", *filter(None, FORMATS))))
PICTURES = (
    ".png", ".jpg", ".jpeg", ".jpe", ".gif", ".svg", ".bmp", ".tif", ".tiff", ".webp", ".heic", ".heif", ".avif",
    ".eps", ".ps", ".emf", ".wmf", ".mp4", ".mov", ".webm", ".avi", ".mkv", ".m4a", ".mp3", ".wav",
)  # fmt: skip
_DATA = (
    ".csv", ".tsv", ".npy", ".npz", ".pt", ".pth", ".ckpt", ".pkl", ".pickle", ".p", ".h5", ".hdf5", ".keras",
    ".onnx", ".safetensors", ".pb", ".tflite", ".bin", ".dat", ".data", ".mat", ".parquet", ".feather", ".arrow",
    ".db", ".sqlite", ".sqlite3", ".tfrecord", ".tfrecords", ".joblib", ".jsonl", ".ndjson", ".idx", ".meta",
    ".index", ".lmdb", ".json", ".rdata", ".rds", ".wandb", ".prof", ".t7", ".weights", ".model", ".msgpack",
    ".zarr", ".gz", ".bz2", ".xz",
)  # fmt: skip
_OF_LATEX = (
    ".aux", ".log", ".sty", ".bib", ".cls", ".out", ".toc", ".bbl", ".blg", ".bcf", ".bst", ".fls", ".fdb_latexmk",
    ".synctex", ".lof", ".lot", ".nav", ".snm", ".vrb", ".def", ".run.xml", ".dvi", ".xdv", ".cfg", ".fd", ".ist",
    ".csl",
)  # fmt: skip
_OF_TOOLS = (
    ".pyc", ".pyo", ".pyi", ".pyd", ".so", ".o", ".a", ".dll", ".dylib", ".exe", ".whl", ".js", ".mjs", ".css",
    ".map", ".woff", ".woff2", ".ttf", ".otf", ".eot", ".sh", ".bash", ".bat", ".cmd", ".ps1", ".ini", ".toml",
    ".lock", ".iml", ".yml", ".yaml", ".rproj", ".code-workspace", ".egg-info", ".typed", ".pid", ".tmp", ".swp",
    ".lnk", ".url", ".c", ".cpp", ".cu", ".h", ".hpp", ".ico", ".icns",
)  # fmt: skip
_HELPERS = (*_DATA, *_OF_LATEX, *_OF_TOOLS)
_NAMED = re.compile(
    r"(?:license|licence|copying|makefile|dockerfile|procfile|requirements[\w.-]{0,40}|environment|icon\r?|manifest"
    r"|latexmkrc)(?:\.(?:txt|md|in))?",
    re.IGNORECASE,
)
_OF_TENSORBOARD = "tfevents"
_UBYTE = re.compile(r"idx\d-ubyte$", re.IGNORECASE)
_FORM = re.compile(
    r"(?:answers?(?:[ _-]{0,3}\(?\d{1,3}\)?|[ _-]{1,3}copy)?\.(?:ya?ml|json)"
    r"|(?:[\w().\[\] -]{0,80}[^a-z])?answers?(?:[^a-z][\w(). -]{0,80})?\.ya?ml)(?:\.txt)?",
    re.IGNORECASE,
)
# Data that is called an answer is one that nobody reads: a table of answers, say.
_ANSWERS = re.compile(
    r"(?:[\w().\[\] -]{0,80}[^a-z])?(?:answers?|solutions?|responses?)(?:[^a-z][\w(). -]{0,80})?"
    r"\.(?:csv|tsv|toml|ini|cfg|log|dat|data|jsonl|ndjson|json|out)",
    re.IGNORECASE,
)
_BINARY_DATA = (
    b"\x93NUMPY", b"\x89HDF\r\n", b"SQLite format 3", b"PAR1", b"ARROW1", b"\x80\x02", b"\x80\x03", b"\x80\x04",
    b"\x80\x05", b"\x00\x00\x08\x01", b"\x00\x00\x08\x03", b"\x7fELF", b"MATLAB 5.0",
)  # fmt: skip
_PICTURE_BYTES = (b"\x89PNG", b"\xff\xd8\xff", b"GIF8", b"BM", b"II*\0", b"MM\0*")
NO_TEXT = (".pdf", ".docx", ".docm", ".dotx", ".odt", ".ott")
_UNREADABLE = (
    ".doc", ".dot", ".wps", ".wpd", ".pages", ".numbers", ".key", ".rar", ".7z", ".xls", ".xlsx", ".xlsm", ".ods",
    ".ppt", ".pptx", ".odp", ".odg", ".gdoc", ".gsheet", ".one", ".djvu", ".epub", ".mobi", ".xps", ".lyx", ".nb",
    ".mlx", ".iso", ".dmg", ".cab", ".zst", ".lz", ".lz4", ".z", ".webloc", ".zip", ".tar", ".tgz", ".drawio",
    ".vsdx", ".xml", ".webarchive",
)  # fmt: skip
_UNREADABLE_BYTES = (b"\xd0\xcf\x11\xe0", b"Rar!", b"7z\xbc\xaf\x27\x1c", b"version https://git-lfs")
_COPY = re.compile(r"(?:\.(?:txt|text|json|bak|old|orig|copy|download|\d{1,3})|[ _]?\(\d{1,3}\)|~)$", re.IGNORECASE)
_WEB_PAGE = re.compile(
    r"\s*(?:<\?xml[^>]{0,200}>\s*)?(?:<!--.{0,2000}?-->\s*)?"
    r"<(?:!doctype\s+html|html|head|body|title|meta|style|h[1-6]|p|div|table|ul|ol)\b",
    re.IGNORECASE | re.DOTALL,
)
# Text with marks of its own, which would be misread as plain text where its format is not read.
_MARKED_UP = (
    ".html", ".htm", ".xhtml", ".mht", ".mhtml", ".rtf", ".fodt", ".rst", ".org", ".rmd", ".qmd", ".typ", ".adoc",
    ".asciidoc", ".textile", ".wiki", ".mediawiki", ".ltx", ".latex", ".texi", ".docbook", ".svgz", ".eml", ".ps1xml",
)  # fmt: skip
_LATEX = re.compile(r"^[ \t]*\\(?:documentclass|begin\{document\}|usepackage|(?:sub)?section\*?\{)", re.MULTILINE)
_CELLS = re.compile(r'"(?:cells|worksheets)"\s*:\s*\[')
_UNNAMED = {".docx": "word/document.xml", ".pptx": "ppt/presentation.xml", ".xlsx": "xl/workbook.xml"}


class Fate(Record):
    """What a file is. A document has the `ending` of the format that it is in; `why` says why nobody read it."""

    kind: Kind
    ending: str = ""
    why: str = ""


def ending_of(name: str) -> str:
    """The ending of a file's name with its point, in small letters; empty where it has none."""
    return PurePosixPath(name).suffix.lower()


def is_form(name: str) -> bool:
    """Whether it is called as a form of answers is, or nearly so: `answers (1).yml`."""
    return bool(_FORM.fullmatch(PurePosixPath(name).name))


def is_script(name: str) -> bool:
    """Whether it is called as a script of Python is, `model.py.txt` among them."""
    ending = ending_of(name)
    return ending in SCRIPTS or (ending not in NOTEBOOKS and ending_of(uncopied(name)) in SCRIPTS)


def may_answer(name: str) -> bool:
    """Whether a file of this name may hold an answer: whatever is not known as data, or as a tool's."""
    base = PurePosixPath(name).name
    if is_form(name) or _ANSWERS.fullmatch(base):
        return True
    if _NAMED.fullmatch(base) or _OF_TENSORBOARD in base or _UBYTE.search(base):
        return False
    ending = ending_of(base)
    if not ending and base.startswith("."):
        return False
    return not base.lower().endswith(_HELPERS) or ending_of(uncopied(base)) in NOTEBOOKS


def points_at_an_answer(name: str) -> bool:
    """Whether a link of this name was probably meant to be a document: those to folders of data are no loss."""
    return bool(ending_of(name)) and may_answer(name)


def is_data(head: bytes) -> bool:
    """Whether a file that begins so is data of programs, no text, picture or document of people."""
    if head.startswith(_BINARY_DATA):
        return True
    known = head.startswith((*_PICTURE_BYTES, b"%PDF", b"PK\x03\x04", b"\x1f\x8b", b"BZh", b"\xfd7zXZ"))
    return bool(head) and not known and encoding_of(head) is None


def fate_by_name(name: str, size: int) -> Fate | None:
    """What a file is where its name alone decides."""
    if is_form(name):
        return Fate(kind="form")
    if size and _ANSWERS.fullmatch(PurePosixPath(name).name):
        return Fate(kind="unread", why="is data, which is not read")
    if not may_answer(name) and ending_of(name) != ".json":
        return Fate(kind="helper")
    return None


def fate_of(name: str, path: Path) -> Fate:
    """What a file of a submission is."""
    size = path.stat().st_size
    if (known := fate_by_name(name, size)) is not None:
        return known
    with open(path, "rb") as file:
        head = file.read(HEAD_BYTES)
    ending = ending_of(name)
    if ending in NOTEBOOKS:
        return Fate(kind="notebook")
    if not size and ending not in NO_TEXT:  # an upload that failed is none of these
        return Fate(kind="helper")
    if is_script(name):
        return Fate(kind="script")
    return _of_content(name, path, head, ending, ending_of(uncopied(name)))


def _of_content(name: str, path: Path, head: bytes, ending: str, meant: str) -> Fate:
    """What a file is whose ending is no more than a hint."""
    text = encoding_of(head) is not None
    if head.lstrip().startswith(b"%PDF-"):
        return Fate(kind="document", ending=".pdf")
    if ending in PICTURES or (head.startswith(_PICTURE_BYTES) and not text):
        return Fate(kind="picture")
    if head.startswith(b"PK\x03\x04"):
        return _of_zip(path, head, name, ending)
    if head.lstrip().startswith(b"{\\rtf"):
        return _document(".rtf", name, head)
    named = ending in DOCUMENTS and ending not in (".txt", ".text")
    if text and not named:
        if meant in NOTEBOOKS and decoded(head).lstrip().startswith("{"):
            return Fate(kind="notebook")
        if _looks_like_notebook(path, head):
            return Fate(kind="notebook")
    if ending == ".json" or (not text and head.startswith(_BINARY_DATA)):
        return Fate(kind="helper")
    if ending in NO_TEXT and not (text and head.strip()):  # its reader says what is wrong with it
        return Fate(kind="document", ending=ending)
    if (
        not text
        or (ending in (*_UNREADABLE, *_MARKED_UP) and ending not in DOCUMENTS)
        or head.startswith(_UNREADABLE_BYTES)
    ):
        return Fate(kind="unread", why=why_not_read(name, head))
    if named and ending not in NO_TEXT:
        return Fate(kind="document", ending=ending)
    return _text(head, meant)


def _text(head: bytes, ending: str) -> Fate:
    """Text whose ending says nothing, or no more than what it was called before: `report.md.txt`."""
    if ending in DOCUMENTS and ending not in (".txt", ".text", *NO_TEXT):
        return Fate(kind="document", ending=ending)
    start = decoded(head)
    if _WEB_PAGE.match(start):
        return _document(".html", "", head)
    return Fate(kind="document", ending=".tex" if _LATEX.search(start) else ".txt")


def _document(ending: str, name: str, head: bytes) -> Fate:
    """A document of a format, where that is read."""
    if ending in DOCUMENTS:
        return Fate(kind="document", ending=ending)
    return Fate(kind="unread", why=why_not_read(name or f"a{ending}", head))


def _of_zip(path: Path, head: bytes, name: str, ending: str) -> Fate:
    """Office's documents are archives; others of this kind hold what nobody looked for."""
    if ending in NO_TEXT:
        return _document(ending, name, head)
    names = names_in(path)
    if any(part.endswith("data.pkl") for part in names):  # what torch saves
        return Fate(kind="helper")
    found = next((kind for kind, part in _UNNAMED.items() if part in names), "")
    if not found and head[30:38] == b"mimetype" and b"opendocument.text" in head[:200]:
        found = ".odt"
    if found in DOCUMENTS and found:
        return Fate(kind="document", ending=found)
    return Fate(kind="unread", why=why_not_read(name, head))


def _looks_like_notebook(path: Path, head: bytes) -> bool:
    """Whether it is JSON with cells; a large one is looked at as a whole, since these may stand behind much else."""
    if not decoded(head).lstrip("\ufeff \t\r\n").startswith("{"):
        return False
    if _CELLS.search(decoded(head)):
        return True
    if path.stat().st_size > 100 * 2**20:
        return False
    try:
        content = json.loads(decoded(path.read_bytes()))
    except (ValueError, RecursionError):
        return False
    return isinstance(content, dict) and isinstance(content.get("cells", content.get("worksheets")), list)


def uncopied(name: str) -> str:
    """The name without what systems append: `report.md.txt`, `hw4.ipynb.json`, `report (1)`, `a.py~`."""
    base = PurePosixPath(name).name
    for _ in range(3):
        shorter = _COPY.sub("", base)
        if shorter == base or not PurePosixPath(shorter).suffix:
            break
        base = shorter
    return base
