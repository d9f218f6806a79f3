"""All that is printed passes here: names and words of strangers steer no terminal, whatever prints them."""

import logging
import os
import re
import signal
import sys
import warnings
from types import FrameType
from typing import Any, TextIO

# What our own tables and bars are drawn with: colours, one line up, an emptied line, the cursor hidden and shown.
_DRAWN = r"\x1b\[(?:[0-9;]{0,40}m|\d{0,3}A|2K|\?25[lh])"
# Controls, other escapes, direction overrides and isolates, invisible marks and tags.
_STEERS = re.compile(
    rf"({_DRAWN})|\x1b\][^\x07\x1b\n]{{0,4000}}(?:\x07|\x1b\\)?|\x1b\[[0-?]{{0,40}}[ -/]{{0,9}}[@-~]?|\x1b[PX^_]?"
    "|[\x00-\x08\x0b\x0c\x0e-\x1a\x1c-\x1f\x7f-\x9f\u061c\u200b\u200e\u200f\u2028-\u202e\u2060-\u206f\ufeff\ufff9-\ufffb"
    "\U000e0000-\U000e007f\ud800-\udfff]"
)


class Cleaned:
    """A stream of text that lets through what we draw, and nothing else that a terminal would act on."""

    def __init__(self, stream: TextIO) -> None:
        self.stream = stream

    def write(self, text: str) -> int:
        """Write the text without what steers a terminal."""
        self.stream.write(harmless(text))
        return len(text)

    def writelines(self, lines: list[str]) -> None:
        """Write each."""
        for line in lines:
            self.write(line)

    def __getattr__(self, name: str) -> Any:
        return getattr(self.stream, name)


def harmless(text: str) -> str:
    """The text without what steers a terminal; a carriage return stays only before a line's end or what we draw."""
    text = _STEERS.sub(lambda match: match[1] or "", text)
    return re.sub(rf"\r(?!\n|{_DRAWN}|$)", "", text)


def prepare() -> None:
    """Make this process's output harmless and quiet, and let it end in order when it is asked to."""
    sys.stdout, sys.stderr = Cleaned(sys.stdout), Cleaned(sys.stderr)
    if not sys.warnoptions:  # what libraries say of a student's network is nobody's business here
        warnings.simplefilter("ignore")
        os.environ.setdefault("PYTHONWARNINGS", "ignore")
        os.environ.setdefault("TORCH_CPP_LOG_LEVEL", "ERROR")
        logging.getLogger().addHandler(logging.NullHandler())
    for name in ("SIGTERM", "SIGHUP"):
        if hasattr(signal, name):  # Windows has no SIGHUP
            signal.signal(getattr(signal, name), _end)


_ended: list[int] = []


def asked_to_end() -> bool:
    """Whether the system asked this process to end, and not whoever sits before it."""
    return bool(_ended)


def _end(number: int, _: FrameType | None) -> None:
    """End as at Ctrl-C, so that what is held is given back on the way out."""
    signal.signal(number, signal.SIG_IGN)  # once is enough, and must not disturb the end
    _ended.append(number)
    raise KeyboardInterrupt
