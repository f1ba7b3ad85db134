"""Forms of the account pages: signing in and up, the password, the profile."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

from django import forms
from django.contrib.auth.forms import AuthenticationForm, BaseUserCreationForm, PasswordChangeForm

from imports.models import User
from imports.pages import account_words, words
from imports.pages.texts import gettext_lazy

if TYPE_CHECKING:
    CreationForm = BaseUserCreationForm[User]
    ChangeForm = PasswordChangeForm
    UserForm = forms.ModelForm[User]
else:
    CreationForm, ChangeForm, UserForm = BaseUserCreationForm, PasswordChangeForm, forms.ModelForm


class SignInForm(AuthenticationForm):
    """Name and password. Whoever is banned is told so, once the password is right."""

    error_messages = {"invalid_login": words.NOT_KNOWN, "inactive": words.INACTIVE}  # noqa: RUF012 - Django's attribute

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.fields["username"].label = gettext_lazy("Name")

    def confirm_login_allowed(self, user: User) -> None:
        super().confirm_login_allowed(user)
        if user.is_banned:
            raise forms.ValidationError(words.BANNED, code="banned")


class SaidWhereChosen:
    """A password that is too weak is said at the field where it is chosen; Django says it where it is repeated."""

    cleaned_data: dict[str, Any]

    def validate_password_for_user(self, user: User, *names: str) -> None:
        again = names[0] if names else "password2"
        if again in self.cleaned_data:  # both are given and alike
            super().validate_password_for_user(user, again.replace("2", "1"))  # type: ignore[misc]


class SignUpForm(SaidWhereChosen, CreationForm):
    """A new account: a name that nobody has, whatever its case, and a password."""

    class Meta:
        model = User
        fields = ("username",)

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _say(self, "username", gettext_lazy("Name"), account_words.NAME_RULE)
        _say(self, "password1", gettext_lazy("Password"), account_words.PASSWORD_RULE)
        _say(self, "password2", gettext_lazy("Password again"), "")

    def clean_username(self) -> str:
        name: str = self.cleaned_data["username"]
        if User.objects.filter(username__iexact=name).exists():
            raise forms.ValidationError(account_words.NAME_IN_USE)
        return name


class PasswordForm(SaidWhereChosen, ChangeForm):
    """The password of now, and the new one twice."""

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.error_messages = {**self.error_messages, "password_incorrect": account_words.WRONG_PASSWORD}
        _say(self, "old_password", gettext_lazy("Your password now"), "")
        _say(self, "new_password1", gettext_lazy("New password"), account_words.PASSWORD_RULE)
        _say(self, "new_password2", gettext_lazy("New password again"), "")


class ConfirmForm(forms.Form):
    """The password once more, from whoever is signed in."""

    password = forms.CharField(
        label=gettext_lazy("Your password"),
        strip=False,
        widget=forms.PasswordInput(attrs={"autocomplete": "current-password"}),
    )

    def __init__(self, *args: Any, user: User, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        self.user = user

    def clean_password(self) -> str:
        password: str = self.cleaned_data["password"]
        if not self.user.check_password(password):
            raise forms.ValidationError(account_words.WRONG_PASSWORD)
        return password


class ProfileForm(UserForm):
    """What a profile says of its player."""

    class Meta:
        model = User
        fields = ("status", "about")
        widgets = {"about": forms.Textarea(attrs={"rows": 6})}  # noqa: RUF012 - Django's attribute

    def __init__(self, *args: Any, **kwargs: Any) -> None:
        super().__init__(*args, **kwargs)
        _say(self, "status", gettext_lazy("Status"), gettext_lazy("One line below your name."))
        _say(self, "about", gettext_lazy("About you"), gettext_lazy("Plain text; empty lines make paragraphs."))


def _say(form: forms.BaseForm, name: str, label: str, hint: str) -> None:
    field = form.fields[name]
    field.label, field.help_text = label, hint
