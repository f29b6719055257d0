"""The pages by which people get in, beneath /accounts/."""

from django.contrib.auth.views import LogoutView
from django.urls import path

from amiportal.accounts import password_pages, sign_in, tokens_page, two_factor_page
from amiportal.accounts.language import set_language

urlpatterns = [
    path("login/", sign_in.SignIn.as_view(), name="login"),
    path("login/code/", sign_in.sign_in_code, name="sign-in-code"),
    path("logout/", LogoutView.as_view(), name="logout"),
    path("language/", set_language, name="set-language"),
    path("password/forgot/", password_pages.password_forgot, name="password-forgot"),
    path("password/<str:secret>/", password_pages.password_set, name="password-set"),
    path("two-factor/", two_factor_page.two_factor_page, name="two-factor"),
    path("two-factor/codes/", two_factor_page.recovery_codes, name="two-factor-codes"),
    path("two-factor/remove/", two_factor_page.remove_two_factor, name="two-factor-remove"),
    path("tokens/", tokens_page.tokens, name="tokens"),
    path("tokens/<str:token_key>/revoke/", tokens_page.revoke, name="token-revoke"),
]
