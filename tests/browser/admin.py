"""A maintainer at the admin."""

from django.conf import settings
from django.test import Client
from playwright.sync_api import Page

from amiportal.accounts.models import User


def sign_in(page: Page, server: str, user: User) -> Page:
    """By the cookie alone; what the sign-in page does is tested elsewhere."""
    client = Client()
    client.force_login(user)
    cookie = client.cookies[settings.SESSION_COOKIE_NAME].value
    page.context.add_cookies([{"name": settings.SESSION_COOKIE_NAME, "value": cookie, "url": server}])
    return page
