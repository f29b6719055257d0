"""The pages by which people get in, beneath /accounts/."""

from django.contrib.auth.views import LogoutView
from django.urls import path

from amiportal.accounts.language import set_language
from amiportal.accounts.pages import passwords, sign_in, tokens, two_factor

urlpatterns = [
    path("login/", sign_in.SignIn.as_view(), name="login"),
    path("login/code/", sign_in.sign_in_code, name="sign-in-code"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("language/", set_language, name="set-language"),
    path("password/forgot/", passwords.password_forgot, name="password-forgot"),
    path("password/<str:secret>/", passwords.password_set, name="password-set"),
    path("two-factor/", two_factor.two_factor_page, name="two-factor"),
    path("two-factor/codes/", two_factor.recovery_codes, name="two-factor-codes"),
    path("two-factor/remove/", two_factor.remove_two_factor, name="two-factor-remove"),
    path("tokens/", tokens.tokens, name="tokens"),
    path("tokens/<str:token_key>/revoke/", tokens.revoke, name="token-revoke"),
]
