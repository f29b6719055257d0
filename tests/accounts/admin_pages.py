"""The admin's pages of people, as a maintainer's browser uses them."""

from django.contrib.auth.models import Group
from django.urls import reverse

from amiportal.accounts.models import User


def url(name: str, *args) -> str:
    return reverse(f"admin:{name}", args=args)


def role(name: str) -> int:
    return Group.objects.get(name=name).pk


def fields(person: User, **changes) -> dict:
    given = {
        "username": person.username,
        "first_name": person.first_name,
        "last_name": person.last_name,
        "email": person.email,
        "organisation": person.organisation,
        "is_active": "on" if person.is_active else "",
        "groups": [group.pk for group in person.groups.all()],
        "buckets": [bucket.pk for bucket in person.buckets.all()],
        **changes,
    }
    return {name: value for name, value in given.items() if value not in ("", None)}


def change(page, person: User, **changes):
    response = page.post(url("accounts_user_change", person.pk), fields(person, **changes))
    person.refresh_from_db()
    return response
