"""Sizes, durations, ordinal numbers, and counts in sentences."""

from __future__ import annotations

import pytest

from imports.pages.texts import formatting, problem_texts, revert_texts, score_texts, upload_texts


@pytest.mark.parametrize(
    ("count", "text"),
    [(512, "512 B"), (61_000, "61 KB"), (999_499, "999 KB"), (999_500, "1 MB"), (9_100_000, "9.1 MB")],
)
def test_file_sizes_use_decimal_units(count: int, text: str) -> None:
    assert formatting.file_size(count) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [
        (0.04, "0.0 s"),
        (1.84, "1.8 s"),
        (9.96, "10 s"),
        (59.4, "59 s"),
        (125, "2 min 5 s"),
        (180, "3 min"),
        (3790, "1 h 3 min"),
    ],
)
def test_a_duration_is_shown_in_words(value: float, text: str) -> None:
    assert formatting.duration(value) == text


@pytest.mark.parametrize(
    ("value", "text"),
    [(0.1, "1 s"), (4, "4 s"), (17, "20 s"), (57, "60 s"), (58, "1 min"), (200, "3 min"), (7000, "2 h")],
)
def test_an_estimate_is_rounded(value: float, text: str) -> None:
    assert formatting.estimate(value) == text


@pytest.mark.parametrize(
    ("milliseconds", "text"),
    [
        (59_999, "0 minutes"),
        (60_000, "1 minute"),
        (3_900_000, "1 hour, 5 minutes"),
        (86_400_000 + 7_200_000 + 300_000, "1 day, 2 hours, 5 minutes"),
        (86_400_000, "1 day"),
    ],
)
def test_the_length_of_a_session_is_cut_to_minutes(milliseconds: int, text: str) -> None:
    assert formatting.session_length(milliseconds) == text


@pytest.mark.parametrize(
    ("number", "ending"), [(1, "st"), (2, "nd"), (3, "rd"), (4, "th"), (11, "th"), (112, "th"), (23, "rd")]
)
def test_queue_positions_have_ordinal_endings(number: int, ending: str) -> None:
    assert formatting.ordinal_ending(number) == ending


@pytest.mark.parametrize(
    ("text", "expected"),
    [
        ("終電後のプラネタリウム", True),
        ("ｱﾙﾀｲﾙ", True),
        ("VERMILION CASCADE", False),
        ("Kagehira × Noct", False),
        ("★★★", False),
    ],
)
def test_kana_and_kanji_make_a_title_japanese(text: str, expected: bool) -> None:
    assert formatting.is_japanese(text) is expected


def test_counts_have_a_noun_in_singular_or_plural() -> None:
    assert [score_texts.score_count(count) for count in (0, 1, 1204)] == ["0 scores", "1 score", "1,204 scores"]


def test_sentences_agree_with_their_counts() -> None:
    assert [
        revert_texts.sessions_changed(1, 2, 0, made=1),
        revert_texts.sessions_changed(2, 1, 1, moved=1),
        revert_texts.bests_fall_back(1, 1200),
        revert_texts.bests_one_by_one(1, shown=50),
        revert_texts.bests_one_by_one(1200, shown=50),
        upload_texts.stops_at_problems(1),
        problem_texts.same_name_notice(2),
    ] == [
        "1 session removed, 2 sessions lose scores, 1 session is new.",
        "2 sessions removed, 1 session loses scores, 1 session splits, 1 session changes its times.",
        "1 best returns to the previous score and 1,200 charts will have no score.",
        "Show the changed best",
        "50 of 1,200 changed bests",
        "Stop if any row has a problem. With 1 such row, nothing would be imported.",
        "Applies to all 2 rows with this title.",
    ]
