"""A table of people into the database, all of it or nothing.

It makes contacts, who have no password, and changes what is known of people. It never touches a password, a
superuser, or a role that the importer could not give.
"""

import re
import unicodedata
from collections.abc import Iterable
from dataclasses import dataclass, field

from django.apps import apps
from django.contrib.auth.models import Group
from django.core.exceptions import ValidationError
from django.db.models import Prefetch, Q, QuerySet
from django.db.models.functions import Lower

from amiportal.accounts.models import User
from amiportal.accounts.permissions import GIVEN_BY_MAINTAINERS, check_may_look_after
from amiportal.accounts.roles import Role
from amiportal.accounts.services.history import note
from amiportal.core.history import unrecorded
from amiportal.core.spreadsheets import text_fault
from amiportal.sheets.common import Columns, Fault, Sheet
from amiportal.sheets.plan import PlannedRow, SheetPlan, carry_out

FIELDS = ("username", "email", "first_name", "last_name", "organisation", "country")
PEOPLE = Columns(required=(), optional=(*FIELDS, "buckets", "role"))
REASON = "Imported table"
_MAX_PEOPLE = 5_000  # each is written on its own, with its roles and buckets, while the importer waits
_BETWEEN = re.compile(r"[,;\s]+")
_ROLE_NAMES = {role.value.casefold(): role.value for role in Role}


def plan_people(*, actor: User, sheet: Sheet) -> SheetPlan:
    """What importing `sheet` would change, with every fault that a row has. Writes nothing."""
    check_may_look_after(actor=actor)
    return _plan(sheet, actor=actor, lock=False)


def import_people(*, actor: User, sheet: Sheet) -> SheetPlan:
    """Make and change the people of `sheet`; those that it does not name stay. Raises SheetRefused, or Conflict.

    The signal `before_import` is sent first, unless nothing would change.
    """
    check_may_look_after(actor=actor)
    return carry_out(
        actor=actor,
        plan=lambda lock: _plan(sheet, actor=actor, lock=lock),
        write=lambda plan: _write(plan, actor=actor),
        busy="Somebody else changed people at the same time. Import the table again.",
    )


def person_record(person: User) -> dict[str, str]:
    """A person as the table has it. Presupposes groups and buckets prefetched."""
    return {
        **{name: getattr(person, name) for name in FIELDS},
        "buckets": _listed(bucket.name for bucket in person.buckets.all()),
        "role": _listed(group.name for group in person.groups.all()),
    }


@dataclass
class _Known:
    """Who is there already, and which buckets; `line_of` has who and which address came in an earlier row."""

    by_username: dict[str, User]
    by_email: dict[str, list[User]]
    buckets: set[str]
    line_of: dict[tuple[str, str], int] = field(default_factory=dict)

    @classmethod
    def of(cls, sheet: Sheet, *, lock: bool) -> "_Known":
        usernames = {_clean(record.get("username", "")) for _, record in sheet.records}
        emails = {_clean(record.get("email", "")).casefold() for _, record in sheet.records} - {""}
        people = User.objects.annotate(address=Lower("email")).filter(
            Q(username__in=usernames | emails) | Q(address__in=emails)
        )
        people = people.prefetch_related(Prefetch("groups", Group.objects.order_by("name")), "buckets").order_by("pk")
        if lock:
            people = people.select_for_update(of=("self",))
        known = cls({}, {}, set(_buckets().values_list("name", flat=True)))
        for person in people:
            known.by_username[person.username] = person
            if person.email:
                known.by_email.setdefault(person.email.casefold(), []).append(person)
        return known


def _plan(sheet: Sheet, *, actor: User, lock: bool) -> SheetPlan:
    if len(sheet.records) > _MAX_PEOPLE:
        return SheetPlan(faults=[Fault(_MAX_PEOPLE, "", f"{_MAX_PEOPLE} people at once are the most: split the file.")])
    known = _Known.of(sheet, lock=lock)
    plan = SheetPlan()
    faults: list[Fault] = []
    unread = {fault.line for fault in sheet.faults}
    for line, record in sheet.records:
        given = {name: _clean(text) for name, text in record.items()}
        planned, found = _planned(line, given, known, actor=actor)
        faults += found
        if planned and not found and line not in unread:
            plan.rows.append(planned)
    plan.faults = sheet.with_own(faults)
    return plan


