"""Setting a player's provided classes: they only rise by themselves, and files may be wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse

from imports import jobs, rules
from imports.admin.base import REASON_LIMIT
from imports.admin.taking_back import BUSY
from imports.games.spec import ClassSet, Game, Playtype
from imports.models import GameStats, User
from imports.pipeline.classes import ClassChange, set_class
from imports.pipeline.states import Busy

BETWEEN = "|"  # the parts of a choice; no name contains it
NONE = "none"

Group = tuple[str, list[tuple[str, str]]]
Classes = Mapping[tuple[str, str], Mapping[str, str]]  # (game, playtype) -> class set -> class id


class ClassForm(forms.Form):
    """Which class, and why. Every provided class of every game is one choice, grouped by its set."""

    choice = forms.ChoiceField(label="Class")
    reason = forms.CharField(
        max_length=REASON_LIMIT,
        label="Reason, which the player sees",
        widget=forms.TextInput({"class": "vTextField"}),
    )

    def __init__(self, *args: Any, groups: list[Group], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(forms.ChoiceField, self.fields["choice"]).choices = [("", "Choose …"), *groups]

    def change(self) -> ClassChange:
        game, playtype, name, value = self.cleaned_data["choice"].split(BETWEEN)
        return ClassChange(game, playtype, name, value or None)


def set_class_page(request: HttpRequest, user_id: int, context: Mapping[str, Any]) -> HttpResponse:
    """GET asks, POST does. `?game=` and `?playtype=` narrow what is offered."""
    if not rules.can_moderate(request.user):
        raise PermissionDenied
    player = get_object_or_404(User, pk=user_id)
    groups = list(_groups(player, game=request.GET.get("game"), playtype=request.GET.get("playtype")))
    form = ClassForm(request.POST if request.method == "POST" else None, groups=groups)
    if form.is_valid():
        change = form.change()
        try:
            set_class(player, change, by=cast(User, request.user), reason=form.cleaned_data["reason"])
        except Busy:
            form.add_error(None, BUSY)
        else:
            messages.success(request, f"{player}: {change.class_set} is {change.value or NONE} now.")
            return redirect("admin:imports_user_change", player.pk)
    page = {**context, "title": f"Set a class of {player}", "player": player, "form": form}
    return TemplateResponse(request, "admin/imports/gamestats/set_class.html", page)


def _groups(player: User, *, game: str | None, playtype: str | None) -> Iterator[Group]:
    now: Classes = {(row.game, row.playtype): row.classes for row in GameStats.objects.filter(user=player)}
    for each in jobs.offered_games():
        for part in each.playtypes:
            if game in {None, each.slug} and playtype in {None, part.name}:
                yield from _groups_of(each, part, now.get((each.slug, part.name), {}))


def _groups_of(game: Game, playtype: Playtype, now: Mapping[str, str]) -> Iterator[Group]:
    for name, group in playtype.classes.items():
        if group.is_provided:
            start = BETWEEN.join([game.slug, playtype.name, name, ""])
            yield f"{game.name} {playtype.name}: {name}", list(_choices(start, group, now.get(name)))


def _choices(start: str, group: ClassSet, now: str | None) -> Iterator[tuple[str, str]]:
    yield start, NONE if now else f"{NONE} (now)"
    for value in group.values:
        words = ", ".join(part for part in (value.name, value.hint) if part)
        yield start + value.id, f"{words} (now)" if value.id == now else words
