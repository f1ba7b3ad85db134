"""Forms of the account pages: signing in and up, the password, the profile, API tokens."""

from __future__ import annotations

from datetime import timedelta
from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.auth.forms import (
    AuthenticationForm,
    BaseUserCreationForm,
    PasswordChangeForm,
    PasswordResetForm,
    SetPasswordForm,
)
from django.contrib.auth.hashers import make_password
from django.db import transaction
from django.utils import timezone

from imports import pictures
from imports.models import Departure, HookSettings, Permission, ProfilePicture, User
from imports.models.accounts import is_reserved_name
from imports.models.hook_settings import MAX_CARD_LENGTH, MAX_CARDS
from imports.models.jobs.departures import EVERYTHING
from imports.models.tokens import MAX_TOKENS_PER_USER, TooManyTokens
from imports.pages.texts import account_texts
from imports.pages.texts.translation import gettext_lazy

if TYPE_CHECKING:
    CreationForm = BaseUserCreationForm[User]
    ChangeForm = PasswordChangeForm
    ResetForm = SetPasswordForm[User]
    UserForm = forms.ModelForm[User]
else:
    CreationForm, ChangeForm, ResetForm = BaseUserCreationForm, PasswordChangeForm, SetPasswordForm
    UserForm = forms.ModelForm


# Permissions that tools usually need come first; those of Tachi without an effect here come last.
COMMON_PERMISSIONS = (Permission.SUBMIT_SCORE, Permission.DELETE_SCORE)
PERMISSION_ORDER = (*COMMON_PERMISSIONS, *(each for each in Permission if each not in COMMON_PERMISSIONS))


# --- accounts ---------------------------------------------------------------------------------------


class SignInForm(AuthenticationForm):
    """Name and password. Banned players see that they are banned, but only with the right password."""

    error_messages = {"invalid_login": account_texts.NOT_KNOWN, "inactive": account_texts.INACTIVE}  # noqa: RUF012 - Django's attribute

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = gettext_lazy("Name")

    def confirm_login_allowed(self, user: User) -> None:
        # Django calls this only after the right password, so that others do not learn of a ban.
        super().confirm_login_allowed(user)
        if user.is_banned:
            raise forms.ValidationError(account_texts.BANNED, code="banned")


class PasswordErrorsMixin:
    """Shows the error of a weak password at its first field; Django shows it at the repetition."""

    cleaned_data: dict[str, Any]

    def validate_password_for_user(self, user: User, *names: str) -> None:
        again = names[0] if names else "password2"
        if again in self.cleaned_data:  # both are given and equal
            super().validate_password_for_user(user, again.replace("2", "1"))  # type: ignore[misc]


