"""Setting a player's provided classes by hand: imports only raise them, and files may be wrong."""

from __future__ import annotations

from collections.abc import Iterator, Mapping
from typing import Any, cast

from django import forms
from django.contrib import messages
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse
from django.shortcuts import get_object_or_404, redirect
from django.template.response import TemplateResponse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy

from imports import jobs
from imports.access import permissions
from imports.admin.reverting import BUSY
from imports.models import GameStats, User
from imports.models.documents import MAX_REASON_LENGTH
from imports.pipeline.classes import ClassChange, set_class
from imports.pipeline.states import PlayerLocked

SEPARATOR = "|"  # the parts of a choice; no name contains it
NONE = gettext_lazy("none")

Group = tuple[str, list[tuple[str, str]]]
Classes = Mapping[tuple[str, str], Mapping[str, str]]  # (game, playtype) -> class set -> class id


class ClassForm(forms.Form):
    """The form for a class and a reason. The choices are all provided classes of all games, grouped by class set."""

    choice = forms.ChoiceField(label=gettext_lazy("Class"))
    reason = forms.CharField(
        max_length=MAX_REASON_LENGTH,
        label=gettext_lazy("Reason, which the player sees"),
        widget=forms.TextInput({"class": "vTextField"}),
    )

    def __init__(self, *args: Any, groups: list[Group], **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        cast(forms.ChoiceField, self.fields["choice"]).choices = [("", _("Choose…")), *groups]

    def class_change(self) -> ClassChange:
        # Valid choices are those offered, and these have four parts.
        game, playtype, name, value = self.cleaned_data["choice"].split(SEPARATOR)
        return ClassChange(game, playtype, name, value or None)


def set_class_page(request: HttpRequest, user_id: int, context: Mapping[str, Any]) -> HttpResponse:
    """Renders the form on GET and sets the class on POST. `?game=` and `?playtype=` limit the choices."""
    if not permissions.can_moderate(request.user):
        raise PermissionDenied
    player = get_object_or_404(User, pk=user_id)
    groups = list(_choice_groups(player, game=request.GET.get("game"), playtype=request.GET.get("playtype")))
    form = ClassForm(request.POST if request.method == "POST" else None, groups=groups)
    if form.is_valid():
        change = form.class_change()
        try:
            set_class(player, change, by=cast(User, request.user), reason=form.cleaned_data["reason"])
        except PlayerLocked:  # a running import or revert of the player may change the same class
            form.add_error(None, BUSY)
        else:
            messages.success(
                request,
                _("{player}: {class_set} is now {value}.").format(
                    player=player, class_set=change.class_set, value=change.value or NONE
                ),
            )
            return redirect("admin:imports_user_change", player.pk)
    page = {**context, "title": _("Set a class of {player}").format(player=player), "player": player, "form": form}
    return TemplateResponse(request, "admin/imports/gamestats/set_class.html", page)


def _choice_groups(player: User, *, game: str | None, playtype: str | None) -> Iterator[Group]:
    """Yields the provided classes of the requested games and playtypes, grouped by class set."""
    stats = GameStats.objects.filter(user=player)
    current: Classes = {(row.game, row.playtype): row.classes for row in stats}
    for each in jobs.enabled_games():
        for part in each.playtypes:
            if game not in {None, each.slug} or playtype not in {None, part.name}:
                continue
            for name, group in part.classes.items():
                # Derived classes follow the ratings: the next import would overwrite a value set by hand.
                if not group.is_provided:
                    continue
                start = SEPARATOR.join([each.slug, part.name, name, ""])
                now = current.get((each.slug, part.name), {}).get(name)
                choices = [(start, str(NONE) if now else _("{value} (now)").format(value=NONE))]
                for value in group.values:
                    words = ", ".join(text for text in (value.name, value.hint) if text)
                    is_now = value.id == now
                    choices.append((start + value.id, _("{value} (now)").format(value=words) if is_now else words))
                yield f"{each.name} {part.name}: {name}", choices
