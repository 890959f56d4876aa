"""How numbers are written for readers: no digit that is not known, none lost that is, and never a zero that is none."""

from __future__ import annotations

import math

LEAST, MOST = 1e-6, 1e15  # between these nothing is written with an exponent
_FINEST = 9  # decimals of an interval so narrow that more would tell nobody anything


def number(value: float | None, digits: int = 4) -> str:
    """With at least so many significant digits: 12.4, 5210, 1,234,567, 0.00031; a dash for none. Whole numbers are whole."""
    if value is None:
        return "-"
    text = bare(value, digits)
    whole, point, rest = text.partition(".")
    sign, count = ("-", whole[1:]) if whole.startswith("-") else ("", whole)
    # four digits are read at a glance, and a comma would make two numbers of them in a list
    return f"{sign}{int(count):,}{point}{rest}" if count.isdigit() and len(count) > 4 else text


def signed(value: float) -> str:
    """A change: +1.2, -210, ±0."""
    return "±0" if value == 0 else f"{'+' if value > 0 else ''}{number(value)}"


def bare(value: float, digits: int = 6) -> str:
    """As programs read it too: like `number`, without commas between thousands."""
    if not math.isfinite(value):
        return str(value)
    size = abs(value)
    if size and not LEAST <= size < MOST:
        mantissa, _, power = f"{value:.{digits - 1}e}".partition("e")
        return f"{_short(mantissa)}e{power}"
    if value == int(value):
        return str(int(value))
    return _short(f"{value:.{max(0, digits - 1 - math.floor(math.log10(size)))}f}")


def bare_change(value: float, digits: int = 4) -> str:
    """A change as programs read it too, always with its sign."""
    return f"{'' if value < 0 else '+'}{bare(value, digits)}"


def give_or_take(value: float, half: float | None) -> str:
    """A value with half of its interval, of which two digits are worth saying: 12.30 ± 0.45; the value alone without one."""
    if half is None:
        return number(value)
    places = _places(half)
    return f"{_at(value, places)} ± {_at(half, places)}"


def within(value: float, low: float, high: float) -> str:
    """A value with the ends of its interval, all to the same decimals: 3.20 (2.87 to 3.56)."""
    places = _places((high - low) / 2)
    return f"{_at(value, places)} ({_at(low, places)} to {_at(high, places)})"


def _short(text: str) -> str:
    return text.rstrip("0").rstrip(".") if "." in text else text


def _places(half: float) -> int | None:
    """Decimals at which a half-width has two significant digits, below zero for tens; None where there is no telling."""
    if not math.isfinite(half) or half <= 0:
        return None
    places = 1 - math.floor(math.log10(half))
    if round(half, places) >= 10 ** (2 - places):  # 0.0996 is 0.10
        places -= 1
    return places if places <= _FINEST else None


def _at(value: float, places: int | None) -> str:
    if places is None or not math.isfinite(value):
        return number(value)
    rounded = round(value, places)
    if rounded == 0 and value != 0:
        return number(value, 2)
    text = f"{rounded + 0.0:,.{max(0, places)}f}"
    return text.replace(",", "") if abs(rounded) < 1e4 else text
