"""What the class that is reviewed in tests has handed in, and who grades it."""

from sample_grade import check, grade_of, problem

from grader.core.outcome import SubmissionInfo

STEERS = "<script>document.title = 'mine'</script><img src=x onerror=\"document.title = 'mine'\">"
SAID = (
    "The gradient vanishes, since every activation is zero.",
    "the gradient vanishes , since every *activation* is zero",
    "The gradient never vanishes, since no activation is zero.",
    f"$\\frac{{1}}{{4}}$ {STEERS}",
    "",
)


def grade(key, said):
    why = {"message": "A person reads this answer.", "source": "b.ipynb, cell 2", "note": "Zero activations."}
    checks = (check("why", "manual", 4, observed=said, **why), check("count", "failed", 2, message="61 is not right."))
    return grade_of(problem("1A", "Zero weights", *checks), submission=SubmissionInfo(id=key, files=("a",)))


TOKENS = {"token-of-kim": "Kim", "token-of-lee": "Lee"}
