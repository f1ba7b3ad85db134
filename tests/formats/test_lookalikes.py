"""Titles that look alike have one common form, and their differences are listed."""

from __future__ import annotations

import unicodedata

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imports.formats.lookalikes import Difference, differences, fold_characters, normalize

D = Difference

PAIRS: list[tuple[str, str, tuple[Difference, ...]]] = [
    ("悲壮〜竪琴", "悲壮～竪琴", (D.TILDES,)),
    ("悲壮〜竪琴", "悲壮~竪琴", (D.TILDES,)),
    ("a～b", "a~b", (D.TILDES,)),
    ("Tic Tac DREAMIN’", "tic tac dreamin'", (D.QUOTES,)),
    ("Please don‘t worry", "Please don't worry", (D.QUOTES,)),
    ("Another ”drizzly rain”", 'Another "drizzly rain"', (D.QUOTES,)),
    ("Ray ―はじまり―", "Ray -はじまり-", (D.DASHES,)),
    ("a – b", "a — b", (D.DASHES,)),
    ("ﾃ-ﾚｯﾃｰ", "ﾃｰﾚｯﾃｰ", (D.DASHES,)),
    ("Ha･lle･lu", "Ha・lle・lu", (D.DOTS,)),
    ("Good  Night", "Good Night", (D.BLANKS,)),
    ("GoodNight", "Good Night", (D.BLANKS,)),
    ("少女　幻葬", "少女 幻葬", (D.BLANKS,)),
    (" Night ", "Night", (D.BLANKS,)),
    ("Night\u00a0Sky", "Night Sky", (D.BLANKS,)),
    ("幻想郷ver\u200b.", "幻想郷ver.", (D.INVISIBLE,)),
    ("\ufeffNight", "Night", (D.INVISIBLE,)),
    ("Ni\u00adght\u200e", "Night", (D.INVISIBLE,)),
    ("☆\ufe0f", "☆", (D.INVISIBLE,)),
    ("Guilt &amp; Love", "Guilt & Love", (D.ENTITIES,)),
    ("GF&#38;DM", "GF&DM", (D.ENTITIES,)),
    ("Raison d'&ecirc;tre", "Raison d'être", (D.ENTITIES,)),
    ("ＷＥ ＡＲＥ", "WE ARE", (D.WIDTH,)),
    ("カラフル！", "ｶﾗﾌﾙ!", (D.WIDTH,)),
    ("Night", "night", ()),
    ("冥", "冥", ()),
    ("don&rsquo;t　stop〜", "DON'T stop~", (D.TILDES, D.QUOTES, D.BLANKS, D.ENTITIES)),
]


@pytest.mark.parametrize(("title", "other", "expected"), PAIRS)
def test_similar_titles_have_the_same_form_and_their_differences_are_listed(
    title: str, other: str, expected: tuple[Difference, ...]
) -> None:
    assert normalize(title) == normalize(other)
    assert differences(title, other) == differences(other, title) == expected


@pytest.mark.parametrize(
    ("title", "other"),
    [
        ("AA", "AB"),
        ("Night", "Nights"),
        ("冥", "黒冥"),
        ("5.1.1.", "5.1.1"),
        ("é", "e"),
        ("a", ""),
        ("〜", "-"),
        ("'", '"'),
    ],
)
def test_different_titles_do_not_look_alike(title: str, other: str) -> None:
    assert differences(title, other) is None


@given(st.text())
def test_a_normalized_title_is_folded_and_has_no_blanks(title: str) -> None:
    form = normalize(title)
    assert form == form.casefold() or unicodedata.normalize("NFKC", form) != form
    assert not any(map(str.isspace, form))
    assert differences(title, title) == ()


@given(st.text())
def test_folding_characters_keeps_the_length(title: str) -> None:
    assert len(fold_characters(title)) == len(title)
