"""The template filters and tags."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

import pytest
from django.template import engines
from django.utils.html import strip_tags

from imports.templatetags import shown


def render(source: str, **context: Any) -> str:
    return str(engines["django"].from_string("{% load shown %}" + source).render(context))


def test_an_icon_is_decoration_unless_it_has_a_name() -> None:
    assert render('{% icon "check" %}') == (
        '<svg class="i" aria-hidden="true"><use href="/static/icons.svg#check"/></svg>'
    )
    assert render('{% icon "check" "done" "big" %}') == (
        '<svg class="i big" role="img" aria-label="done"><use href="/static/icons.svg#check"/></svg>'
    )


@pytest.mark.parametrize("value", [datetime(2026, 11, 22, 22, 41, tzinfo=UTC), 1_795_387_260_000])
def test_a_moment_is_rendered_in_utc(value: datetime | int) -> None:
    assert render("{% moment value %}", value=value) == (
        '<time datetime="2026-11-22T22:41:00Z" data-time="1795387260000" data-form="moment">'
        "22 Nov 2026, 22:41 UTC</time>"
    )


@pytest.mark.parametrize(
    ("minutes", "form", "text"),
    [
        (31, "moment", "22 Nov 2026, 22:41 UTC to 23:12 UTC"),
        (31, "clock", "22:41 UTC to 23:12 UTC"),
        (0.4, "clock", "22:41 UTC"),
    ],
)
def test_a_span_within_a_minute_is_rendered_as_one_time(minutes: float, form: str, text: str) -> None:
    start = 1_795_387_260_000
    rendered = render("{% time_span start end form %}", start=start, end=start + int(minutes * 60_000), form=form)
    assert strip_tags(rendered) == text


def test_a_missing_moment_is_rendered_as_no_time() -> None:
    assert render('{% moment value "short" %}', value=None) == '<span class="dim">no time</span>'


@pytest.mark.parametrize(
    ("title", "attributes"),
    [("404号室のワルツ", 'lang="ja" translate="no"'), ("VERMILION CASCADE", 'translate="no"')],
)
def test_a_title_is_marked_as_untranslatable_and_with_its_language(title: str, attributes: str) -> None:
    assert render("<b {{ title|title_attrs }}></b>", title=title) == f"<b {attributes}></b>"


def test_icon_names_are_escaped() -> None:
    assert render('{% icon "x" name %}', name='"><script>') == (
        '<svg class="i" role="img" aria-label="&quot;&gt;&lt;script&gt;"><use href="/static/icons.svg#x"/></svg>'
    )


@pytest.mark.parametrize(
    ("value", "name"),
    [(3, "gain"), (-0.1, "loss"), (0, ""), (None, ""), ("+0.132", "gain"), ("−0.132", "loss"), ("falls", ""), ("", "")],
)
def test_the_direction_of_a_change_follows_its_sign(value: float | str | None, name: str) -> None:
    assert shown.direction(value) == name
