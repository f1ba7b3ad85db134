"""Reverting in the admin: one question about all that was chosen, with what would change, and then the deed.

Imports of one player are one deed, newest first: all of them go, or none does. Players are independent of each other.
"""

from __future__ import annotations

from collections.abc import Iterator, Sequence
from dataclasses import dataclass, field
from typing import TYPE_CHECKING, Any, cast
from urllib.parse import parse_qsl, urlencode

from django import forms
from django.core.exceptions import BadRequest, PermissionDenied
from django.db.models import QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.defaultfilters import pluralize
from django.template.response import TemplateResponse
from django.urls import reverse

from imports import rules
from imports.admin.base import REASON_LIMIT, reason_in, tell
from imports.games import playtype_of
from imports.models import Chart, Import, State, User
from imports.pipeline.preview import BestChange, Changes, preview, revert_all
from imports.pipeline.revert import Busy, Deed, NotRevertible

if TYPE_CHECKING:
    from imports.admin.imports import ImportAdmin

AT_ONCE = 1_000  # imports of one action
SCORES_AT_ONCE = 300_000  # scores of one question; a single import may have more
BESTS_SHOWN = 20  # of each player
BUSY = "Another import or revert of this player is under way."
NOT_COMPLETED = "It is not completed (any more)."


class TooMany(Exception):
    """More was chosen than one request should do."""


def chosen(queryset: QuerySet[Import]) -> list[int]:
    """Keys of the imports, newest first. Raises TooMany."""
    keys = list(queryset.order_by("-pk").values_list("pk", flat=True)[: AT_ONCE + 1])
    if len(keys) > AT_ONCE:
        raise TooMany(f"Choose at most {AT_ONCE:,} imports at once.")
    completed = Import.objects.filter(pk__in=keys, state=State.COMPLETED)
    scores = completed.aggregate(all=Sum("score_count"))["all"] or 0
    if len(keys) > 1 and scores > SCORES_AT_ONCE:
        raise TooMany(f"These imports brought {scores:,} scores. Choose fewer: at most {SCORES_AT_ONCE:,} at once.")
    return keys


class Choices(forms.Form):
    """How to revert, and why."""

    keep_shared = forms.BooleanField(
        required=False, label="Keep scores that another completed import of the player also carried"
    )
    roll_back_classes = forms.BooleanField(
        required=False, label="Roll back provided classes that these imports raised, too"
    )
    reason = forms.CharField(
        required=False,
        max_length=REASON_LIMIT,
        label="Reason, which the player sees",
        widget=forms.TextInput({"class": "vTextField"}),
    )


@dataclass(frozen=True, slots=True)
class Part:
    """One player's share of what was chosen: the imports that would go, and what changes; or why nothing does."""

    player: User
    jobs: Sequence[Import]
    changes: Changes | None = None
    refused: str = ""
    bests: Sequence[tuple[str, str, str]] = ()  # chart, before, after

    @property
    def ratings(self) -> list[tuple[str, str, str, str]]:
        """Game and playtype, rating, before, after."""
        turns = self.changes.ratings if self.changes else ()
        return [
            (f"{turn.game} {turn.playtype}", turn.name, _number(turn.before), _number(turn.after)) for turn in turns
        ]

    @property
    def falling(self) -> int:
        return len(self.changes.bests) - self.changes.bests_gone if self.changes else 0


@dataclass(slots=True)
class Asked:
    """All parts, and what is left alone whatever the answer."""

    parts: list[Part] = field(default_factory=list)
    left_alone: list[Import] = field(default_factory=list)

    @property
    def jobs(self) -> int:
        return sum(len(part.jobs) for part in self.parts if part.changes)

    @property
    def scores(self) -> int:
        return sum(part.changes.scores for part in self.parts if part.changes)


def ask(admin: ImportAdmin, request: HttpRequest, keys: Sequence[int], *, form: Choices | None = None) -> HttpResponse:
    """The page that says what would change. `form` as it was filled in; without it nothing is chosen yet."""
    form = form or Choices(initial={"reason": reason_in(request)}, label_suffix="")
    asked = look(keys, deed_of(request, form))
    context = {
        **admin.admin_site.each_context(request),
        "title": "Revert imports",
        "opts": admin.opts,
        "asked": asked,
        "form": form,
        "chosen": ",".join(map(str, keys)),
        "back": request.POST.get("back", request.GET.urlencode()),
    }
    return TemplateResponse(request, "admin/imports/import/revert.html", context)


