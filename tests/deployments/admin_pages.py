"""The admin pages of this app, and what they say."""

from django.contrib.messages import get_messages
from django.urls import reverse


def url(name: str, *args) -> str:
    return reverse(f"admin:deployments_{name}", args=args)


def said(response) -> str:
    return " ".join(str(message) for message in get_messages(response.wsgi_request))
