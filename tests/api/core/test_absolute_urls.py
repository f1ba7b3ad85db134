"""Absolute URLs in responses."""

from __future__ import annotations

import gc
import weakref

from django.test import RequestFactory
from pytest_django import Settings

from imports.api.core.responses import absolute_url


def test_an_absolute_url_has_the_host_of_the_request_unless_a_public_url_is_set(settings: Settings) -> None:
    request = RequestFactory().get("/")
    assert absolute_url(request, "/imports/") == "http://testserver/imports/"
    settings.TACHI_PUBLIC_URL = "https://scores.example"
    assert absolute_url(request, "/imports/") == "https://scores.example/imports/"


def test_a_request_is_released_after_a_url_was_built_from_it() -> None:
    request = RequestFactory().get("/")
    absolute_url(request, "/imports/")
    reference = weakref.ref(request)
    del request
    gc.collect()
    assert reference() is None
