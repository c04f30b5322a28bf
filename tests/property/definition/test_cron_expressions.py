"""Cron expressions: whatever is accepted comes at least once in the years ahead, and what never would is refused."""

from datetime import date, timedelta

from hypothesis import given
from hypothesis import strategies as st

from stackward.definition.cron_expression import cron_expression
from stackward.definition.mistake import Mistake

RANGES = ((0, 59), (0, 23), (1, 31), (1, 12), (0, 7))


@st.composite
def part(draw, first, last):
    low = draw(st.integers(first, last))
    high = draw(st.integers(low, last))
    step = draw(st.integers(1, 99))
    return draw(st.sampled_from(["*", f"*/{step}", str(low), f"{low}-{high}", f"{low}-{high}/{step}"]))


@st.composite
def expressions(draw):
    return [",".join(draw(st.lists(part(*bounds), min_size=1, max_size=3))) for bounds in RANGES]


def matches(word, value, first, last):
    for piece in word.split(","):
        span, _, step = piece.partition("/")
        low, _, high = (f"{first}-{last}" if span == "*" else span).partition("-")
        if value in range(int(low), int(high or low) + 1, int(step or 1)):
            return True
    return False


def comes(words):
    """Whether there is a day for it within a leap cycle."""
    days, months, weekdays = words[2:]
    for offset in range(4 * 366):
        day = date(2028, 1, 1) + timedelta(offset)
        if not matches(months, day.month, 1, 12):
            continue
        by_day = matches(days, day.day, 1, 31)
        number = day.isoweekday() % 7
        by_weekday = matches(weekdays, number, 0, 7) or (number == 0 and matches(weekdays, 7, 0, 7))
        if (by_day and weekdays == "*") or (weekdays != "*" and (by_day or by_weekday)):
            return True
    return False


def read(text):
    """The expression as read, or the mistake in it."""
    try:
        return cron_expression(text), None
    except Mistake as mistake:
        return None, mistake


@given(expressions())
def test_an_expression_is_accepted_if_it_ever_comes(words):
    found, mistake = read("  ".join(words))
    assert (mistake is None) is comes(words)
    assert found == " ".join(words) if mistake is None else "never comes" in mistake.wrong


@given(st.text(alphabet="0123456789*/-, @abcmonday%\t\n", max_size=30))
def test_any_text_is_read_or_refused_with_what_would_be_right(text):
    found, mistake = read(text)
    assert mistake.right if found is None else "\n" not in found
