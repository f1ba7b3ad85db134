"""Filters and tags for icons, numbers, times and titles. `{% load shown %}`."""

from __future__ import annotations

from datetime import UTC, datetime
from typing import Any, Literal

from django import template
from django.core.paginator import Page
from django.forms import BoundField
from django.templatetags.static import static
from django.utils import dateformat
from django.utils.functional import Promise
from django.utils.html import conditional_escape, format_html
from django.utils.safestring import SafeString, mark_safe
from django.utils.translation import gettext as _

from imports.catalogue.chart_names import ChartName
from imports.pages.components.lamp_colors import Light
from imports.pages.texts import formatting, numbers
from imports.pages.texts.failures import explain, row_violation
from imports.pages.texts.translation import gettext_lazy

register = template.Library()

NO_TIME = gettext_lazy("no time")
# Shown until times.js has run, or always without it. The script uses the same keys.
# Translators: Django's letters for dates and times, as in {{ day|date:"j M Y" }}.
TIME_FORMATS = {
    "moment": gettext_lazy(r"j M Y, H:i \U\T\C"),  # in a sentence
    "full": gettext_lazy(r"j M Y, H:i:s \U\T\C"),  # where seconds matter
    "short": gettext_lazy(r"j M Y, H:i \U\T\C"),  # in a list: the script shortens it by how long ago it is
    "day": gettext_lazy("j M Y"),
    "clock": gettext_lazy(r"H:i \U\T\C"),
}


@register.simple_tag
def icon(name: str, label: str = "", extra: str = "") -> SafeString:
    """Renders an icon of icons.svg: decorative, or with `label` as an image with that name. `extra` adds classes."""
    classes = f"i {extra}".rstrip()
    href = f"{static('icons.svg')}#{name}"
    if label:
        return format_html('<svg class="{}" role="img" aria-label="{}"><use href="{}"/></svg>', classes, label, href)
    return format_html('<svg class="{}" aria-hidden="true"><use href="{}"/></svg>', classes, href)


@register.simple_tag
def moment(value: datetime | int | None, form: str = "moment", none: str = NO_TIME) -> SafeString:
    """Renders a `<time>` from a datetime or milliseconds; in UTC, until times.js converts it to the reader's zone."""
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
        dateformat.format(value, str(TIME_FORMATS[form])),
    )


@register.simple_tag
def time_span(start: datetime | int, end: datetime | int, form: str = "moment") -> SafeString:
    """Renders the start in this form and the end as a time of day; within one minute only the start."""
    if _minute(start) == _minute(end):
        return moment(start, form)
    # Translators: from one time to another, as in `6:04 to 6:31`.
    return format_html(_("{start} to {end}"), start=moment(start, form), end=moment(end, "clock"))


def _minute(value: datetime | int) -> int:
    return int(value if isinstance(value, int) else value.timestamp() * 1000) // 60_000


# --- marks of scores ---------------------------------------------------------------------------------
# Lists show several per row, and rendering a template for each would dominate the page's time. Each ends its line,
# as a separator from what follows.


@register.simple_tag
def lamp_edge(light: Light) -> SafeString:
    """Renders the lamp at a row's edge; decorative, as the row contains its name."""
    return format_html(
        '<span class="lamp-edge" data-light="{}" data-lit="{}" data-of="{}" aria-hidden="true"></span>\n',
        light.color,
        light.lit,
        light.of,
    )


@register.simple_tag
def lamp(light: Light, look: Literal["short", ""] = "") -> SafeString:
    """Renders a lamp with level and name: full on wide screens and short on phones, or `short` everywhere."""
    if light.short == light.value:
        name = conditional_escape(light.value)
    elif look == "short":
        name = format_html('<abbr\n  class="plain" title="{}">{}</abbr>', light.value, light.short)
    else:
        name = format_html(
            '<span\n  class="wide-only">{}</span><span\n  class="phone-only">{}</span>', light.value, light.short
        )
    return format_html(
        '<span class="lamp" data-light="{}" data-lit="{}" data-of="{}"\n>{}</span>\n',
        light.color,
        light.lit,
        light.of,
        name,
    )


