"""What every map of the admin is told by its page."""

from django import template
from django.conf import settings
from django.utils.html import format_html
from django.utils.safestring import SafeString

register = template.Library()


@register.simple_tag
def map_tiles() -> SafeString | str:
    """The attributes that name the tile server; nothing when the portal is set to none."""
    if not settings.MAP_TILES_URL:
        return ""
    return format_html(
        'data-tiles="{}" data-tiles-attribution="{}"', settings.MAP_TILES_URL, settings.MAP_TILES_ATTRIBUTION
    )
