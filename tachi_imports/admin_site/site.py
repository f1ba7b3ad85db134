"""The admin site, for moderators only, behind the common sign-in page.

Not in `imports.admin`: the classes there register with this site when they are imported, so the site must exist first.
"""

from __future__ import annotations

from functools import wraps
from typing import Any, cast

from django.conf import settings
from django.contrib.admin import AdminSite
from django.contrib.auth.models import AnonymousUser
from django.contrib.auth.views import redirect_to_login
from django.core.exceptions import PermissionDenied
from django.http import HttpRequest, HttpResponse, HttpResponseRedirect
from django.shortcuts import redirect, resolve_url
from django.urls import URLPattern, URLResolver, path, reverse
from django.utils.decorators import method_decorator
from django.utils.functional import SimpleLazyObject
from django.utils.http import urlencode
from django.utils.translation import gettext_lazy
from django.views.decorators.cache import never_cache
from django.views.decorators.debug import sensitive_post_parameters

from imports.access import permissions, rate_limits
from imports.access.rate_limits import RateLimit
from imports.models import User

NOT_A_MODERATOR = gettext_lazy("These pages are for moderators.")
ADMIN_LIMIT = RateLimit("admin", 300, 60)
"""Counted separately from the requests that a moderator makes to the other pages."""


class ModeratorsSite(AdminSite):
    """Admits users for whom `permissions.is_moderator` is true; each page checks further permissions."""

    index_title = gettext_lazy("Moderation")
    enable_nav_sidebar = False  # the header links to the daily pages, and lists need the width

    def __init__(self, name: str = "admin") -> None:
        super().__init__(name)
        self.site_header = self.site_title = settings.TACHI_NAME

    def has_permission(self, request: HttpRequest) -> bool:
        from tachi_imports.admin_site import second_factor  # noqa: PLC0415 - its models load after this site

        return permissions.is_moderator(request.user) and second_factor.is_given(request.user)

    def login(self, request: HttpRequest, extra_context: dict[str, Any] | None = None) -> HttpResponse:  # noqa: ARG002
        """Redirects to the common sign-in page. A signed-in user who arrives here is not a moderator."""
        target = request.GET.get("next") or reverse("admin:index")
        if isinstance(request.user, AnonymousUser):
            return redirect_to_login(target, reverse("login"))
        if not permissions.is_moderator(request.user):
            raise PermissionDenied(NOT_A_MODERATOR)
        if not self.has_permission(request):
            return HttpResponseRedirect(f"{resolve_url('admin:second-factor')}?{urlencode({'next': target})}")
        return redirect("admin:index")

    def get_app_list(self, request: HttpRequest, app_label: str | None = None) -> list[Any]:
        """Returns the list of tables lazily: every page gets it, for the sidebar that this site lacks."""
        return cast("list[Any]", SimpleLazyObject(lambda: super(ModeratorsSite, self).get_app_list(request, app_label)))

    def admin_view(self, view: Any, cacheable: bool = False) -> Any:
        """Throttles requests before anything else. Raises RateLimitExceeded."""
        inner = super().admin_view(view, cacheable)

        @wraps(inner)
        def counted(request: HttpRequest, *args: Any, **kwargs: Any) -> Any:
            _throttle(request)
            return inner(request, *args, **kwargs)

        return counted

    @method_decorator((never_cache, sensitive_post_parameters()))
    def second_factor(self, request: HttpRequest) -> HttpResponse:
        """Asks a moderator for a code (`second_factor.code_view`)."""
        from tachi_imports.admin_site import second_factor  # noqa: PLC0415 - see above

        _throttle(request)
        if isinstance(request.user, AnonymousUser):
            return redirect_to_login(reverse("admin:index"), reverse("login"))
        if not permissions.is_moderator(request.user):
            raise PermissionDenied(NOT_A_MODERATOR)
        if self.has_permission(request):
            return redirect("admin:index")
        return second_factor.code_view(request, self.each_context(request))

    def get_urls(self) -> list[URLPattern | URLResolver]:
        own = [
            path("queue/", self.admin_view(self.queue), name="queue"),
            path("second-factor/", self.second_factor, name="second-factor"),
        ]
        return [*own, *super().get_urls()]

    def queue(self, request: HttpRequest) -> HttpResponse:
        """Renders the state of the queue and the workers (`admin.queue`)."""
        from imports.admin.queue import queue_page  # noqa: PLC0415 - see above

        return queue_page(request, self.each_context(request))


def _throttle(request: HttpRequest) -> None:
    user = request.user if isinstance(request.user, User) else None
    rate_limits.consume(ADMIN_LIMIT, rate_limits.client_key(user, request.META))
