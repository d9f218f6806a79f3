"""Compares expressions, line by line, in a process that may be killed at any of them."""

import json
import logging
import sys


def serve() -> None:
    """Read `[given, expected]` a line, answer `[equal or null, why not]` a line."""
    from math_verify import parse, verify

    logging.disable(logging.CRITICAL)  # it warns that nothing ends it here; the host does

    def read(text: str) -> list[object]:
        marked = text if "$" in text or "\\(" in text or "\\[" in text else f"${text}$"
        return list(parse(marked, parsing_timeout=None, fallback_mode="no_fallback"))

    print("ready", flush=True)  # noqa: T201  # the protocol
    for line in sys.stdin:
        answer: list[object]
        try:
            given, expected = json.loads(line)
            parsed, wanted = read(given), read(expected)
            if not wanted:
                answer = [None, "the expected expression can't be read"]
            elif not parsed:
                answer = [None, "can't be read as an expression"]
            else:
                answer = [bool(verify(wanted, parsed, timeout_seconds=None)), ""]
        except (Exception, RecursionError) as error:
            answer = [None, f"can't be compared ({type(error).__name__})"]
        print(json.dumps(answer), flush=True)  # noqa: T201
