"""Dates as V8's `Date.parse` reads them in the time zone UTC. No database access.

Tachi passes the texts of files to it. A text is first read as ISO 8601. Otherwise it is read leniently: words other
than months and zones may come before the first number, the meaning of a number depends on the character after it, and
a day after the end of its month is counted on into the next month.
"""

from __future__ import annotations

import re
from calendar import timegm
from collections.abc import Iterator
from dataclasses import dataclass, field
from datetime import date

from imports.formats.parsing.numbers import JS_SPACE

MAX_TIME = 8_640_000_000_000_000  # ms before or after 1970, JavaScript's limit
MAX_TEXT = 1_000  # characters; no real date is that long
DAY = 86_400_000  # ms
DIGITS = 9  # significant digits of a number

_TOKEN = re.compile(
    rf"(?P<number>[0-9]+)|(?P<blank>[{JS_SPACE}])|(?P<word>(?:(?![{JS_SPACE}])[A-Z\[-\U0010ffff])+)|(?P<sign>.)", re.S
)
_USUAL = re.compile(
    "([12][0-9]{3})-(0[1-9]|1[0-2])-(0[1-9]|1[0-9]|2[0-8]) ([01][0-9]|2[0-3]):([0-5][0-9])(?::([0-5][0-9]))?"
)
"""The form of nearly all dates in files: a fast path without tokens."""

_MONTHS = ("jan", "feb", "mar", "apr", "may", "jun", "jul", "aug", "sep", "oct", "nov", "dec")
_HALVES = {"am": 0, "pm": 12}
_ZONES = {
    "ut": 0, "utc": 0, "z": 0, "gmt": 0, "est": -5, "edt": -4, "cst": -6, "cdt": -5, "mst": -7, "mdt": -6, "pst": -8,
    "pdt": -7,
}  # fmt: skip


class _NotADate(Exception):
    pass


def parse_date(text: str) -> int | None:
    """Returns Unix milliseconds, negative before 1970; None for a text that is not a date."""
    if len(text) > MAX_TEXT:
        return None
    usual = _USUAL.fullmatch(text)
    if usual is not None:
        parts = [int(part) for part in usual.groups("0")]
        return timegm((*parts, 0, 0, 0)) * 1_000
    reader = _Reader(list(_tokens(text)))
    try:
        if not reader.read_iso():
            reader.read_loosely()
        return reader.time()
    except _NotADate:
        return None


@dataclass(frozen=True, slots=True)
class _Token:
    """`kind`: number, blank, word, sign, or end. `value`: of a number."""

    kind: str
    text: str = ""
    value: int = 0

    def is_number(self, digits: int) -> bool:
        return self.kind == "number" and len(self.text) == digits


_END = _Token("end")


def _tokens(text: str) -> Iterator[_Token]:
    at = 0
    while at < len(text):
        if text[at] == "(":
            at = _behind_parentheses(text, at)
            yield _Token("unknown")
            continue
        found = _TOKEN.match(text, at)
        assert found is not None  # noqa: S101 - every character is one of these
        kind, matched = str(found.lastgroup), found[0]
        value = int(matched.lstrip("0")[:DIGITS] or "0") if kind == "number" else 0
        yield _Token(kind, matched.lower() if kind == "word" else matched, value)
        at = found.end()


def _behind_parentheses(text: str, at: int) -> int:
    depth = 0
    for place in range(at, len(text)):
        depth += {"(": 1, ")": -1}.get(text[place], 0)
        if depth == 0:
            return place + 1
    return len(text)


