"""Values of a layer's `scaling`."""

from __future__ import annotations

import math
import re
from typing import Any

from stackward.definition.mistake import Mistake, described, shown
from stackward.definition.values import is_number

PERCENT = r"\d{1,3}(?:\.\d+)?\s?%"


def percent(value: Any) -> float:
    """Return a percentage above 0 and up to 100, from a number or from a text such as "80%"."""
    right = 'write a percentage above 0 and up to 100, such as 80 or "80%"'
    if isinstance(value, str) and re.fullmatch(PERCENT, value, re.ASCII):
        number = float(value.rstrip("% "))
    elif is_number(value):
        number = float(value)
    else:
        raise Mistake(f"is {described(value)}", right)
    if not 0 < number <= 100:
        raise Mistake(f"{shown(value)} is no percentage that can be reached", right)
    return number


def tolerance(value: Any) -> float:
    """Return a percentage from 0 up to 50."""
    right = 'write a percentage from 0 to 50, such as 10 or "10%"'
    if (is_number(value) and value == 0) or (isinstance(value, str) and re.fullmatch("0 ?%", value)):
        return 0.0
    try:
        number = percent(value)
    except Mistake as mistake:
        raise Mistake(mistake.wrong, right) from None
    if number > 50:
        raise Mistake(f"{shown(value)} is too much", right)
    return number


def threshold(value: Any) -> float:
    """Return a number above 0 to compare a metric with."""
    right = "write a number above 0, such as 1.5"
    if not is_number(value):
        raise Mistake(f"is {described(value)}", right)
    try:
        number = float(value)
    except OverflowError:
        number = math.inf
    if not (0 < number < math.inf):
        raise Mistake(f"{shown(value)} is no value that can be reached", right)
    return number


def count(value: Any) -> int:
    """How many instances move at once."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 1:
        raise Mistake(f"is {described(value)}", "write a whole number from 1, such as 1")
    return value


def bound(value: Any) -> int:
    """Return a smallest or largest number of instances."""
    if not isinstance(value, int) or isinstance(value, bool) or value < 0:
        raise Mistake(f"is {described(value)}", "write a whole number from 0, such as 2")
    return value


def reversals(value: Any) -> int:
    """How often the direction may turn. One stop and the start that may have to follow it are two turns."""
    if not isinstance(value, int) or isinstance(value, bool) or not 2 <= value <= 100:
        raise Mistake(f"is {described(value)}", "write a whole number from 2 to 100, such as 4")
    return value
