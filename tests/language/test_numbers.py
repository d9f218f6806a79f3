"""One grammar for numbers: every way to write one is read, and what can't be read is said to be so."""

import pytest
from hypothesis import given
from hypothesis import strategies as st

from grader.language.numbers import Number, decimal_comma, normalised, read_numbers, read_words, single_number


def read(text: str) -> list[Number]:
    plain = normalised(text)
    return list(read_numbers(plain, comma=decimal_comma(plain)))


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("1,608", 1608),
        ("1 608", 1608),
        ("1'608", 1608),
        (r"1{,}608", 1608),
        (r"1\,608", 1608),
        ("1,234.56", 1234.56),
        ("1.234,56", 1234.56),
        ("0,9779", 0.9779),
        (r"0{,}9779", 0.9779),
        (".75", 0.75),
        ("６０８", 608),
        ("٦٠٨", 608),
        ("6.08 × 10^2", 608),
        (r"6.08 \times 10^{2}", 608),
        ("6.08e2", 608),
        ("7.5·10⁻¹", 0.75),
        ("10^5", 1e5),
        (r"2^{10}", 1024),
        ("97.79 %", 0.9779),
        (r"97.79\%", 0.9779),
        ("97.79 percent", 0.9779),
        ("97,79 Prozent", 0.9779),
        ("608 million", 608e6),
        ("0.6M", 6e5),
        ("60k", 6e4),
        ("97.8 ± 0.2 %", 0.978),
        ("0.978 +/- 0.002", 0.978),
        ("3/4", 0.75),
        (r"\frac{3}{4}", 0.75),
        (r"\tfrac34", 0.75),
        ("¾", 0.75),
        ("1 1/2", 1.5),
        ("is -0.75", -0.75),
        ("is –0.75", -0.75),
        ("= − 0.75", -0.75),
        ("= - 0.75", -0.75),
        ("minus 0.75", -0.75),
        (r"-\frac{3}{4}", -0.75),
    ],
)
def test_a_number_in_this_writing_is_read(text: str, value: float) -> None:
    (number,) = read(text)
    assert number.value == pytest.approx(value, rel=1e-12)
    assert number.others == ()


@pytest.mark.parametrize(
    ("text", "values"),
    [
        ("the gradient – 0.75", {-0.75, 0.75}),
        ("1.608 statt 0,5", {1608.0, 1.608}),
        ("1 608", {1608.0, 1.0, 608.0}),
        ("0.98 %", {0.0098, 0.98}),
    ],
)
def test_what_it_may_mean_as_well_is_told(text: str, values: set[float]) -> None:
    first = read(text)[0]
    assert {first.value, *first.others, *first.unlikely} == values


@pytest.mark.parametrize("text", ["6O8", "l00", "1,600,5", "608weights", "1e999", "3x of it", "9" * 400])
def test_what_cannot_be_read_is_a_number_without_a_value(text: str) -> None:
    assert [number.value for number in read(text)] == [None]


@pytest.mark.parametrize("text", ["3:48 PM", "11/26/26", "2026-11-27", "1.2.3", "3B", "2D", "1st", "v608", "conv2d"])
def test_this_is_no_number_of_an_answer(text: str) -> None:
    assert read(text) == []


@pytest.mark.parametrize(
    ("text", "value"),
    [
        ("six hundred and eight", 608),
        ("twenty-one", 21),
        ("two million three hundred thousand five", 2300005),
        ("minus two", -2),
    ],
)
def test_numbers_in_words(text: str, value: float) -> None:
    assert [number.value for number in read_words(text)] == [value]


@pytest.mark.parametrize(
    ("text", "value"), [(" $0.5$ ", 0.5), (".5", 0.5), ("**608**", 608), ("608 of", None), ("", None)]
)
def test_a_cell_that_is_one_number(text: str, value: float | None) -> None:
    number = single_number(text)
    assert (number.value if number else None) == value


@given(st.integers(-(10**9), 10**9))
def test_any_integer_is_read_back_from_its_groups(number: int) -> None:
    assert [found.value for found in read(f"= {number:,}")] == [number]


@given(st.floats(-1e6, 1e6, allow_nan=False))
def test_any_decimal_is_read_back(number: float) -> None:
    assert [found.value for found in read(f"= {number:.6f}")] == [float(f"{number:.6f}")]


@given(st.text(max_size=200))
def test_no_text_stops_the_reading(text: str) -> None:
    plain = normalised(text)
    assert len(plain) == len(text)
    for number in [*read_numbers(plain), *read_words(plain)]:
        assert 0 <= number.start < number.end <= len(plain)
