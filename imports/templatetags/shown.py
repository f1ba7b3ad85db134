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

from imports.pages import numbers, words
from imports.pages.texts import gettext_lazy

register = template.Library()

NO_TIME = gettext_lazy("no time")
_TIME_FORMS = {
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
        dateformat.format(value, _TIME_FORMS[form]),
    )


@register.filter
def title_attrs(title: str) -> SafeString:
    """Attributes for an element that holds a title: never translated, and Japanese where it is."""
    return mark_safe('lang="ja" translate="no"' if words.is_japanese(title) else 'translate="no"')  # noqa: S308


@register.filter
def lang_attr(text: str) -> SafeString:
    """`lang="ja"` for other people's words (names of files, sessions) that hold kana or kanji."""
    return mark_safe(' lang="ja"' if words.is_japanese(text) else "")  # noqa: S308


@register.filter
def thousands(value: float | str | None) -> str:
    """`9,861,044`; `No Data.` for nothing. Text is written out already and passes."""
    if isinstance(value, str | Promise):
        return value
    return numbers.NO_DATA if value is None else numbers.grouped(value)


@register.filter
def signed(value: float | str) -> str:
    """`+1,204`, `−2`. Text has its sign already and passes."""
    return value if isinstance(value, str | Promise) else numbers.signed(value)


@register.filter
def direction(value: float | str | None) -> str:
    """Class of a change: `gain`, `loss` or nothing. Reads numbers and signed text."""
    if isinstance(value, str | Promise):
        return {"+": "gain", numbers.MINUS: "loss", "-": "loss"}.get(value[:1], "")
    return "" if not value else ("gain" if value > 0 else "loss")


@register.filter
def file_size(value: int) -> str:
    return words.file_size(value)


@register.filter
def seconds(value: float | None) -> str:
    """How long something took, from seconds; empty for None."""
    return "" if value is None else words.seconds(value)


@register.filter
def about(value: float) -> str:
    return words.about(value)


@register.filter
def lasting(value: int) -> str:
    """A session's length, from milliseconds."""
    return words.length(value)


@register.filter
def count_of(count: int, noun: str) -> str:
    """`{{ 3|count_of:"score" }}` is `3 scores`; an irregular plural follows a comma: `"entry,entries"`."""
    singular, _, plural = noun.partition(",")
    return words.count_of(count, singular, plural)


@register.filter
def ordinal_ending(number: int) -> str:
    return words.ordinal_ending(number)


@register.filter
def is_check(field: BoundField) -> bool:
    """Whether its label stands behind the control."""
    return getattr(field.field.widget, "input_type", "") == "checkbox" and not field.use_fieldset


@register.simple_tag
def control(field: BoundField, **attrs: Any) -> SafeString:
    """A form control in our dress; the first with an error has the focus. Django ties it to its hint and errors."""
    dress: dict[str, Any] = {} if is_check(field) else {"class": "input"}
    if field.form.errors:  # what is to be mended is where one goes on
        dress["autofocus"] = field.name == next(iter(field.form.errors))
    return field.as_widget(attrs={**dress, **{name.replace("_", "-"): value for name, value in attrs.items()}})


@register.simple_tag
def elided(page: Page[Any]) -> list[int | str]:
    """The page numbers worth showing: the first, those around this one, the last."""
    return list(page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1))
