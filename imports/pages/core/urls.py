"""Addresses of the pages of scores, charts and songs."""

from __future__ import annotations

from urllib.parse import urlencode

from django.conf import settings
from django.http import HttpRequest
from django.urls import reverse

from imports.models import Import


def origin(request: HttpRequest) -> str:
    """Returns this instance's public address: `https://scores.example.org`."""
    return settings.TACHI_PUBLIC_URL or request.build_absolute_uri("/")[:-1]


def score_url(score_id: str) -> str:
    return reverse("score-detail", args=[score_id])


def replay_url(playtype: str, score_id: str) -> str:
    """Returns the address at which a player's browser downloads the replay of a score of USC."""
    return reverse("api:usc-replay", args=[playtype, score_id])


def chart_url(chart_id: str) -> str:
    return reverse("chart-detail", args=[chart_id])


def song_url(game: str, song_id: int) -> str:
    return reverse("song-detail", args=[game, song_id])


def import_url(job: Import) -> str:
    return reverse("import-detail", args=[job.import_id])


def run_url(list_url: str, *, newest: str, oldest: str) -> str:
    """Returns the list of a run of imports, which is identified by its newest and oldest ID."""
    return f"{list_url}?{urlencode({'run': f'{newest}-{oldest}'})}"


def poll_url(job: Import) -> str:
    """Returns the address that progress.js polls."""
    return reverse("api:import-poll-status", args=[job.import_id])
