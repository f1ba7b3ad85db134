"""Addresses of accounts, profiles and tokens."""

from __future__ import annotations

from django.urls import path

from imports.pages.accounts import clients, connect, data_exports, departures, emails, pins, tools, views
from imports.pages.core import converters  # noqa: F401 - registers the kinds of IDs

urlpatterns = [
    path("login/", views.SignIn.as_view(), name="login"),
    path("logout/", views.sign_out, name="logout"),
    path("signup/", views.SignUp.as_view(), name="signup"),
    path("account/", views.account, name="account"),
    path("account/profile/", views.profile_edit, name="profile-edit"),
    path("account/pinned/", pins.pinned_edit, name="pinned-edit"),
    path("account/picture/", views.picture, name="picture"),
    path("account/picture/remove/", views.picture_remove, name="picture-remove"),
    path("account/hooks/", views.hook_settings, name="hook-settings"),
    path("account/password/", views.password_change, name="password-change"),
    path("account/password/reset/", emails.PasswordReset.as_view(), name="password-reset"),
    path(
        "account/password/reset/<str:uidb64>/<str:token>/",
        emails.PasswordResetConfirm.as_view(),
        name="password-reset-confirm",
    ),
    path("account/email/", emails.email, name="email"),
    path("account/email/remove/", emails.email_remove, name="email-remove"),
    path("account/email/confirm/<str:token>/", emails.email_confirm, name="email-confirm"),
    path("account/sign-out-everywhere/", views.sign_out_everywhere, name="sign-out-everywhere"),
    path("account/data/", data_exports.your_data, name="your-data"),
    path("account/data/<import:export_id>/", data_exports.data_export, name="data-export"),
    path("account/data/<game:game>/<slug:playtype>.csv", data_exports.score_table, name="score-table"),
    path("account/clients/", clients.client_list, name="client-list"),
    path("account/clients/<client:client_id>/", clients.client_detail, name="client-detail"),
    path("account/delete/", departures.departure_list, name="departure-list"),
    path("account/delete/everything/", departures.departure, name="departure"),
    path("account/delete/<slug:game>/", departures.departure, name="departure-game"),
    path("account/delete/<slug:game>/cancel/", departures.departure_cancel, name="departure-cancel"),
    path("account/return/", departures.account_return, name="account-return"),
    path("client-file-flow/<client:client_id>/", connect.client_file_flow, name="client-file-flow"),
    path("oauth/request-auth", connect.request_auth, name="request-auth"),
    path("users/<name:name>/", views.profile, name="profile"),
    path("tools/", tools.tool_list, name="tool-list"),
    path("tools/<slug:hook>/", connect.connect_hook, name="connect-hook"),
    path("tokens/", views.token_list, name="token-list"),
    path("tokens/<int:token_id>/", connect.token_connection, name="token-connection"),
    path("tokens/<int:token_id>/file/", connect.token_file, name="token-file"),
    path("tokens/<int:token_id>/revoke/", views.token_revoke, name="token-revoke"),
]
