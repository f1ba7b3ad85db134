"""Reverting in the admin: a confirmation page with the changes of all selected imports, then the revert.

Imports of one player are reverted in one transaction, newest first: all of them or none. Players are independent of
each other.
"""

from __future__ import annotations

from collections.abc import Sequence
from dataclasses import dataclass, field
from typing import Any, cast
from urllib.parse import parse_qsl, urlencode

from django import forms
from django.core.exceptions import BadRequest, PermissionDenied
from django.db.models import QuerySet, Sum
from django.http import HttpRequest, HttpResponse
from django.shortcuts import redirect
from django.template.response import TemplateResponse
from django.urls import reverse
from django.utils.translation import gettext as _
from django.utils.translation import gettext_lazy, ngettext

from imports.access import permissions
from imports.admin.base import ReadOnlyAdmin, reason_from_request, report_results
from imports.admin.details.transitions import Transition, game_label, main_first, number
from imports.catalogue.class_sets import class_set_name
from imports.catalogue.rating_names import class_value_name, rating_name
from imports.games import playtype_of
from imports.integers import parse_digits
from imports.models import Chart, Import, State, User
from imports.models.documents import MAX_REASON_LENGTH
from imports.pipeline.undo.preview import Changes, preview, revert_all
from imports.pipeline.undo.revert import NotRevertible, PlayerLocked, RevertRequest

MAX_IMPORTS = 1_000  # imports per action
MAX_SCORES = 300_000  # scores per confirmation; a single import may have more
MAX_LISTED_BESTS = 20  # per player
BUSY = gettext_lazy("Another import or revert of this player is running.")
NOT_COMPLETED = gettext_lazy("It isn't completed.")


class TooManyImports(Exception):
    """More imports or scores are selected than one request can revert."""


def selected_keys(queryset: QuerySet[Import]) -> list[int]:
    """Returns the primary keys of the imports, newest first. Raises TooManyImports."""
    keys = list(queryset.order_by("-pk").values_list("pk", flat=True)[: MAX_IMPORTS + 1])
    if len(keys) > MAX_IMPORTS:
        raise TooManyImports(_("Choose at most {count} imports at once.").format(count=f"{MAX_IMPORTS:,}"))
    completed = Import.objects.filter(pk__in=keys, state=State.COMPLETED)
    # The cost of reverting depends on the scores: the request must end before the proxy's timeout.
    scores = completed.aggregate(all=Sum("score_count"))["all"] or 0
    if len(keys) > 1 and scores > MAX_SCORES:
        message = _("These imports have {count} scores. Choose fewer: at most {most} at once.")
        raise TooManyImports(message.format(count=f"{scores:,}", most=f"{MAX_SCORES:,}"))
    return keys


class RevertForm(forms.Form):
    """The options and the reason of a revert."""

    keep_shared = forms.BooleanField(
        required=False, label=gettext_lazy("Keep scores that another import also contains")
    )
    roll_back_classes = forms.BooleanField(required=False, label=gettext_lazy("Undo classes set by these files"))
    reason = forms.CharField(
        required=False,
        max_length=MAX_REASON_LENGTH,
        label=gettext_lazy("Reason (players see it)"),
        widget=forms.TextInput({"class": "vTextField"}),
    )