def _planned(line: int, given: dict[str, str], known: _Known, *, actor: User) -> tuple[PlannedRow | None, list[Fault]]:
    try:
        person = _person(given, known)
    except ValueError as error:
        column = "username" if given.get("username") else "email"
        return None, [Fault(line, column, str(error))]
    before = person_record(person) if person else None
    after = dict(before or dict.fromkeys(PEOPLE.all, ""))
    found = _fill(line, after, given, known)
    if not after["username"]:
        after["username"] = given["email"].casefold()
    for key in (("username", after["username"]), ("email", after["email"].casefold())):
        if key[1] and (first := known.line_of.setdefault(key, line)) != line:
            found.append(Fault(line, key[0], f"{key[1]} is in row {first} too."))
    if before != after:
        found += _refused(line, person, before, after, actor=actor)
        others = [p.username for p in known.by_email.get(after["email"].casefold(), ()) if p != person]
        if others and (before is None or before["email"] != after["email"]):
            found.append(Fault(line, "email", f"This is the address of {', '.join(others)}."))
    if not given.get("username") and any(fault.column == "email" for fault in found):
        # The username was made of the address: what is wrong with it is told once.
        found = [fault for fault in found if fault.column != "username"]
    return PlannedRow(line, before, after, person or User(username=after["username"])), found


def _person(given: dict[str, str], known: _Known) -> User | None:
    """Whom a row is about: by username, else by address; None for somebody new. ValueError when that is not clear."""
    username, email = given.get("username", ""), given.get("email", "").casefold()
    if username:
        return known.by_username.get(username)
    if not email:
        raise ValueError("Give a username or an e-mail address, by which the person is known.")
    found = known.by_email.get(email, [])
    if len(found) > 1:
        names = ", ".join(person.username for person in found)
        raise ValueError(f"Several people have this address: {names}. Give the username, too.")
    return found[0] if found else known.by_username.get(email)


def _fill(line: int, after: dict[str, str], given: dict[str, str], known: _Known) -> list[Fault]:
    """Take over what the row gives; a column that it does not have stays as it was."""
    found = []
    for name, text in given.items():
        if name == "username" and not text:
            continue
        if name == "country":
            text = text.upper()
        elif name == "buckets":
            names = set(filter(None, _BETWEEN.split(text)))
            if unknown := names - known.buckets:
                message = f"There is no bucket {_listed(unknown)}; there are {_listed(known.buckets)}."
                found.append(Fault(line, name, message))
            text = _listed(names)
        elif name == "role":
            names = set(filter(None, _BETWEEN.split(text.casefold())))
            if unknown := names - _ROLE_NAMES.keys():
                message = f"There is no role {_listed(unknown)}; there are {_listed(_ROLE_NAMES.values())}."
                found.append(Fault(line, name, message))
            text = _listed(_ROLE_NAMES.get(one, one) for one in names)
        after[name] = text
    return found


def _refused(line: int, person: User | None, before: dict | None, after: dict, *, actor: User) -> list[Fault]:
    """Why a change is not made. What does not change is not looked at: it may be older than the rules."""
    if person and person.is_superuser:
        return [Fault(line, "username", f"{person.username} is a superuser, whom no import changes.")]
    found = [Fault(line, name, fault) for name in FIELDS if (fault := text_fault(after[name]))]
    changed_roles = _names(after["role"]) ^ _names(before["role"] if before else "")
    if not actor.is_superuser and changed_roles & set(Role.values) - set(GIVEN_BY_MAINTAINERS):
        found.append(Fault(line, "role", f"Only a superuser gives or takes the role {Role.MAINTAINERS.value}."))
    kept = {f.name for f in User._meta.fields} - set(FIELDS)
    try:
        User(**{name: after[name] for name in FIELDS}).clean_fields(exclude=kept)
    except ValidationError as error:
        found += [Fault(line, name, " ".join(told)) for name, told in error.message_dict.items()]
    return found


def _write(plan: SheetPlan, *, actor: User) -> None:
    buckets = {bucket.name: bucket for bucket in _buckets()}
    groups = {group.name: group for group in Group.objects.filter(name__in=Role.values)}
    for row in plan.rows:
        if not row.differs:
            continue
        person: User = row.record
        for name in FIELDS:
            setattr(person, name, row.after[name])
        with unrecorded(person):  # one entry of the history for all of it, when it is whole
            if row.before is None:
                person.set_unusable_password()
                person.save()
            if row.before is None or row.before["role"] != row.after["role"]:
                person.groups.set([groups[name] for name in _names(row.after["role"])])
                person.is_staff = Role.MAINTAINERS.value in _names(row.after["role"])  # who may enter the admin
            if row.before is None or row.before["buckets"] != row.after["buckets"]:
                person.buckets.set([buckets[name] for name in _names(row.after["buckets"])])
        note(person, actor=actor, reason=REASON, fields=[*FIELDS, "is_staff"], made=row.before is None)


def _clean(text: str) -> str:
    return unicodedata.normalize("NFC", text.strip())


def _names(listed: str) -> set[str]:
    return set(filter(None, _BETWEEN.split(listed)))


def _listed(names: Iterable[str]) -> str:
    return ", ".join(sorted(names))


def _buckets() -> QuerySet:
    """All buckets. By the model's name, since accounts stand below deployments."""
    return apps.get_model("deployments", "Bucket").objects.all()
