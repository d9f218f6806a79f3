"""Formats as strangers' documents make them behave: what the process that parses must live through."""

import os
import sys
import time

from grader.core.document import Block, Document, Run
from grader.core.errors import SubmissionError
from grader.core.source import Source


class Format:
    """What parses one ending."""

    def __init__(self, parse):
        self.parse, self.module = parse, __name__


def _block(text, file, line=1):
    return Block(kind="paragraph", runs=(Run(text=text),), source=Source(file=file, line=line))


def _words(raw, file, beside):
    return tuple(_block(line, file, n) for n, line in enumerate(raw.decode("utf-8", "replace").splitlines(), 1))


def _tex(raw, file, beside):
    found = []
    for line in raw.decode().splitlines():
        name = line.removeprefix("\\input{").rstrip("}")
        part = beside(f"{name}.tex") if name != line else None
        found += _tex(part, f"{name}.tex", beside) if part is not None else [_block(line, file)]
    return tuple(found)


def _refused(raw, file, beside):
    raise SubmissionError("is encrypted", where=file, hint="Hand it in without a password.")


def _hangs(raw, file, beside):
    time.sleep(600)


def _takes_memory(raw, file, beside):
    return [bytearray(2**28) for _ in range(40)]


def _dies(raw, file, beside):
    os.abort()


def _deep(raw, file, beside):
    return _deep(raw, file, beside)


def _says_much(raw, file, beside):
    return (_block("x" * 70 * 2**20, file),)


def _prints(raw, file, beside):
    os.write(1, b'{"document": null}\n')
    sys.stdout.write("noise\n")
    return (_block("quiet", file),)


def _half_a_letter(raw, file, beside):
    return (_block("\ud800", file),)


def _outside(raw, file, beside):
    names = ("../../etc/passwd", "/etc/passwd", "sub/../../x", "none.tex", "sub")
    return (_block(str([beside(name) for name in names]), file),)


FORMATS = {
    ".md": Format(_words),
    ".tex": Format(_tex),
    ".locked": Format(_refused),
    ".hangs": Format(_hangs),
    ".memory": Format(_takes_memory),
    ".dies": Format(_dies),
    ".deep": Format(_deep),
    ".much": Format(_says_much),
    ".prints": Format(_prints),
    ".half": Format(_half_a_letter),
    ".outside": Format(_outside),
    ".bug": Format(lambda raw, file, beside: 1 / 0),
}

__all__ = ["FORMATS", "Document"]
