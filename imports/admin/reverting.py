"""Reverting in the admin: one question about all that was chosen, with what would change, and then the revert.

Imports of one player are reverted in one transaction, newest first: all of them go, or none does. Players are
independent of each other.
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

MAX_IMPORTS = 1_000  # imports of one action
MAX_SCORES = 300_000  # scores of one question; a single import may have more
MAX_LISTED_BESTS = 20  # of each player
BUSY = gettext_lazy("Another import or revert of this player is running.")
NOT_COMPLETED = gettext_lazy("It is not completed (any more).")


class TooManyImports(Exception):
    """More was chosen than one request should do."""


def selected_keys(queryset: QuerySet[Import]) -> list[int]:
    """Keys of the imports, newest first. Raises TooManyImports."""
    keys = list(queryset.order_by("-pk").values_list("pk", flat=True)[: MAX_IMPORTS + 1])
    if len(keys) > MAX_IMPORTS:
        raise TooManyImports(_("Choose at most {count} imports at once.").format(count=f"{MAX_IMPORTS:,}"))
    completed = Import.objects.filter(pk__in=keys, state=State.COMPLETED)
    # Reverting costs by scores, not by imports: a request must end before the server in front of it gives up.
    scores = completed.aggregate(all=Sum("score_count"))["all"] or 0
    if len(keys) > 1 and scores > MAX_SCORES:
        said = _("These imports have {count} scores. Choose fewer: at most {most} at once.")
        raise TooManyImports(said.format(count=f"{scores:,}", most=f"{MAX_SCORES:,}"))
    return keys


class RevertForm(forms.Form):
    """How to revert, and why."""

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
    """One player's share of what was chosen: the imports that would go, and what changes; or why nothing does."""

    player: User
    jobs: Sequence[Import]
    changes: Changes | None = None
    refused: str = ""
    bests: Sequence[tuple[str, str, str]] = ()  # chart, before, after
    sharing: Sequence[tuple[Import, int]] = ()  # other imports, and how many of these scores they contain, too

    @property
    def scores(self) -> int:
        """Of the imports, whatever happens to them."""
        return sum(job.score_count for job in self.jobs)

    @property
    def transitions(self) -> list[Transition]:
        """Ratings, then classes."""
        if self.changes is None:
            return []
        ratings = [Transition.of_rating(change) for change in main_first(self.changes.ratings)]
        return [*ratings, *(Transition.of_class(change) for change in self.changes.classes)]

    @property
    def classes_staying(self) -> list[str]:
        """The provided classes that stay, in words."""
        staying = self.changes.classes_staying if self.changes else ()
        return [
            f"{game_label(delta['game'], delta['playtype'])} {class_set_name(delta['set'])} "
            f"{class_value_name(playtype_of(delta['game'], delta['playtype']), delta['set'], delta['new'])}"
            for delta in staying
        ]

    @property
    def counts(self) -> list[tuple[str, int]]:
        """What is removed and changed; of sessions only what happens."""
        if self.changes is None:
            return []
        changes = self.changes
        always = [
            (_("scores removed"), changes.scores),
            (_("bests removed"), changes.bests_gone),
            (_("bests changed"), self.falling),
            (_("sessions removed"), changes.sessions_gone),
        ]
        sometimes = [
            (_("scores kept"), changes.kept),
            (_("sessions changed"), changes.sessions_shrunk),
            (_("sessions moved"), changes.sessions_moved),
            (_("sessions created"), len(changes.sessions_made)),
            (_("sessions split"), changes.sessions_split),
        ]
        return [*always, *(line for line in sometimes if line[1])]

    @property
    def falling(self) -> int:
        return len(self.changes.bests) - self.changes.bests_gone if self.changes else 0


