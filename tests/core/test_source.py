"""Places that are shown are found again."""

from hypothesis import given
from hypothesis import strategies as st

from grader.core.source import Source

PLACES = st.one_of(*(st.fixed_dictionaries({name: st.integers(1, 10**6)}) for name in ("line", "cell", "page")))


@given(st.from_regex(r"[^\n:,]+\.(md|pdf|ipynb)", fullmatch=True), st.one_of(st.just({}), PLACES))
def test_a_place_that_is_shown_is_the_same_again(file, place):
    source = Source(file=file, **place)
    assert Source.of(str(source)) == source


def test_nothing_is_no_place():
    assert Source.of("") == Source(file="")
