"""Lists of long tables by pages that begin where another ended: no number of a page, no count of the whole."""

from collections.abc import Sequence
from dataclasses import dataclass
from datetime import UTC, datetime, time, timedelta
from typing import Any

from django.contrib import admin, messages
from django.contrib.admin.options import IncorrectLookupParameters
from django.core.paginator import Paginator
from django.db.models import Model, QuerySet
from django.http import HttpRequest
from unfold.contrib.filters.admin import RangeDateFilter
from unfold.utils import parse_date_str
from unfold.views import ChangeList

from amiportal.core.admin_bases import ReadOnlyAdmin
from uploads.ledger.pages import Place

AFTER, BEFORE, LAST = "after", "before", "last"


@dataclass(frozen=True, slots=True)
class Chip:
    """A filter that is on, in words, and the address of the list without it."""

    text: str
    without_it: str


class KeysetPaginator(Paginator):
    """Only names the template: pages are cut by KeysetChangeList."""

    template_name = "admin/uploads/keyset_pages.html"


class KeysetChangeList(ChangeList):
    """The newest first, by the primary key."""

    order_in_words = "newest first"

    def get_queryset(self, request: HttpRequest, exclude_parameters: Any = None) -> QuerySet[Any]:
        # Taken out before the filters see them, and so that no other link keeps them.
        asked = {name: self.params.pop(name, None) for name in (AFTER, BEFORE, LAST)}
        for name in asked:
            self.filter_params.pop(name, None)
        self.place = Place(after=_id(asked[AFTER]), before=_id(asked[BEFORE]), is_last=asked[LAST] is not None)
        return super().get_queryset(request, exclude_parameters)

    def get_results(self, request: HttpRequest) -> None:
        self.result_list, has_previous, has_next = self.page(request)
        self.result_count = len(self.result_list)
        self.full_result_count = self.result_count  # the page's head then tells no total, for nobody has counted one
        self.show_full_result_count = self.show_admin_actions = False
        self.can_show_all = False
        self.multi_page = has_previous or has_next
        self.paginator = KeysetPaginator(self.result_list, self.list_per_page)
        first, last = self.get_query_string(), self.get_query_string({LAST: ""})
        self.page_links = [
            ("First", first if has_previous else None, ""),
            ("Previous", self._at(BEFORE, self.result_list[:1]) if has_previous else None, "prev"),
            ("Next", self._at(AFTER, self.result_list[-1:]) if has_next else None, "next"),
            ("Last", last if has_next else None, ""),
        ]

    def page(self, request: HttpRequest) -> tuple[Sequence[Model], bool, bool]:
        """(rows, whether there are earlier ones, whether there are later ones)"""
        rows = self.queryset.order_by("pk" if self.place.is_backward else "-pk")
        if self.place.before is not None:
            rows = rows.filter(pk__gt=self.place.before)
        elif self.place.after is not None:
            rows = rows.filter(pk__lt=self.place.after)
        found = list(rows[: self.list_per_page + 1])
        has_more, came_from = len(found) > self.list_per_page, self.place.key is not None
        found = found[: self.list_per_page]
        if self.place.is_backward:
            return found[::-1], has_more, came_from
        return found, came_from, has_more

    def chips(self) -> list[Chip]:
        """What is asked for, as the filters themselves have it."""
        return [
            Chip(f"{spec.title}: {', '.join(shown)}", self.get_query_string(remove=names))
            for spec in self.filter_specs
            if (names := [name for name in spec.expected_parameters() if self.params.get(name)])
            and (shown := [_shown(spec, name, self.params[name]) for name in names])
        ] + ([Chip(f"search: “{self.query}”", self.get_query_string(remove=["q"]))] if self.query else [])

    def _at(self, name: str, row: Sequence[Model]) -> str:
        """An empty page has nothing to go on from, so the way back is the first one."""
        return self.get_query_string({name: row[0].pk} if row else {})


def _shown(spec: Any, name: str, value: str) -> str:
    """The value as people read it: a chosen record by its own text, a choice by its label."""
    field = getattr(spec, "field", None)
    if field is not None and field.is_relation and value.isdecimal():
        found = field.related_model.objects.filter(pk=value).first()
        return str(found or value)
    label = dict(field.flatchoices or ()).get(value, value) if field is not None else value
    if name.endswith("_from"):
        return f"from {label}"
    return f"up to {label}" if name.endswith("_to") else str(label)


def _id(text: str | None) -> int | None:
    """Raises what the admin answers with the list's first page."""
    if text is None:
        return None
    if not text.isdecimal() or len(text) > 18:  # what a bigint holds for certain
        raise IncorrectLookupParameters(text)
    return int(text)


class DayRange(RangeDateFilter):
    """Whole days in UTC, the last one included: the library compares with midnight at its beginning."""

    def queryset(self, request: HttpRequest, queryset: QuerySet) -> QuerySet:
        for end, lookup, shift in (("from", "gte", timedelta()), ("to", "lt", timedelta(days=1))):
            day = parse_date_str(self.used_parameters.get(f"{self.parameter_name}_{end}") or "")
            if day is not None:
                moment = datetime.combine(day, time(), tzinfo=UTC) + shift
                queryset = queryset.filter(**{f"{self.parameter_name}__{lookup}": moment})
        return queryset


UNREADABLE = "This selection cannot be read. Choose the filters again."


class LongTable(ReadOnlyAdmin):
    """Only looked at; pages without a COUNT over tables of tens of millions of rows."""

    list_before_template = "admin/uploads/selection.html"
    show_full_result_count = False
    show_facets = admin.ShowFacets.NEVER
    list_per_page = 100
    list_filter_submit = True
    list_fullwidth = True
    ordering = ["-id"]
    sortable_by = ()

    def get_changelist(self, request: HttpRequest, **kwargs: Any) -> type[KeysetChangeList]:
        return KeysetChangeList

    def selection(self, request: HttpRequest) -> QuerySet | None:
        """All rows of the list, by its own parameters; None, and a message, where these make no sense."""
        try:
            return self.get_changelist_instance(request).queryset
        except IncorrectLookupParameters:
            messages.error(request, UNREADABLE)
            return None
