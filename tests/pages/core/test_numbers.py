"""Numbers in the form that players read (display rules §3 and §4)."""

from __future__ import annotations

import pytest

from imports.games.spec import Shown
from imports.pages.texts.numbers import (
    NO_DATA,
    RatingKind,
    format_change,
    format_floored_percent,
    format_metric,
    format_rating,
    format_signed,
    to_fixed,
)


@pytest.mark.parametrize(
    ("shown", "value", "text"),
    [
        (Shown.NUM, 1234567.895, "1,234,567.895"),
        (Shown.NUM, 12.999, "12.999"),
        (Shown.NUM, 9861044, "9,861,044"),
        (Shown.NUM, 0.0004, "0"),
        (Shown.NUM, 100, "100"),
        (Shown.RAW, 1234567.895, "1234567.895"),
        (Shown.RAW, 13.0, "13"),
        (Shown.RAW, -3, "−3"),
        (Shown.PCT2, 1234567.895, "1234567.90%"),
        (Shown.PCT2, 12.999, "13.00%"),
        (Shown.PCT4, 12.999, "12.9990%"),
        (Shown.PCT4, 100.49996, "100.5000%"),
        (Shown.DP0, 1234567.895, "1234568"),
        (Shown.DP2, 12.999, "13.00"),
        (Shown.DP3, 12.999, "12.999"),
        (Shown.SGL_STAR, 12.999, "☆13.00"),
        (Shown.SGL_STAR, 13, "★1.00"),
        (Shown.SGL_CIRCLE, 5.5, "○5.50"),
        (Shown.SGL_CIRCLE, 24.25, "●12.25"),
        (Shown.ITG_FINAL, 42.126, "Died 42.13% in"),
        (Shown.ITG_FINAL, 100, "Cleared with 0.00%"),
        (Shown.ITG_FINAL, 196.5, "Cleared with 96.50%"),
    ],
)
def test_a_metric_is_written_in_its_format(shown: Shown, value: float, text: str) -> None:
    assert format_metric(value, shown) == text


@pytest.mark.parametrize(
    ("value", "kind", "text"),
    [
        (4.35, "score", "4.35"),
        (4.35, "session", "4.35"),
        (4.35, "profile", "4.34"),  # 4.35 * 100 is 434.99999999999994
        (8.999, "score", "9.00"),
        (8.999, "profile", "8.99"),
        (-1.005, "profile", "−1.01"),  # floored, away from zero
        (15, "profile", "15.00"),
    ],
)
def test_only_a_profile_rating_without_a_format_is_cut(value: float, kind: RatingKind, text: str) -> None:
    assert format_rating(value, Shown.DEFAULT, kind=kind) == text


@pytest.mark.parametrize(
    ("shown", "text"),
    [(Shown.DEFAULT, "14,203.50"), (Shown.DP0, "14,204"), (Shown.DP2, "14,203.50"), (Shown.NUM, "14,203.5")],
)
def test_a_profile_rating_has_commas_between_thousands(shown: Shown, text: str) -> None:
    assert format_rating(14_203.5, shown, kind="profile") == text


def test_an_explicit_format_rounds_a_profile_rating_too() -> None:
    assert format_rating(17.6149, Shown.DP2, kind="profile") == "17.61"
    assert format_rating(17.6159, Shown.DP2, kind="profile") == "17.62"


@pytest.mark.parametrize("shown", list(Shown))
def test_a_missing_value_is_shown_as_no_data(shown: Shown) -> None:
    assert format_metric(None, shown) == NO_DATA
    assert format_rating(None, shown, kind="profile") == NO_DATA


@pytest.mark.parametrize(
    ("value", "places", "text"),
    [(0.5, 0, "1"), (2.5, 0, "3"), (-2.5, 0, "−3"), (1.005, 2, "1.00"), (1.125, 2, "1.13")],
)
def test_ties_round_away_from_zero_as_in_javascript(value: float, places: int, text: str) -> None:
    assert to_fixed(value, places=places) == text


@pytest.mark.parametrize(
    ("value", "places", "text"),
    [(99.999, 2, "99.99%"), (100.4979, 4, "100.4979%"), (4.35, 2, "4.35%"), (0, 2, "0.00%"), (None, 2, NO_DATA)],
)
def test_a_percentage_in_a_score_cell_is_never_rounded_up(value: float | None, places: int, text: str) -> None:
    assert format_floored_percent(value, places=places) == text


@pytest.mark.parametrize(
    ("before", "after", "shown", "text"),
    [
        (17.482, 17.614, Shown.DP3, "+0.132"),
        (17.614, 17.482, Shown.DP3, "−0.132"),
        (12.3449, 12.3451, Shown.DP2, "+0.01"),  # shown next to 12.34 and 12.35
        (12.3451, 12.3454, Shown.DP2, ""),
        (12.99, 13.5, Shown.SGL_STAR, "+0.51"),  # ☆12.99 and ★1.50
        (4.34, 4.36, Shown.DEFAULT, "+0.02"),
        (None, 4.36, Shown.DEFAULT, ""),
        (14_203, 14_606.0, Shown.RAW, "+403"),
    ],
)
def test_a_change_is_the_difference_of_the_shown_values(
    before: float | None, after: float, shown: Shown, text: str
) -> None:
    assert format_change(before, after, shown, kind="profile") == text


@pytest.mark.parametrize(("value", "text"), [(1204, "+1,204"), (-2, "−2"), (0, "0"), (0.5, "+0.5")])
def test_a_change_has_a_sign(value: float, text: str) -> None:
    assert format_signed(value) == text