@dataclass(frozen=True, slots=True)
class PlayerPlan:
    """One player's imports among the selected ones, with the changes, or the reason why they cannot be reverted."""

    player: User
    jobs: Sequence[Import]
    changes: Changes | None = None
    refused: str = ""
    bests: Sequence[tuple[str, str, str]] = ()  # chart, before, after
    sharing: Sequence[tuple[Import, int]] = ()  # other imports, with the number of shared scores

    @property
    def scores(self) -> int:
        """The number of scores of the imports, whether or not they would be removed."""
        return sum(job.score_count for job in self.jobs)

    @property
    def transitions(self) -> list[Transition]:
        """Changes of ratings, then of classes."""
        if self.changes is None:
            return []
        ratings = [Transition.of_rating(change) for change in main_first(self.changes.ratings)]
        return [*ratings, *(Transition.of_class(change) for change in self.changes.classes)]

    @property
    def classes_staying(self) -> list[str]:
        """Labels of the provided classes that stay."""
        staying = self.changes.classes_staying if self.changes else ()
        return [
            f"{game_label(delta['game'], delta['playtype'])} {class_set_name(delta['set'])} "
            f"{class_value_name(playtype_of(delta['game'], delta['playtype']), delta['set'], delta['new'])}"
            for delta in staying
        ]

    @property
    def counts(self) -> list[tuple[str, int]]:
        """(label, number) of removed and changed things; sessions only if affected."""
        if self.changes is None:
            return []
        changes, made = self.changes, len(self.changes.sessions_made)
        always = [
            (ngettext("score removed", "scores removed", changes.scores), changes.scores),
            (ngettext("best removed", "bests removed", changes.bests_gone), changes.bests_gone),
            (ngettext("best changed", "bests changed", changes.bests_changed), changes.bests_changed),
            (ngettext("session removed", "sessions removed", changes.sessions_gone), changes.sessions_gone),
        ]
        sometimes = [
            (ngettext("score kept", "scores kept", changes.kept), changes.kept),
            (ngettext("session changed", "sessions changed", changes.sessions_shrunk), changes.sessions_shrunk),
            (ngettext("session moved", "sessions moved", changes.sessions_moved), changes.sessions_moved),
            (ngettext("session created", "sessions created", made), made),
            (ngettext("session split", "sessions split", changes.sessions_split), changes.sessions_split),
        ]
        return [*always, *(line for line in sometimes if line[1])]

    @property
    def all_bests(self) -> int:
        """The number of bests removed or changed, including those not listed."""
        return self.changes.bests_gone + self.changes.bests_changed if self.changes else 0


@dataclass(slots=True)
class RevertPlan:
    """The plans of all players, and the imports that cannot be reverted."""

    players: list[PlayerPlan] = field(default_factory=list)
    skipped: list[Import] = field(default_factory=list)

    @property
    def jobs(self) -> int:
        return sum(len(part.jobs) for part in self.players if part.changes)

    @property
    def question(self) -> str:
        """The heading of the page."""
        players = sum(part.changes is not None for part in self.players)
        if not self.jobs:
            return _("None of these imports can be reverted now")
        of_players = ngettext("{count} player", "{count} players", players).format(count=f"{players:,}")
        question = ngettext("Revert {count} import of {players}?", "Revert {count} imports of {players}?", self.jobs)
        return question.format(count=f"{self.jobs:,}", players=of_players)

    @property
    def kept(self) -> int:
        return sum(part.changes.kept for part in self.players if part.changes)

    @property
    def classes_staying(self) -> list[str]:
        return [f"{part.player}: {name}" for part in self.players for name in part.classes_staying]

    @property
    def scores(self) -> int:
        return sum(part.changes.scores for part in self.players if part.changes)


def confirm_view(
    admin: ReadOnlyAdmin, request: HttpRequest, keys: Sequence[int], *, form: RevertForm | None = None
) -> HttpResponse:
    """Renders the confirmation page. `form` holds the chosen options; without it they have their defaults."""
    form = form or RevertForm(initial={"reason": reason_from_request(request)}, label_suffix="")
    # Reverted and rolled back to render the page, so that it shows exactly what will happen.
    plan = preview_all(keys, revert_request(request, form))
    context = {
        **admin.admin_site.each_context(request),
        "title": plan.question,
        "opts": admin.opts,
        "plan": plan,
        "form": form,
        "chosen": ",".join(map(str, keys)),
        "back": request.POST.get("back", request.GET.urlencode()),
    }
    return TemplateResponse(request, "admin/imports/import/revert.html", context)


def handle_post(admin: ReadOnlyAdmin, request: HttpRequest) -> HttpResponse:
    """Handles the confirmation form: reverts if `confirmed` is set, else renders it again with the chosen options."""
    if not permissions.can_moderate(request.user):
        raise PermissionDenied
    # Parsed and encoded again, so that it can only lead to this list.
    filters = urlencode(parse_qsl(request.POST.get("back", "")))
    list_url = reverse("admin:imports_import_changelist")
    back = f"{list_url}?{filters}" if filters else list_url
    if request.method != "POST":
        return redirect(back)
    chosen = request.POST.get("chosen", "").split(",")
    keys = [key for key in map(parse_digits, chosen) if key is not None]
    if len(chosen) > MAX_IMPORTS or len(keys) < len(chosen):  # not sent by our form
        raise BadRequest
    form = RevertForm(request.POST, label_suffix="")
    if "confirmed" not in request.POST or not form.is_valid():
        return confirm_view(admin, request, keys, form=form)
    execute(request, keys, revert_request(request, form))
    return redirect(back)