@register.simple_tag
def grade(light: Light) -> SafeString:
    """Renders a grade as a chip."""
    return format_html('<span class="grade" data-light="{}">{}</span>\n', light.color, light.value)


@register.simple_tag
def chart_name(chart: ChartName) -> SafeString:
    """Renders a chart's difficulty, with its level as a number."""
    level = format_html(" <b>{}</b>", chart.level) if chart.level else ""
    return format_html('<span class="chart">{}{}</span>\n', chart.difficulty, level)


# --- titles, numbers and forms -----------------------------------------------------------------------


@register.filter
def title_attrs(title: str) -> SafeString:
    """Returns the attributes for an element with a title: not to be translated, and Japanese if it is."""
    # Safe: contains no part of the title.
    return mark_safe('lang="ja" translate="no"' if formatting.is_japanese(title) else 'translate="no"')  # noqa: S308


@register.filter
def lang_attr(text: str) -> SafeString:
    """Returns `lang="ja"` for user content (file and session names) that contains kana or kanji."""
    return mark_safe(' lang="ja"' if formatting.is_japanese(text) else "")  # noqa: S308


@register.filter
def thousands(value: float | str | None) -> str:
    """Formats numbers as `9,861,044` and None as `No Data.`. Text is returned unchanged."""
    if isinstance(value, str | Promise):
        return value
    return numbers.NO_DATA if value is None else numbers.format_number(value)


@register.filter
def signed(value: float | str) -> str:
    """Formats numbers as `+1,204` or `−2`. Text is returned unchanged, as it has its sign already."""
    return value if isinstance(value, str | Promise) else numbers.format_signed(value)


@register.filter
def direction(value: float | str | None) -> str:
    """Returns the CSS class of a change: `gain`, `loss` or empty. Accepts numbers and signed text."""
    if isinstance(value, str | Promise):
        return {"+": "gain", numbers.MINUS: "loss", "-": "loss"}.get(value[:1], "")
    return "" if not value else ("gain" if value > 0 else "loss")


# Sizes, durations and queue positions: the functions that views and messages use, too.
register.filter("file_size", formatting.file_size)
register.filter("estimate", formatting.estimate)
register.filter("session_length", formatting.session_length)
register.filter("written_day", formatting.written_day)
register.filter("ordinal_ending", formatting.ordinal_ending)


@register.filter
def duration(value: float | None) -> str:
    """Formats a duration in seconds; empty for None."""
    return "" if value is None else formatting.duration(value)


@register.filter
def is_check(field: BoundField) -> bool:
    """Returns whether the field's label follows the control."""
    return getattr(field.field.widget, "input_type", "") == "checkbox" and not field.use_fieldset


@register.simple_tag
def control(field: BoundField, **attrs: Any) -> SafeString:
    """Renders a form control in the pages' style; the first control with an error gets the focus."""
    # Django itself refers to the hint and the errors.
    defaults: dict[str, Any] = {} if is_check(field) else {"class": "input"}
    if field.form.errors:  # the user continues with the correction
        defaults["autofocus"] = field.name == next(iter(field.form.errors))
    # Attributes may have hyphens; keywords of template tags cannot.
    return field.as_widget(attrs={**defaults, **{name.replace("_", "-"): value for name, value in attrs.items()}})


@register.simple_tag
def elided(page: Page[Any]) -> list[int | str]:
    """Returns the page numbers to show: the first, those around the current one, the last."""
    return list(page.paginator.get_elided_page_range(page.number, on_each_side=1, on_ends=1))


@register.simple_tag
def failure_cause(message: str, status: int) -> str:
    """Returns why an import failed, in plain words for its player."""
    return row_violation(message) or explain(message, status, ()).cause
