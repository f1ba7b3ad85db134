"""/account/clients/: the reader's own API clients, and the deliveries of their events."""

from __future__ import annotations

from django.http import HttpResponse
from django.shortcuts import get_object_or_404, render
from django.urls import reverse
from django.views.decorators.http import require_safe

from imports.models import APIClient
from imports.pages.components.view_models import Link
from imports.pages.core.permissions import AuthenticatedRequest, sign_in_required
from imports.pages.texts import account_texts

MAX_DELIVERIES = 20


@require_safe
@sign_in_required
def client_list(request: AuthenticatedRequest) -> HttpResponse:
    """Lists all API clients of the reader, without pages: a user has at most twenty."""
    clients = APIClient.objects.filter(author=request.user)
    context = {"clients": clients, "crumb": Link(account_texts.ACCOUNT, reverse("account")), "section": "account"}
    return render(request, "client-list.html", context)


@require_safe
@sign_in_required
def client_detail(request: AuthenticatedRequest, client_id: str) -> HttpResponse:
    """Shows an API client to its author."""
    client = get_object_or_404(APIClient, client_id=client_id, author=request.user)
    deliveries = client.deliveries.defer("body").order_by("-pk")[:MAX_DELIVERIES]
    context = {
        "client": client,
        "deliveries": [
            (
                each,
                account_texts.delivery_outcome(
                    is_over=each.next_attempt_at is None, status=each.status, failure=each.failure
                ),
            )
            for each in deliveries
        ],
        "most": MAX_DELIVERIES,
        "crumb": Link(account_texts.API_CLIENTS, reverse("client-list")),
        "section": "account",
    }
    return render(request, "client-detail.html", context)