def revert_request(request: HttpRequest, form: RevertForm) -> RevertRequest:
    """Returns the revert that the form describes. The caller has checked that the user is a moderator."""
    values = form.cleaned_data if form.is_bound and form.is_valid() else {}
    return RevertRequest(
        by=cast(User, request.user),
        reason=values.get("reason", "").replace("\0", "").strip(),  # PostgreSQL's texts hold no NUL
        keep_shared=values.get("keep_shared", False),
        roll_back_classes=values.get("roll_back_classes", False),
    )


def preview_all(keys: Sequence[int], revert_request: RevertRequest) -> RevertPlan:
    """Returns what reverting these imports would change, by reverting and rolling back."""
    plan = RevertPlan()
    for player, jobs in group_by_player(keys):
        completed = [job for job in jobs if job.state == State.COMPLETED]
        plan.skipped += [job for job in jobs if job.state != State.COMPLETED]
        if not completed:
            continue
        try:
            changes = preview(completed, revert_request)
        # The other players' imports can still be reverted: a running import must not make a moderator wait.
        except (PlayerLocked, NotRevertible):
            plan.players.append(PlayerPlan(player, completed, refused=str(BUSY)))
        else:
            bests = changes.bests[:MAX_LISTED_BESTS]
            charts = Chart.objects.select_related("song").in_bulk([best.chart for best in bests])
            lines = []
            for best in bests:
                chart = charts[best.chart]
                name = f"{chart.song.title} [{chart.playtype} {chart.difficulty}]"
                after = _("none") if best.after is None else _summary(chart, best.after)
                lines.append((name, _summary(chart, best.before), after))
            others = Import.objects.filter(import_id__in=changes.shared).select_related("user", "input")
            sharing = [(job, changes.shared[job.import_id]) for job in others.defer("put_aside", "input__content")]
            plan.players.append(PlayerPlan(player, completed, changes, bests=lines, sharing=sharing))
    return plan


def execute(request: HttpRequest, keys: Sequence[int], revert_request: RevertRequest) -> None:
    """Reverts in a transaction per player, and shows messages with the results and refusals."""
    count, scores, refused = 0, 0, []
    for player, jobs in group_by_player(keys):
        completed = [job for job in jobs if job.state == State.COMPLETED]
        refused += [_not_reverted(job.import_id, player, str(NOT_COMPLETED)) for job in jobs if job not in completed]
        which = ngettext("{count} import", "{count} imports", len(completed)).format(count=len(completed))
        try:
            changes = revert_all(completed, revert_request)
        except PlayerLocked:
            refused.append(_not_reverted(which, player, str(BUSY)))
        except NotRevertible:
            refused.append(_not_reverted(which, player, _("One is no longer completed.")))
        else:
            count, scores = count + len(completed), scores + changes.scores
    done = ngettext("Reverted {count} import.", "Reverted {count} imports.", count).format(count=f"{count:,}")
    removed = ngettext("{count} score removed.", "{count} scores removed.", scores).format(count=f"{scores:,}")
    report_results(request, done=f"{done} {removed}" if count else "", refused=refused)


def _not_reverted(what: str, player: User, why: str) -> str:
    return _("Not reverted: {what} of {player}. {why}").format(what=what, player=player, why=why)


def group_by_player(keys: Sequence[int]) -> list[tuple[User, list[Import]]]:
    """Returns the imports grouped by player, newest first."""
    # In the order in which the page lists them and in which they are reverted.
    imports = Import.objects.filter(pk__in=keys).select_related("user", "input").order_by("-pk")
    grouped: dict[int, tuple[User, list[Import]]] = {}
    for job in imports.defer("put_aside", "input__content"):
        grouped.setdefault(job.user_id, (job.user, []))[1].append(job)
    return list(grouped.values())


def _summary(chart: Chart, best: dict[str, Any]) -> str:
    """Returns a best's main metric, its lamp or equivalent, and its main rating."""
    playtype = playtype_of(chart.game, chart.playtype)
    names = (playtype.default_metric, playtype.default_ladder)
    values = [best["score_data"][name] for name in names if best["score_data"].get(name) is not None]
    metrics = [value if isinstance(value, str) else number(value) for value in values]
    rating = best["calculated_data"].get(playtype.default_score_rating)
    if rating is not None:
        metrics.append(f"{rating_name(playtype.default_score_rating, playtype)} {number(rating)}")
    return ", ".join(metrics)
