"""How the grader judges short answers, against what a fair person says of them; `make answers` prints it."""

import os
import sys
import time
from collections import Counter, defaultdict
from collections.abc import Iterable, Iterator

from answer_cases import VERDICTS, Case, Compare, by_hand, in_formats, outcome_of

from grader.core.outcome import Outcome
from grader.core.record import Record

_SAID = {"passed": "passed", "partial": "partial", "failed": "failed"}
# What may be said where a fair person says this; anything may go to a person, and nothing else.
_FAIR = {"pass": {"passed"}, "part": {"partial"}, "fail": {"failed"}, "person": set()}
_WORTH = {"fail": 0, "failed": 0, "part": 1, "partial": 1, "pass": 2, "passed": 2}


class Judged(Record):
    """A case and what the grader says of it."""

    case: Case
    outcome: Outcome

    @property
    def said(self) -> str:
        """What it says: passed, partial, failed or manual."""
        return _SAID.get(self.outcome.status, "manual")

    @property
    def false(self) -> str:
        """“pass” where it gives points that nobody would, “fail” where it takes them; empty where neither."""
        if self.said == "manual" or self.said in _FAIR[self.case.verdict]:
            return ""
        if self.case.verdict == "person":
            return "fail" if self.said == "failed" else "pass"
        return "pass" if _WORTH[self.said] > _WORTH[self.case.verdict] else "fail"


def all_cases() -> list[Case]:
    """Every case: written by hand, in all formats, and varied."""
    from variations import varied

    return [*in_formats(by_hand()), *varied()]


def judged(cases: Iterable[Case], compare: Compare | None = None) -> list[Judged]:
    """The cases with what the grader says of each."""
    return [Judged(case=case, outcome=outcome_of(case, compare)) for case in cases]


def decided(found: Iterable[Judged]) -> float:
    """The share of those that need no person which the grader decides."""
    clear = [judged.said != "manual" for judged in found if judged.case.verdict != "person"]
    return sum(clear) / len(clear) if clear else 1.0


def matrix(found: list[Judged]) -> Iterator[str]:
    """The confusion matrix: a row for each fair verdict, a column for what the grader says."""
    counts = Counter((judged.case.verdict, judged.said) for judged in found)
    columns = ("passed", "partial", "failed", "manual")
    yield f"{'fair verdict':14}" + "".join(f"{column:>9}" for column in columns)
    for verdict in VERDICTS:
        yield f"{verdict:14}" + "".join(f"{counts[verdict, column]:>9}" for column in columns)


def summary(found: list[Judged], names: dict[str, list[Judged]]) -> Iterator[str]:
    """One line for each of these groups, and one for all."""
    yield f"{'':18}{'cases':>7}{'false fails':>13}{'false passes':>14}{'decided':>9}"
    for name, group in [*sorted(names.items()), ("all", found)]:
        false = Counter(judged.false for judged in group)
        yield f"{name:18}{len(group):>7}{false['fail']:>13}{false['pass']:>14}{decided(group):>9.1%}"


def grouped(found: list[Judged], key: str) -> dict[str, list[Judged]]:
    """By a field of their cases."""
    groups: dict[str, list[Judged]] = defaultdict(list)
    for one in found:
        groups[str(getattr(one.case, key))].append(one)
    return groups


def false_verdicts(found: list[Judged], kind: str) -> Iterator[str]:
    """Each false fail or false pass: where it stands, what the student wrote, what the grader says."""
    for one in found:
        if one.false == kind:
            yield f"{one.case.name}\n    {one.case.text!r}\n    {one.outcome.status}: {one.outcome.message}"


def report(found: list[Judged], most: int) -> Iterator[str]:
    """All of it: the false verdicts, as many of each kind as `most`, the matrix, and by check type and format."""
    for kind, title in (("fail", "False fails"), ("pass", "False passes")):
        lines = list(false_verdicts(found, kind))
        yield f"{title}: {len(lines)}"
        yield from lines[:most]
        yield f"... and {len(lines) - most} more: MOST={len(lines)} lists all\n" if len(lines) > most else ""
    yield from (*matrix(found), "", *summary(found, grouped(found, "type")), "")
    yield from (*summary(found, grouped(found, "format")), "")


def main(words: list[str]) -> int:
    """Print it for the cases whose names hold these words. The exit status is that of a test."""
    from grader.execution import Mathematics, find_sandbox

    cases = [case for case in all_cases() if all(word in case.name for word in words)]
    started = time.process_time()
    with Mathematics(find_sandbox()) as mathematics:
        mathematics.seconds = 20
        found = judged(cases, mathematics.answer)
    seconds = time.process_time() - started
    sys.stdout.writelines(f"{line}\n" for line in report(found, int(os.environ.get("MOST", "60"))))
    sys.stdout.write(f"{len(found)} answers in {seconds:.1f} s of processor time\n")
    return int(any(one.false for one in found) or decided(found) < 0.85)


if __name__ == "__main__":
    sys.exit(main(sys.argv[1:]))
