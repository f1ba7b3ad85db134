"""A small server for the tests of the pages' scripts: static files, pages, and responses that the test defines."""

from __future__ import annotations

import json
import shutil
import threading
from collections.abc import Callable, Iterator
from contextlib import contextmanager
from dataclasses import dataclass, field
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from itertools import chain, repeat
from pathlib import Path
from types import SimpleNamespace
from typing import Any

from django.conf import settings
from django.template import engines
from django.template.loader import render_to_string
from django.test import RequestFactory
from playwright.sync_api import expect

from imports.pages.components.progress import Progress, Running, progress_from
from imports.pages.components.view_models import Link
from imports.pages.styleguide.views import sample_context

STATIC = Path(__file__).parents[2] / "static"
TYPES = {".css": "text/css", ".js": "text/javascript", ".svg": "image/svg+xml", ".woff2": "font/woff2"}
CHROMIUM = next(filter(None, map(shutil.which, ("chromium", "chromium-browser", "google-chrome"))), None)
ARGUMENTS = (
    "--no-sandbox",
    "--disable-gpu",
    "--disable-background-networking",
    "--disable-component-update",
    "--disable-sync",
    "--no-first-run",
)
expect.set_options(timeout=60_000)  # generous for a busy machine; an element that exists does not wait


def policy() -> str:
    """The Content-Security-Policy that the pages are served with."""
    directives = settings.CONTENT_SECURITY_POLICY["DIRECTIVES"]
    return "; ".join(f"{name} {' '.join(sources)}" for name, sources in directives.items())


@dataclass(frozen=True)
class Answer:
    body: str = ""
    status: int = 200
    type: str = "text/html; charset=utf-8"
    headers: dict[str, str] = field(default_factory=dict)


def as_json(body: Any, *, status: int = 200, **headers: str) -> Answer:
    named = {name.replace("_", "-"): value for name, value in headers.items()}
    return Answer(json.dumps(body), status, "application/json", named)


@dataclass
class Site:
    """A server whose `answers` map "GET /path" to a response or to a function from the request body to a response."""

    address: str = ""
    answers: dict[str, Answer | Callable[[bytes], Answer]] = field(default_factory=dict)
    requests: list[str] = field(default_factory=list)

    def respond(self, what: str, body: bytes) -> Answer:
        self.requests.append(what)
        found = self.answers.get(what, Answer("nothing here", 404, "text/plain"))
        return found if isinstance(found, Answer) else found(body)


@contextmanager
def serving() -> Iterator[Site]:
    site = Site()

    class Handler(BaseHTTPRequestHandler):
        protocol_version = "HTTP/1.1"

        def log_message(self, *_: object) -> None:
            """Quiet."""

        def do_GET(self) -> None:
            self.reply()

        def do_POST(self) -> None:
            self.reply()

        def reply(self) -> None:
            body = self.rfile.read(int(self.headers.get("Content-Length", 0)))
            if self.path.startswith("/static/"):
                file = STATIC / self.path.removeprefix("/static/")
                return self.send(200, TYPES[file.suffix], file.read_bytes(), {})
            response = site.respond(f"{self.command} {self.path}", body)
            return self.send(response.status, response.type, response.body.encode(), response.headers)

        def send(self, status: int, content_type: str, body: bytes, headers: dict[str, str]) -> None:
            self.send_response(status)
            given = {"Content-Type": content_type, "Content-Length": str(len(body)), **headers}
            for name, value in {**given, "Content-Security-Policy": policy()}.items():
                self.send_header(name, value)
            self.end_headers()
            self.wfile.write(body)

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    site.address = f"http://127.0.0.1:{server.server_address[1]}"
    thread = threading.Thread(target=server.serve_forever, kwargs={"poll_interval": 0.05})
    thread.start()
    try:
        yield site
    finally:
        server.shutdown()
        server.server_close()
        thread.join()


# --- pages, and answers of the API -----------------------------------------------------------------

PROGRESS_PAGE = """{% extends "page.html" %}{% load static %}
{% block title %}{{ progress.percent }} %, {{ progress.label|lower }}{% endblock %}
{% block head %}<script type="module" src="{% static 'js/progress.js' %}"></script>
{% include "components/_refresh.html" with seconds=5 only %}{% endblock %}
{% block heading %}scorelog-2026.json{% endblock %}
{% block content %}{% include "components/_progress.html" with progress=progress only %}{% endblock %}"""
UPLOAD_PAGE = """{% extends "top_page.html" %}{% load static %}{% block head %}
<script type="module" src="{% static 'js/upload.js' %}"></script>{% endblock %}
{% block content %}<form method="post" action="/upload" enctype="multipart/form-data"
    data-upload data-max-bytes="1000" data-checking="/checking/">
{% include "components/_drop.html" with field=upload.file max_bytes=1000 kinds="JSON" only %}
<textarea name="pasted" aria-label="Paste"></textarea><button class="btn go">Check file</button></form>{% endblock %}"""


def rendered(name_or_source: str, **context: Any) -> Answer:
    request = RequestFactory().get("/page")
    whole = {**sample_context(), "running": None, "user": SimpleNamespace(is_authenticated=True), **context}
    if name_or_source.endswith(".html"):
        return Answer(render_to_string(name_or_source, whole, request=request))
    return Answer(engines["django"].from_string(name_or_source).render(whole, request))


def progress_page(body: dict[str, Any]) -> Answer:
    progress: Progress = progress_from(body, poll_url="/poll")
    running = Running("scorelog-2026.json", "/import", "/poll", progress.percent)
    return rendered(PROGRESS_PAGE, progress=progress, running=running, crumb=Link("Imports", "/imports"))


def ongoing(**progress: Any) -> Answer:
    body = {"importStatus": "ongoing", "progress": {"stages": [], **progress}}
    return as_json({"success": True, "description": "Import is ongoing.", "body": body})


def sequence_of(*responses: Answer) -> Any:
    """Returns a handler that gives each response once, in order, and repeats the last one."""
    waiting = chain(responses, repeat(responses[-1]))
    return lambda _: next(waiting)
