"""The zip of a stranger's office document: its parts as XML, under caps, with no entities and nothing from outside."""

import io
import posixpath
import zipfile
import zlib
from functools import lru_cache
from typing import Any

from lxml import etree

from grader.core.errors import SubmissionError

Element = Any  # of lxml, which ships no types

_MOST_ENTRIES = 50_000  # each formula of OpenDocument is several
_LARGEST_PART = 30 * 2**20
_MOST_BYTES = 80 * 2**20
_MOST_ELEMENTS = 3_000_000
_CHUNK = 1 << 16
_OLE = b"\xd0\xcf\x11\xe0\xa1\xb1\x1a\xe1"
_AGAIN = "Save it again, or export a PDF with text."
_PASSWORD = "Save it again without a password."  # noqa: S105  # an advice


class Package:
    """An office document's parts by name.

    Raises SubmissionError where the file is no zip, broken, encrypted, or unpacks to more than is read.
    """

    def __init__(self, raw: bytes, file: str) -> None:
        self._file = file
        self._left = _MOST_BYTES
        if raw.startswith(_OLE):
            raise self._ole(raw)
        try:
            self._zip = zipfile.ZipFile(io.BytesIO(raw))
        except (zipfile.BadZipFile, ValueError, OSError, NotImplementedError, EOFError) as error:
            why = "is empty" if not raw else "is broken or cut off: it isn't a whole zip archive"
            raise SubmissionError(why, where=file, hint=_AGAIN) from error
        self.names = frozenset(self._zip.namelist())
        if len(self.names) > _MOST_ENTRIES:
            raise SubmissionError(f"holds more than {_MOST_ENTRIES:,} parts", where=file)

    def read(self, part: str) -> bytes:
        """The content of a part. Raises SubmissionError as the class does."""
        written = bytearray()
        try:
            entry = self._zip.getinfo(part)
            if entry.flag_bits & 1:
                raise SubmissionError("is encrypted", where=self._file, hint=_PASSWORD)
            with self._zip.open(entry) as source:
                while chunk := source.read(_CHUNK):
                    written += chunk
                    self._left -= len(chunk)
                    if len(written) > _LARGEST_PART or self._left < 0:
                        raise SubmissionError(
                            f"unpacks to more than {_LARGEST_PART // 2**20} MB of text in one part, or "
                            f"{_MOST_BYTES // 2**20} MB in all",
                            where=self._file,
                        )
        except SubmissionError:
            raise
        except KeyError as error:
            raise SubmissionError(f"is broken: it lacks its part {part}", where=self._file, hint=_AGAIN) from error
        except (zipfile.BadZipFile, zlib.error, OSError, EOFError, NotImplementedError, RuntimeError) as error:
            raise SubmissionError(f"is broken in its part {part}: {error}", where=self._file, hint=_AGAIN) from error
        return bytes(written)

    def xml(self, part: str) -> Element:
        """The root of a part. Raises SubmissionError as the class does, and for broken XML."""
        return parse_xml(self.read(part), part, self._file)

    def relations(self, part: str) -> dict[str, tuple[str, str]]:
        """What a part refers to: by its id there, (the kind of relation, its target in this package or on the web)."""
        folder, base = posixpath.split(part)
        listed = posixpath.join(folder, "_rels", f"{base}.rels")
        if listed not in self.names:
            return {}
        found = {}
        for relation in children(self.xml(listed)):
            target, kind = relation.get("Target") or "", (relation.get("Type") or "").rpartition("/")[2]
            if relation.get("TargetMode") != "External":
                target = posixpath.normpath(posixpath.join("/", folder, target)).lstrip("/")
            found[relation.get("Id") or ""] = (kind, target)
        return found

    def _ole(self, raw: bytes) -> SubmissionError:
        if "EncryptedPackage".encode("utf-16-le") in raw:
            return SubmissionError("is encrypted", where=self._file, hint=_PASSWORD)
        return SubmissionError(
            "is a file of an old office program under a new ending", where=self._file, hint="Save it as .docx or PDF."
        )


def parse_xml(raw: bytes, part: str, file: str) -> Element:
    """The root of XML from a stranger. Raises SubmissionError for XML that is broken or nested without end."""
    parser = etree.XMLParser(
        resolve_entities=False, no_network=True, load_dtd=False, huge_tree=False, remove_comments=True, remove_pis=True
    )
    try:
        root = etree.fromstring(raw, parser)
    except etree.XMLSyntaxError as error:
        raise SubmissionError(f"is broken in its part {part}: {error}", where=file, hint=_AGAIN) from error
    declared = root.getroottree().docinfo.internalDTD
    if declared is not None and next(declared.iterentities(), None) is not None:
        raise SubmissionError(f"declares entities in its part {part}, which no office program does", where=file)
    if root.xpath("count(//*)") > _MOST_ELEMENTS:
        raise SubmissionError(f"has more than {_MOST_ELEMENTS:,} elements in its part {part}", where=file)
    return root


def children(element: Element | list[Element]) -> list[Element]:
    """The elements in one; of what is said in two ways, the one for newer programs."""
    found = []
    for each in element:
        tag = each.tag
        if not isinstance(tag, str):
            continue
        if _local(tag) == "AlternateContent":
            found += children(each[0]) if len(each) else []
        else:
            found.append(each)
    return found


def child(element: Element | None, named: str) -> Element | None:
    """The first child of this name, in whatever namespace: a format has several, by its versions."""
    if element is None:
        return None
    for each in children(element):
        if _local(each.tag) == named:
            return each
    return None


def name(element: Element) -> str:
    """Its name without the namespace."""
    return _local(element.tag)


@lru_cache(maxsize=4096)
def _local(tag: str) -> str:
    return tag.rpartition("}")[2]


def attribute(element: Element, named: str) -> str | None:
    """The value of an attribute of this name, in whatever namespace."""
    for key, value in element.items():
        if key.rpartition("}")[2] == named:
            return str(value)
    return None


def setting(element: Element | None, named: str) -> str | None:
    """The `val` of a child of this name, as Word writes settings."""
    found = child(element, named)
    return None if found is None else attribute(found, "val")
