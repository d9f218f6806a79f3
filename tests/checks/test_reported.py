"""When `reported` says that a saved log begins where a fresh network can't, and when it must not."""

import pytest
from check_evidence import check_of
from reported import logged

from grader.core.evidence import ProblemEvidence


@pytest.mark.parametrize(
    ("seen", "remarked"),
    [
        (logged(0.99), True),
        (logged(0.94), False),  # its errors are more than half of a fresh network's
        (logged(0.91), False),
        (logged(0.99, epochs=2), False),  # it may be a part of a training that goes on elsewhere
        (logged(0.99, first=2), False),  # it says itself that it goes on
        (logged(0.99, cell=6), False),  # it isn't that of this training
    ],
)
def test_a_saved_log_is_remarked_on_only_where_no_fresh_network_begins_so(seen, remarked) -> None:
    outcome = check_of({"type": "reported"}).judge(ProblemEvidence.model_validate({"problem": "3B"} | seen))
    assert outcome.status == "passed"
    assert ("went on from an earlier one" in outcome.message) == remarked


def test_what_a_doubtful_run_of_the_notebook_agrees_with_is_a_persons() -> None:
    seen = logged(0.91, unsupported="the weights of two runs are too near each other")
    outcome = check_of({"type": "reported"}).judge(ProblemEvidence.model_validate({"problem": "3B"} | seen))
    assert (outcome.status, "is for a person" in outcome.message) == ("manual", True)
