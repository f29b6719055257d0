"""What rounds could not do, in the admin."""

from django.contrib import admin
from unfold.decorators import display
from unfold.paginator import InfinitePaginator

from amiportal.background.models import LeftOver
from amiportal.core.admin_bases import ReadOnlyAdmin
from amiportal.core.adminkit import minute


@admin.register(LeftOver)
class LeftOverAdmin(ReadOnlyAdmin):
    """What rounds could not do: each is tried again at every round, and its row goes when it is done."""

    list_display = ["round", "item", "error", "tries", "since_minute", "tried_minute"]
    list_filter = ["round"]
    list_fullwidth = True
    list_per_page = 50
    search_fields = ["item__startswith"]
    search_help_text = "Beginning of the item, such as a deployment."
    ordering = ["since", "id"]
    paginator = InfinitePaginator
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    readonly_fields = ["round", "item", "error", "tries", "since_minute", "tried_minute"]
    fields = [*readonly_fields]

    @display(description="Since (UTC)", ordering="since")
    def since_minute(self, row: LeftOver) -> str:
        return minute(row.since)

    @display(description="Last tried (UTC)", ordering="tried_at")
    def tried_minute(self, row: LeftOver) -> str:
        return minute(row.tried_at)
