"""The admin uses the product's colours: the tokens in its stylesheet equal those of the pages."""

from __future__ import annotations

import re
from pathlib import Path

import pytest

CSS = Path(__file__).parents[2] / "static" / "css"
RENAMED = {"lit": "accent"}  # Django's sheets have an --accent of their own
TOKEN = re.compile(r"--([\w-]+): (light-dark\([^;]+\));")


def tokens(sheet: str) -> dict[str, str]:
    return dict(TOKEN.findall((CSS / sheet).read_text()))


@pytest.mark.parametrize("name", tokens("admin.css"))
def test_a_colour_token_of_the_admin_equals_that_of_the_pages(name: str) -> None:
    assert tokens("admin.css")[name] == tokens("site.css")[RENAMED.get(name, name)]


def test_the_admin_stylesheet_has_colour_tokens() -> None:
    assert len(tokens("admin.css")) > 10
