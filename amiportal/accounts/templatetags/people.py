from django import template

from amiportal.accounts.services.addresses import PEOPLE_OF, addresses_of

register = template.Library()


@register.inclusion_tag("admin/accounts/_addresses.html")
def copy_addresses(of: str, pk: int) -> dict:
    """A button that copies the mail addresses of the people `of` a "bucket" or a "deployment"."""
    return {"found": addresses_of(PEOPLE_OF[of](pk)), "of": of, "pk": pk}