class SignUpForm(PasswordErrorsMixin, CreationForm):
    """A new account: a name that is unique regardless of case, and a password."""

    class Meta:
        model = User
        fields = ("username",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _set_label(self, "username", gettext_lazy("Name"), account_texts.NAME_RULE)
        _set_label(self, "password1", gettext_lazy("Password"), account_texts.PASSWORD_RULE)
        _set_label(self, "password2", gettext_lazy("Repeat password"), "")

    def clean_username(self) -> str:
        name: str = self.cleaned_data["username"]
        if is_reserved_name(name):
            raise forms.ValidationError(account_texts.NAME_RESERVED, code="reserved")
        # The constraint would refuse it, too, but with a technical message. See `SignUp.form_valid` for the race.
        if User.objects.filter(username__iexact=name).exists():
            raise forms.ValidationError(account_texts.NAME_IN_USE)
        return name


class PasswordForm(PasswordErrorsMixin, ChangeForm):
    """The current password, and the new one twice."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.error_messages = {**self.error_messages, "password_incorrect": account_texts.WRONG_PASSWORD}
        _set_label(self, "old_password", gettext_lazy("Current password"), "")
        _set_label(self, "new_password1", gettext_lazy("New password"), account_texts.PASSWORD_RULE)
        _set_label(self, "new_password2", gettext_lazy("Repeat new password"), "")


class NewPasswordForm(PasswordErrorsMixin, ResetForm):
    """The new password twice, for a password reset link."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _set_label(self, "new_password1", gettext_lazy("New password"), account_texts.PASSWORD_RULE)
        _set_label(self, "new_password2", gettext_lazy("Repeat new password"), "")


class ForgottenPasswordForm(PasswordResetForm):
    """An e-mail address. A worker looks up its account and sends the mail."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _set_label(self, "email", gettext_lazy("E-mail address"), "")


class ConfirmForm(forms.Form):
    """The password of the signed-in user, for confirmation."""

    password = forms.CharField(
        label=gettext_lazy("Your password"),
        # A password may begin or end with a space.
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        if not self.user.check_password(password):
            raise forms.ValidationError(account_texts.WRONG_PASSWORD)
        return password


class EmailForm(ConfirmForm):
    """A new address of the account, and the password."""

    email = forms.EmailField(
        max_length=254,
        label=gettext_lazy("E-mail address"),
        widget=forms.EmailInput(attrs={"autocomplete": "email"}),
    )
    field_order = ("email", "password")


class ReturnForm(forms.Form):
    """Name and password of an account that is to be deleted. `cleaned_data["departure"]`: the departure to cancel."""

    username = forms.CharField(
        max_length=150,
        label=gettext_lazy("Name"),
        widget=forms.TextInput(attrs={"autocomplete": "username", "autocapitalize": "none"}),
    )
    password = forms.CharField(
        label=gettext_lazy("Password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def clean(self) -> dict[str, Any]:
        given = super().clean() or {}
        departures = Departure.objects.filter(game=EVERYTHING, user__username__iexact=given.get("username", ""))
        departure = departures.select_related("user").first()
        # An unknown name takes as long as a wrong password, so that accounts being deleted cannot be found.
        if departure is None:
            make_password(given.get("password", ""))
        if departure is None or not departure.user.check_password(given.get("password", "")):
            raise forms.ValidationError(account_texts.NOBODY_LEAVES)
        return {**given, "departure": departure}


class ProfileForm(UserForm):
    """The texts of a player's profile."""

    class Meta:
        model = User
        fields = ("status", "about")
        widgets = {"about": forms.Textarea(attrs={"rows": 6})}  # noqa: RUF012 - Django's attribute

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _set_label(self, "status", gettext_lazy("Status"), gettext_lazy("One line, shown below your name."))
        _set_label(self, "about", gettext_lazy("About you"), gettext_lazy("Plain text; empty lines make paragraphs."))


class PictureForm(forms.Form):
    """A picture of the player, which is decoded before it is stored."""

    file = forms.FileField(
        label=gettext_lazy("Picture file"),
        help_text=account_texts.PICTURE_HINT,
        widget=forms.FileInput(attrs={"accept": "image/png,image/jpeg,image/webp,image/gif"}),
        allow_empty_file=True,  # an empty file gets the message of a damaged one
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean(self) -> None:
        file = self.cleaned_data.get("file")
        if file is None:
            return
        if file.size > pictures.MAX_BYTES:  # before it is read into memory
            self.add_error("file", account_texts.PICTURE_TOO_LARGE)
            return
        try:
            self.drawn = pictures.encode_picture(file.read())
        except pictures.PictureRefused as refused:
            said = account_texts.PICTURE_TOO_LARGE if str(refused) == pictures.TOO_LARGE else account_texts.NO_PICTURE
            self.add_error("file", said)

    def save(self) -> None:
        ProfilePicture.objects.keep(self.user, self.drawn)


class HookSettingsForm(forms.Form):
    """The player's settings for Fervidex and KsHook. Without cards, every card counts."""

    cards = forms.CharField(
        required=False,
        label=gettext_lazy("Accepted cards"),
        help_text=account_texts.CARDS_HINT,
        widget=forms.Textarea(attrs={"rows": MAX_CARDS, "autocapitalize": "characters", "spellcheck": "false"}),
    )
    fervidex = forms.BooleanField(
        required=False, label=account_texts.STATIC_FERVIDEX, help_text=account_texts.STATIC_HINT
    )
    kshook = forms.BooleanField(required=False, label=account_texts.STATIC_KSHOOK, help_text=account_texts.STATIC_HINT)

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        self.user = user
        stored = {each.hook: each for each in HookSettings.objects.filter(user=user)}
        fervidex, kshook = stored.get(HookSettings.Hook.FERVIDEX), stored.get(HookSettings.Hook.KSHOOK)
        initial = {
            "cards": "\n".join((fervidex.cards if fervidex else None) or ()),
            "fervidex": bool(fervidex and fervidex.force_static_import),
            "kshook": bool(kshook and kshook.force_static_import),
        }
        super().__init__(*args, **{**kwargs, "initial": initial})

    def clean_cards(self) -> list[str] | None:
        cards: list[str] = self.cleaned_data["cards"].split()
        if len(cards) > MAX_CARDS:
            raise forms.ValidationError(account_texts.too_many_cards(MAX_CARDS))
        if any(len(card) > MAX_CARD_LENGTH for card in cards):
            raise forms.ValidationError(account_texts.NO_CARD)
        return cards or None

    def save(self) -> None:
        given = self.cleaned_data
        # One transaction: all settings or none.
        with transaction.atomic():
            HookSettings.objects.change(
                self.user,
                HookSettings.Hook.FERVIDEX,
                {"cards": given["cards"], "force_static_import": given["fervidex"]},
            )
            HookSettings.objects.change(self.user, HookSettings.Hook.KSHOOK, {"force_static_import": given["kshook"]})


def _set_label(form: forms.BaseForm, name: str, label: str, hint: str) -> None:
    field = form.fields[name]
    field.label, field.help_text = label, hint


# --- tokens -----------------------------------------------------------------------------------------


class ExplainedChoices(forms.CheckboxSelectMultiple):
    """Checkboxes with an explanation below their names: `hint` of each option."""

    def create_option(self, name: str, value: Any, *args: Any, **kwargs: Any) -> dict[str, Any]:
        option: dict[str, Any] = super().create_option(name, value, *args, **kwargs)
        return {**option, "hint": account_texts.PERMISSION_TEXTS[str(value)][1]}


class TokenForm(forms.Form):
    """A new token: its name, permissions and expiry."""

    name = forms.CharField(
        max_length=100,
        label=gettext_lazy("Name"),
        help_text=gettext_lazy("For example the tool or the machine it is for."),
    )
    may = forms.MultipleChoiceField(
        label=gettext_lazy("Permissions"),
        choices=[(each.value, account_texts.PERMISSION_TEXTS[each.value][0]) for each in PERMISSION_ORDER],
        widget=ExplainedChoices,
        initial=[Permission.SUBMIT_SCORE.value],
        error_messages={"required": account_texts.NO_PERMISSION_CHOSEN},
    )
    lasts = forms.TypedChoiceField(
        label=gettext_lazy("Expires"),
        choices=[
            ("", gettext_lazy("Never")),
            ("30", gettext_lazy("In 30 days")),
            ("90", gettext_lazy("In 90 days")),
            ("365", gettext_lazy("In a year")),
        ],
        coerce=int,
        required=False,
        empty_value=None,
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_name(self) -> str:
        name: str = self.cleaned_data["name"]
        if self.user.tokens.filter(identifier__iexact=name).exists():
            raise forms.ValidationError(account_texts.NAME_TAKEN)
        # Reported at the name, because the form has no field for the number of tokens.
        if self.user.tokens.count() >= MAX_TOKENS_PER_USER:
            raise forms.ValidationError(str(TooManyTokens()))
        return name

    def create_token(self) -> str:
        """Creates the token and returns its secret, which is not stored."""
        # Tokens are created only by the manager, which writes the audit entry in the same transaction.
        days = self.cleaned_data["lasts"]
        _, secret = self.user.tokens.model.objects.create_token(
            self.user,
            identifier=self.cleaned_data["name"],
            permissions=self.cleaned_data["may"],
            expires_at=timezone.now() + timedelta(days=days) if days else None,
        )
        return secret