def answer(admin: ImportAdmin, request: HttpRequest) -> HttpResponse:
    """POST from that page: `confirmed` does it, anything else asks again with the choices that were made."""
    if not rules.can_moderate(request.user):
        raise PermissionDenied
    back = _list_url(request.POST.get("back", ""))
    if request.method != "POST":
        return redirect(back)
    keys, form = _keys(request.POST.get("chosen", "")), Choices(request.POST, label_suffix="")
    if "confirmed" not in request.POST or not form.is_valid():
        return ask(admin, request, keys, form=form)
    do(request, keys, deed_of(request, form))
    return redirect(back)


def deed_of(request: HttpRequest, form: Choices) -> Deed:
    """The deed as it stands in the form. Only signed-in moderators come this far."""
    made = form.cleaned_data if form.is_bound and form.is_valid() else {}
    return Deed(
        by=cast(User, request.user),
        reason=made.get("reason", "").replace("\0", "").strip(),
        keep_shared=made.get("keep_shared", False),
        roll_back_classes=made.get("roll_back_classes", False),
    )


def look(keys: Sequence[int], deed: Deed) -> Asked:
    """What reverting all of these would change, found by doing it and rolling it back."""
    asked = Asked()
    for player, jobs in by_player(keys):
        fit = [job for job in jobs if job.state == State.COMPLETED]
        asked.left_alone += [job for job in jobs if job.state != State.COMPLETED]
        if fit:
            asked.parts.append(_part(player, fit, deed))
    return asked


def _part(player: User, jobs: Sequence[Import], deed: Deed) -> Part:
    try:
        changes = preview(jobs, deed)
    except (Busy, NotRevertible):
        return Part(player, jobs, refused=BUSY)
    return Part(player, jobs, changes, bests=list(_bests(changes.bests[:BESTS_SHOWN])))


def do(request: HttpRequest, keys: Sequence[int], deed: Deed) -> None:
    """Reverts, a deed for each player, and says what was done and what was refused."""
    count, scores, refused = 0, 0, []
    for player, jobs in by_player(keys):
        fit = [job for job in jobs if job.state == State.COMPLETED]
        refused += [f"Not reverted: {job.import_id} of {player}. {NOT_COMPLETED}" for job in jobs if job not in fit]
        try:
            changes = revert_all(fit, deed)
        except Busy:
            refused.append(f"Not reverted: {len(fit)} import{pluralize(fit)} of {player}. {BUSY}")
        except NotRevertible:
            refused.append(
                f"Not reverted: {len(fit)} import{pluralize(fit)} of {player}. One is not completed any more."
            )
        else:
            count, scores = count + len(fit), scores + changes.scores
    told = f"Reverted {count:,} import{pluralize(count)}; {scores:,} score{pluralize(scores)} gone." if count else ""
    tell(request, done=told, refused=refused)


def by_player(keys: Sequence[int]) -> list[tuple[User, list[Import]]]:
    """The imports by whose they are, newest first."""
    jobs = Import.objects.filter(pk__in=keys).select_related("user").defer("put_aside").order_by("-pk")
    found: dict[int, tuple[User, list[Import]]] = {}
    for job in jobs:
        found.setdefault(job.user_id, (job.user, []))[1].append(job)
    return list(found.values())


def _bests(changes: Sequence[BestChange]) -> Iterator[tuple[str, str, str]]:
    charts = Chart.objects.select_related("song").in_bulk([change.chart for change in changes])
    for change in changes:
        chart = charts[change.chart]
        name = f"{chart.song.title} [{chart.playtype} {chart.difficulty}]"
        yield name, _worth(chart, change.before), "none" if change.after is None else _worth(chart, change.after)


def _worth(chart: Chart, best: dict[str, Any]) -> str:
    """A best by its main number, its lamp or the like, and its main rating."""
    playtype = playtype_of(chart.game, chart.playtype)
    names = (playtype.default_metric, playtype.default_ladder)
    told = [str(best["score_data"][name]) for name in names if best["score_data"].get(name) is not None]
    rating = best["calculated_data"].get(playtype.default_score_rating)
    return ", ".join([*told, *([] if rating is None else [f"{playtype.default_score_rating} {_number(rating)}"])])


def _number(rating: float | None) -> str:
    return "none" if rating is None else f"{rating:,.3f}".rstrip("0").rstrip(".")


def _keys(text: str) -> list[int]:
    """Raises BadRequest for anything but a few numbers."""
    parts = text.split(",")
    if len(parts) > AT_ONCE or not all(part.isascii() and part.isdecimal() and len(part) < 19 for part in parts):
        raise BadRequest
    return [int(part) for part in parts]


def _list_url(filters: str) -> str:
    """The list of imports with the filters that it had."""
    query = urlencode(parse_qsl(filters))
    url = reverse("admin:imports_import_changelist")
    return f"{url}?{query}" if query else url
