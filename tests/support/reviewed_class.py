"""What the class that is reviewed in tests has handed in, and who grades it."""

from sample_grade import check, grade_of, problem

from grader.core.outcome import SubmissionInfo

STEERS = "<script>document.title = 'mine'</script><img src=x onerror=\"document.title = 'mine'\">"
SAID = (
    "The gradient vanishes, since every activation is zero.",
    "the gradient vanishes , since every *activation* is zero",
    "No weight changes: the error that is sent back is zero.",
    f"$\\frac{{1}}{{4}}$ {STEERS}",
    "",
)


def grade(key, said):
    checks = (
        check("why", "manual", 4, message="A person reads this answer.", observed=said, note="Zero activations."),
        check("count", "failed", 2, message="61 is not right."),
    )
    return grade_of(problem("1A", "Zero weights", *checks), submission=SubmissionInfo(id=key, files=("a",)))


TOKENS = {"token-of-kim": "Kim", "token-of-lee": "Lee"}
