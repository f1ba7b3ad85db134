"""Ending a player's browser sessions, all but the one that asks.

Django ties every session to the stored hash of the password and drops a session whose hash is another. So a new
password ends the others; and so does the same password, stored with a new salt.
"""

from __future__ import annotations

from django.contrib.auth import update_session_auth_hash
from django.contrib.auth.hashers import make_password

from imports.models import User
from imports.pages.core.permissions import AuthenticatedRequest


def sign_out_others(request: AuthenticatedRequest, *, password: str) -> bool:
    """Stores the player's password, which the caller has checked, anew. False when it was changed meanwhile."""
    user = request.user
    fresh = make_password(password)
    if not User.objects.filter(pk=user.pk, password=user.password).update(password=fresh):
        return False
    user.password = fresh
    update_session_auth_hash(request, user)
    return True
