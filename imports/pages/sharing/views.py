"""Sharing an import or a session with its picture, and /site.webmanifest."""

from __future__ import annotations

from django.conf import settings
from django.http import Http404, HttpRequest, HttpResponse, JsonResponse
from django.shortcuts import redirect, render
from django.templatetags.static import static
from django.urls import reverse
from django.utils import translation
from django.utils.translation import gettext as _
from django.views.decorators.cache import cache_control
from django.views.decorators.http import require_safe

from imports import jobs
from imports.models import State, find_session
from imports.pages.core.permissions import visible_import
from imports.pages.core.urls import import_url
from imports.pages.sharing import cards
from imports.pages.texts import sharing_texts

RETRY_AFTER = 3  # seconds


@require_safe
def import_card(request: HttpRequest, import_id: str) -> HttpResponse:
    """Returns the picture of a completed import. Pages only link to it, so that none waits for its drawing."""
    job = visible_import(request, import_id)
    if job.state != State.COMPLETED:  # a reverted import has nothing to show
        raise Http404
    with translation.override(settings.LANGUAGE_CODE):  # the same picture for all languages
        svg = cards.card_svg(job)
    return _card_response(request, svg)


@require_safe
def session_card(request: HttpRequest, session_id: str) -> HttpResponse:
    """Returns the picture of a session. Sessions are public."""
    session = find_session(session_id)
    if session is None:
        raise Http404
    with translation.override(settings.LANGUAGE_CODE):
        svg = cards.session_svg(session)
    return _card_response(request, svg)


@require_safe
def share_import(request: HttpRequest, import_id: str) -> HttpResponse:
    """Shows what others will see of a completed import, with its link and picture. dialog.js shows it in a dialog."""
    job = visible_import(request, import_id)
    if job.state != State.COMPLETED:
        raise Http404
    context = {
        "heading": sharing_texts.SHARE_IMPORT,
        "seen_by_others": sharing_texts.IMPORT_SEEN_BY_OTHERS,
        "page_url": import_url(job),
        "card_url": reverse("import-card", args=[job.import_id]),
        "card_text": cards.import_card_text(job),
        "file_name": f"import-{job.import_id[:9]}.png",
        "section": "imports" if job.user == request.user else "",
    }
    return render(request, "share.html", context)


@require_safe
def share_session(request: HttpRequest, session_id: str) -> HttpResponse:
    """Shows what others will see of a session."""
    session = find_session(session_id)
    if session is None:
        raise Http404
    if session.session_id != session_id:  # the requested session was merged into this one
        return redirect("share-session", session.session_id)
    context = {
        "heading": sharing_texts.SHARE_SESSION,
        "seen_by_others": sharing_texts.SESSION_SEEN_BY_OTHERS,
        "page_url": reverse("session-detail", args=[session.session_id]),
        "card_url": reverse("session-card", args=[session.session_id]),
        "card_text": cards.session_card_text(session),
        "file_name": f"session-{session.session_id[:9]}.png",
        "section": "profile" if session.user == request.user else "",
    }
    return render(request, "share.html", context)


def _card_response(request: HttpRequest, svg: str) -> HttpResponse:
    etag = f'"{cards.card_digest(svg)}"'
    if request.headers.get("If-None-Match") == etag:
        return HttpResponse(status=304, headers={"ETag": etag})
    try:
        drawn = cards.card_png(svg)
    except cards.DrawingLimitReached:
        return HttpResponse(status=503, headers={"Retry-After": str(RETRY_AFTER)})
    return HttpResponse(
        drawn, content_type="image/png", headers={"ETag": etag, "Cache-Control": "public, max-age=3600"}
    )


@require_safe
@cache_control(public=True, max_age=3600)
def web_manifest(_request: HttpRequest) -> JsonResponse:
    """Returns the manifest: phones need it to install the product on the home screen, and to share files to it."""
    icon = {"type": "image/png", "purpose": "any"}
    endings = sorted({ending for each in jobs.enabled_formats() if each.is_file for ending in each.extensions})
    manifest = {
        "name": settings.TACHI_NAME or "Tachi Imports",
        "short_name": settings.TACHI_NAME or "Tachi Imports",
        "description": _("Score tracker for rhythm games"),
        "id": "/",
        "start_url": "/",
        "scope": "/",
        "display": "standalone",
        "background_color": "#f1f4f5",
        "theme_color": "#182026",
        "icons": [
            {"src": static("mark.svg"), "type": "image/svg+xml", "sizes": "any", "purpose": "any"},
            {"src": static("icon-192.png"), "sizes": "192x192", **icon},
            {"src": static("icon-512.png"), "sizes": "512x512", **icon},
            {**icon, "src": static("icon-maskable-512.png"), "sizes": "512x512", "purpose": "maskable"},
        ],
        "shortcuts": [
            {"name": _("Upload scores"), "short_name": _("Upload"), "url": reverse("import-new")},
            {"name": _("Your imports"), "short_name": _("Imports"), "url": reverse("import-list")},
        ],
        "share_target": {
            "action": reverse("import-share"),
            "method": "POST",
            "enctype": "multipart/form-data",
            "params": {
                "files": [{"name": "scoreData", "accept": [*endings, "application/json", "text/csv", "text/plain"]}]
            },
        },
    }
    return JsonResponse(manifest, content_type="application/manifest+json")