@dataclass(slots=True)
class RevertPlan:
    """All parts, and what is left alone whatever the answer."""

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
    """The page that says what would change. `form` as it was filled in; without it nothing is chosen yet."""
    form = form or RevertForm(initial={"reason": reason_from_request(request)}, label_suffix="")
    # Done and rolled back while the page is made, so that it cannot say anything else than what will happen.
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
    """POST from that page: `confirmed` does it, anything else asks again with the choices that were made."""
    if not permissions.can_moderate(request.user):
        raise PermissionDenied
    # Taken apart and put together again, so that it leads to this list whatever it holds.
    filters = urlencode(parse_qsl(request.POST.get("back", "")))
    list_url = reverse("admin:imports_import_changelist")
    back = f"{list_url}?{filters}" if filters else list_url
    if request.method != "POST":
        return redirect(back)
    chosen = request.POST.get("chosen", "").split(",")
    keys = [key for key in map(parse_digits, chosen) if key is not None]
    if len(chosen) > MAX_IMPORTS or len(keys) < len(chosen):  # nobody pressed a button of ours
        raise BadRequest
    form = RevertForm(request.POST, label_suffix="")
    if "confirmed" not in request.POST or not form.is_valid():
        return confirm_view(admin, request, keys, form=form)
    execute(request, keys, revert_request(request, form))
    return redirect(back)


def revert_request(request: HttpRequest, form: RevertForm) -> RevertRequest:
    """The revert as it stands in the form. Only signed-in moderators come this far."""
    answers = form.cleaned_data if form.is_bound and form.is_valid() else {}
    return RevertRequest(
        by=cast(User, request.user),
        reason=answers.get("reason", "").replace("\0", "").strip(),  # PostgreSQL's texts hold no NUL
        keep_shared=answers.get("keep_shared", False),
        roll_back_classes=answers.get("roll_back_classes", False),
    )


def preview_all(keys: Sequence[int], revert_request: RevertRequest) -> RevertPlan:
    """What reverting all of these would change, found by doing it and rolling it back."""
    plan = RevertPlan()
    for player, jobs in group_by_player(keys):
        completed = [job for job in jobs if job.state == State.COMPLETED]
        plan.skipped += [job for job in jobs if job.state != State.COMPLETED]
        if not completed:
            continue
        try:
            changes = preview(completed, revert_request)
        # The others can still be reverted: one player's import under way must not keep a moderator waiting.
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
    """Reverts, in a transaction for each player, and says what was done and what was refused."""
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
            refused.append(_not_reverted(which, player, _("One is not completed any more.")))
        else:
            count, scores = count + len(completed), scores + changes.scores
    done = ngettext("Reverted {count} import.", "Reverted {count} imports.", count).format(count=f"{count:,}")
    removed = ngettext("{count} score removed.", "{count} scores removed.", scores).format(count=f"{scores:,}")
    report_results(request, done=f"{done} {removed}" if count else "", refused=refused)


def _not_reverted(what: str, player: User, why: str) -> str:
    return _("Not reverted: {what} of {player}. {why}").format(what=what, player=player, why=why)


def group_by_player(keys: Sequence[int]) -> list[tuple[User, list[Import]]]:
    """The imports by whose they are, newest first."""
    # Newest first, as the question lists them and as they are reverted.
    found_jobs = Import.objects.filter(pk__in=keys).select_related("user", "input").order_by("-pk")
    found: dict[int, tuple[User, list[Import]]] = {}
    for job in found_jobs.defer("put_aside", "input__content"):
        found.setdefault(job.user_id, (job.user, []))[1].append(job)
    return list(found.values())


def _summary(chart: Chart, best: dict[str, Any]) -> str:
    """A best by its main number, its lamp or the like, and its main rating."""
    playtype = playtype_of(chart.game, chart.playtype)
    names = (playtype.default_metric, playtype.default_ladder)
    values = [best["score_data"][name] for name in names if best["score_data"].get(name) is not None]
    metrics = [value if isinstance(value, str) else number(value) for value in values]
    rating = best["calculated_data"].get(playtype.default_score_rating)
    return ", ".join(
        [*metrics, *([] if rating is None else [f"{rating_name(playtype.default_score_rating)} {number(rating)}"])]
    )
