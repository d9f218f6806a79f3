"""What a sentence says of a value."""

import pytest

from grader.language.assertions import around, doubt_of, strength_of


def said(sentence: str) -> tuple[str, str]:
    """(how clearly 608 is asserted in a sentence, why it may not be meant)."""
    start = sentence.index("608")
    before, after = around(sentence, start, start + 3)
    return strength_of(before, after), doubt_of(before, after, sentence[start + 3 :], "608")


@pytest.mark.parametrize(
    ("sentence", "strength"),
    [
        ("The answer is 608.", "final"),
        (r"$\boxed{608}$", "final"),
        ("Total: 608", "final"),
        ("In total there are 608.", "final"),
        ("The layer has 608 parameters.", "asserted"),
        ("Parameters: about 608", "asserted"),
        ("We counted 608 parameters", "mentioned"),
    ],
)
def test_how_clearly_it_is_asserted(sentence: str, strength: str) -> None:
    assert said(sentence) == (strength, "")


@pytest.mark.parametrize(
    ("sentence", "doubt"),
    [
        ("It does not have 608 parameters.", "denied"),
        ("It isn't 608.", "denied"),
        ("600 rather than 608", "denied"),
        ("608 is wrong.", "denied"),
        ("more than 608 parameters", "bounded"),
        ("608 or more", "bounded"),
        ("twice 608", "bounded"),
        ("It should be at least 608.", "required"),
        ("The goal was 608.", "required"),
        ("A friend of mine got 608 parameters.", "another's"),
        ("The solution sheet says 608.", "another's"),
        ("Is it 608 parameters?", "question"),
        ("Compute the size of a layer with 608 parameters.", "question"),
        ("608, no wait, 616", "withdrawn"),
        ("maybe 608", "guessed"),
        ("Problem 608", "reference"),
        ("Each filter has 608 weights.", "part"),
        ("608 weights per filter", "part"),
        ("My first network had 608 parameters.", "earlier"),
        ("It went up from 608 to 616.", "earlier"),
    ],
)
def test_why_it_may_not_be_meant(sentence: str, doubt: str) -> None:
    assert said(sentence)[1] == doubt


@pytest.mark.parametrize(
    "sentence",
    [
        "A friend got 600, but my answer is 608.",
        "It should be at least 600, and I got 608.",
        "Not 600 but 608 parameters.",
        "How many? 608 parameters.",
        "e.g. Conv2d. The layer has 608 parameters.",
    ],
)
def test_what_is_said_of_another_value_does_not_touch_it(sentence: str) -> None:
    assert said(sentence)[1] == ""