@dataclass(slots=True)
class _Reader:
    """The parts of a date that were read so far; None for a part that was not read."""

    tokens: list[_Token]
    at: int = 0
    days: list[int] = field(default_factory=list)
    month: int | None = None
    clock: list[int] = field(default_factory=list)
    half: int | None = None
    is_iso: bool = False
    sign: int | None = None
    zone_hour: int | None = None
    zone_minute: int | None = None

    def peek(self) -> _Token:
        return self.tokens[self.at] if self.at < len(self.tokens) else _END

    def next(self) -> _Token:
        token = self.peek()
        self.at += 1
        return token

    def skip(self, sign: str) -> bool:
        is_there = self.peek().kind == "sign" and self.peek().text == sign
        self.at += is_there
        return is_there

    # --- ISO 8601 ---

    def read_iso(self) -> bool:
        """Returns whether the whole text is an ISO 8601 date. If not, the parts read are kept. Raises _NotADate."""
        if self.peek().kind == "sign" and self.peek().text in "+-":
            negative = self.peek().text == "-"
            if self.at + 1 >= len(self.tokens) or not self.tokens[self.at + 1].is_number(6):
                return False
            self.at += 1
            year = self.next().value
            if negative and year == 0:
                return False
            self.days.append(-year if negative else year)
        elif self.peek().is_number(4):
            self.days.append(self.next().value)
        else:
            return False
        for most in (12, 31):
            if not self.skip("-"):
                break
            if not (self.peek().is_number(2) and 1 <= self.peek().value <= most):
                return False
            self.days.append(self.next().value)
        if self.peek().kind == "word" and self.peek().text == "t":
            self.at += 1
            self.read_iso_time()
            if self.peek() is not _END:
                raise _NotADate
        if self.peek() is not _END:
            return False
        self.is_iso = True
        return True

    def read_iso_time(self) -> None:
        self.clock.append(self.two_digits(24))
        is_24 = self.clock[0] == 24
        if not self.skip(":"):
            raise _NotADate
        self.clock.append(self.two_digits(0 if is_24 else 59))
        if self.skip(":"):
            self.clock.append(self.two_digits(0 if is_24 else 59))
            if self.skip("."):
                if self.peek().kind != "number" or (is_24 and self.peek().value > 0):
                    raise _NotADate
                self.clock.append(_milliseconds(self.next()))
        if self.peek().kind == "word" and self.peek().text == "z":
            self.at += 1
            self.set_zone(0)
        elif self.peek().kind == "sign" and self.peek().text in "+-":
            self.sign = -1 if self.next().text == "-" else 1
            if self.peek().is_number(4):
                self.zone_hour, self.zone_minute = divmod(self.next().value, 100)
                if self.zone_hour > 23 or self.zone_minute > 59:
                    raise _NotADate
                return
            self.zone_hour = self.two_digits(23)
            if not self.skip(":"):
                raise _NotADate
            self.zone_minute = self.two_digits(59)

    def two_digits(self, maximum: int) -> int:
        token = self.next()
        if not token.is_number(2) or token.value > maximum:
            raise _NotADate
        return token.value

    # --- anything else ---

    def read_loosely(self) -> None:
        """Reads the remaining tokens. Raises _NotADate."""
        has_number = bool(self.days)
        while (token := self.next()) is not _END:
            if token.kind == "number":
                has_number = True
                self.read_number(token)
            elif token.kind == "word":
                self.read_word(token.text, has_number=has_number)
            elif (
                token.kind == "sign" and token.text in "+-" and (self.zone_hour == self.zone_minute == 0 or self.clock)
            ):
                has_number = True
                self.read_offset(-1 if token.text == "-" else 1)
            elif token.kind == "sign" and token.text in "+-)" and has_number:
                raise _NotADate

    def read_number(self, token: _Token) -> None:
        value = token.value
        if self.skip(":"):
            if self.skip(":"):
                if self.clock:
                    raise _NotADate
                self.clock += [value, 0]
                return
            if len(self.clock) == 4:
                raise _NotADate
            self.clock.append(value)
            self.skip(".")
        elif self.skip(".") and self.clock_expects(value):
            self.clock.append(value)
            if self.peek().kind != "number":
                raise _NotADate
            self.finish_clock(_milliseconds(self.next()))
        elif self.zone_hour is not None and self.zone_minute is None and value < 60:
            self.zone_minute = value
        elif self.clock_expects(value):
            self.finish_clock(value)
            behind = self.peek()
            is_end = behind is _END or behind.kind == "blank" or (behind.kind == "word" and behind.text == "z")
            if not is_end and not (behind.kind == "sign" and behind.text in "+-"):
                raise _NotADate
        else:
            if len(self.days) == 3:
                raise _NotADate
            self.days.append(value)
            self.skip("-")

    def clock_expects(self, value: int) -> bool:
        return {1: value < 60, 2: value < 60, 3: value < 1_000}.get(len(self.clock), False)

    def finish_clock(self, value: int) -> None:
        if len(self.clock) < 4:
            self.clock.append(value)
        self.clock += [0] * (4 - len(self.clock))

    def read_word(self, word: str, *, has_number: bool) -> None:
        if word in _HALVES and self.clock:
            self.half = _HALVES[word]
        elif word[:3] in _MONTHS:
            self.month = _MONTHS.index(word[:3]) + 1
            self.skip("-")
        elif word in _ZONES and has_number:
            self.set_zone(_ZONES[word])
        elif has_number or self.peek().kind == "number":
            raise _NotADate

    def read_offset(self, sign: int) -> None:
        self.sign = sign
        token = self.next() if self.peek().kind == "number" else _END
        size = len(token.text)
        if self.peek().kind == "sign" and self.peek().text == ":":
            self.zone_hour, self.zone_minute = token.value, None
        elif size in (1, 2):
            self.zone_hour, self.zone_minute = token.value, 0
        elif size in (3, 4):
            self.zone_hour, self.zone_minute = divmod(token.value, 100)
        else:
            raise _NotADate

    def set_zone(self, hours: int) -> None:
        self.sign, self.zone_hour, self.zone_minute = (-1 if hours < 0 else 1), abs(hours), 0

    # --- result ---

    def time(self) -> int:
        """Returns Unix milliseconds. Raises _NotADate if the parts are not a date."""
        time = DAY * self.day() + self.time_of_day()
        if self.sign is not None:
            offset = (3_600 * (self.zone_hour or 0) + 60 * (self.zone_minute or 0)) % 2**32  # as V8 has it
            if offset >= 2**31:
                raise _NotADate
            time -= self.sign * 1_000 * offset
        if abs(time) > MAX_TIME:
            raise _NotADate
        return time

    def day(self) -> int:
        """Returns the number of days since 1970."""
        if not self.days:
            raise _NotADate
        first, second, third = [*self.days, 1, 1][:3]
        if self.month is not None:
            year, month, day = (second, self.month, first) if 1 <= first <= 31 else (first, self.month, second)
        elif self.is_iso or not 1 <= first <= 31:
            year, month, day = first, second, third
        else:
            year, month, day = third, first, second
        if not self.is_iso and 0 <= year <= 99:
            year += 2000 if year <= 49 else 1900
        if not (1 <= month <= 12 and 1 <= day <= 31 and abs(year) < 400_000):
            raise _NotADate
        cycles, of_cycle = divmod(year, 400)  # the calendar repeats every 400 years, and Python's has no year 0
        first_of_month = date(of_cycle + 400, month, 1).toordinal() - date(1970, 1, 1).toordinal()
        return first_of_month + 146_097 * (cycles - 1) + day - 1

    def time_of_day(self) -> int:
        hour, minute, second, millisecond = [*self.clock, 0, 0, 0, 0][:4]
        if self.half is not None:
            if hour > 12:
                raise _NotADate
            hour = hour % 12 + self.half
        if hour > 24 or minute > 59 or second > 59 or millisecond > 999:
            raise _NotADate
        if hour == 24 and minute + second + millisecond:
            raise _NotADate
        return ((hour * 60 + minute) * 60 + second) * 1_000 + millisecond


def _milliseconds(token: _Token) -> int:
    """Returns the first three digits after a decimal point, as milliseconds."""
    size = min(len(token.text), DIGITS)
    return int(token.value * 1_000 // 10**size)
