"""The calendar of the days on which somebody played."""

from __future__ import annotations

from datetime import date

from imports.pages.components.calendar import calendar_of


def test_a_month_that_begins_in_the_last_week_of_a_half_is_named_above_the_next_half() -> None:
    calendar = calendar_of({}, last=date(2026, 11, 30))
    names = [[month.name for month in half.months] for half in calendar.halves]
    assert names == [["Dec", "Jan", "Feb", "Mar", "Apr", "May"], ["Jun", "Jul", "Aug", "Sep", "Oct", "Nov"]]
