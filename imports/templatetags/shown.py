"""Filters and tags of the pages: icons, numbers, times, titles. `{% load shown %}`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any

from django import template
from django.core.paginator import Page
from django.forms import BoundField
from django.templatetags.static import static
from django.utils import dateformat
from django.utils.functional import Promise
from django.utils.html import format_html
from django.utils.safestring import SafeString, mark_safe

from imports.pages.texts import formatting, numbers
from imports.pages.texts.failures import explain
from imports.pages.texts.translation import gettext_lazy

register = template.Library()

NO_TIME = gettext_lazy("no time")
# What stands here until times.js has run, and for good where it does not. It knows these names, too.
TIME_FORMATS = {
    "moment": r"j M Y, H:i \U\T\C",  # in a sentence
    "full": r"j M Y, H:i:s \U\T\C",  # where seconds matter
    "short": r"j M Y, H:i \U\T\C",  # in a list: the script shortens it by how long ago it is
    "day": "j M Y",
    "clock": r"H:i \U\T\C",
}


@register.simple_tag
def icon(name: str, label: str = "", extra: str = "") -> SafeString:
    """A symbol of icons.svg: decoration, or with `label` an image of that name. `extra` adds classes."""
    classes = f"i {extra}".rstrip()
    href = f"{static('icons.svg')}#{name}"
    if label:
        return format_html('<svg class="{}" role="img" aria-label="{}"><use href="{}"/></svg>', classes, label, href)
    return format_html('<svg class="{}" aria-hidden="true"><use href="{}"/></svg>', classes, href)


@register.simple_tag
def moment(value: datetime | int | None, form: str = "moment", none: str = NO_TIME) -> SafeString:
    """A `<time>`, from a datetime or milliseconds; UTC here, the reader's own zone once times.js has run."""
    if value is None:
        return format_html('<span class="dim">{}</span>', none)
    if isinstance(value, int):
        value = datetime.fromtimestamp(value / 1000, UTC)
    value = value.astimezone(UTC)
    return format_html(
        '<time datetime="{}" data-time="{}" data-form="{}">{}</time>',
        value.isoformat(timespec="seconds").replace("+00:00", "Z"),
        int(value.timestamp() * 1000),
        form,
        dateformat.format(value, TIME_FORMATS[form]),
    )


@register.filter
def title_attrs(title: str) -> SafeString:
    """Attributes for an element that holds a title: never translated, and Japanese where it is."""
    # Safe: of the title nothing is in it.
    return mark_safe('lang="ja" translate="no"' if formatting.is_japanese(title) else 'translate="no"')  # noqa: S308


@register.filter
def lang_attr(text: str) -> SafeString:
    """`lang="ja"` for other people's words (names of files, sessions) that hold kana or kanji."""
    return mark_safe(' lang="ja"' if formatting.is_japanese(text) else "")  # noqa: S308


@register.filter
def thousands(value: float | str | None) -> str:
    """`9,861,044`; `No Data.` for nothing. Text is written out already and passes."""
    if isinstance(value, str | Promise):
        return value
    return numbers.NO_DATA if value is None else numbers.format_number(value)


@register.filter
def signed(value: float | str) -> str:
    """`+1,204`, `−2`. Text has its sign already and passes."""
    return value if isinstance(value, str | Promise) else numbers.format_signed(value)


@register.filter
def direction(value: float | str | None) -> str:
    """Class of a change: `gain`, `loss` or nothing. Reads numbers and signed text."""
    if isinstance(value, str | Promise):
        return {"+": "gain", numbers.MINUS: "loss", "-": "loss"}.get(value[:1], "")
    return "" if not value else ("gain" if value > 0 else "loss")


# Sizes, durations and places in line are written by the functions that the views and messages use, too.
register.filter("file_size", formatting.file_size)
register.filter("estimate", formatting.estimate)
register.filter("session_length", formatting.session_length)
register.filter("ordinal_ending", formatting.ordinal_ending)


@register.filter
def duration(value: float | None) -> str:
    """How long something took, from seconds; empty for None."""
    return "" if value is None else formatting.duration(value)


@register.filter
def is_check(field: BoundField) -> bool:
    """Whether its label stands behind the control."""
    return getattr(field.field.widget, "input_type", "") == "checkbox" and not field.use_fieldset


@register.simple_tag
def control(field: BoundField, **attrs: Any) -> SafeString:
    """A form control as the pages show it; the first with an error has the focus."""
    # Its hint and errors are tied to it by Django.
    ours: dict[str, Any] = {} if is_check(field) else {"class": "input"}
    if field.form.errors:  # what is to be corrected is where one goes on
        ours["autofocus"] = field.name == next(iter(field.form.errors))
    # Attributes have hyphens and keywords of a template tag cannot.
    return field.as_widget(attrs={**ours, **{name.replace("_", "-"): value for name, value in attrs.items()}})


@register.simple_tag
def elided(page: Page[Any]) -> list[int | str]:
    """The page numbers worth showing: the first, those around this one, the last."""
    return list(page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1))


@register.simple_tag
def failure_cause(message: str, status: int) -> str:
    """Why an import failed, in plain words, as its player reads it."""
    return explain(message, status, ()).cause
