"""Titles of look-alike characters, with the properties that the fuzzer also uses."""

from __future__ import annotations

import pytest
from hypothesis import given
from hypothesis import strategies as st

from imports.formats.lookalikes import VARIANTS, differences, normalize
from tests.hostile import properties

LOOKALIKES = "".join(f"{kind}{others}" for kind, others in VARIANTS.items())


@given(st.one_of(st.binary(), st.text(), st.text(f"{LOOKALIKES}ー &#;amplt\u200b\u3000\ufe0faＡ\\[](^-")))
def test_any_title_can_be_compared_and_searched(title: bytes | str) -> None:
    properties.a_title(title if isinstance(title, bytes) else title.encode(errors="surrogatepass"))


@pytest.mark.parametrize("piece", ["&", "&amp;", "&#", " ", "\u200b", "〜’―\u3000&lt;Ａ", "ﷺ", "\u0301", "ー"])
def test_only_the_first_five_hundred_characters_are_compared(piece: str) -> None:
    title = piece * (1_000_000 // len(piece))
    assert normalize(title) == normalize(title[:500])
    assert differences(title, f"{title[:499]}x{title[500:]}") in (None, ())
    properties.a_title(title[:5_000].encode())
