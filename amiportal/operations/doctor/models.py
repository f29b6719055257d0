"""What the doctor found last, since when, and what the maintainers were told of it."""

from django.db import models

from amiportal.operations.doctor.observations import State


class Finding(models.Model):
    """The last observation of one subject. `since` is when it came into this state.

    reported_state: the state that the maintainers know of, by mail; "" before the first word. It follows `state` when
    the mail has left, and not before: what could not be sent is tried again.
    """

    subject = models.CharField(max_length=100, unique=True)
    title = models.CharField(max_length=100)
    state = models.CharField(max_length=10, choices=[(state.value, state.value) for state in State])
    told = models.CharField(max_length=500)
    remedy = models.CharField(max_length=500, blank=True)
    since = models.DateTimeField()
    checked_at = models.DateTimeField()
    is_certain = models.BooleanField(default=False)
    reported_state = models.CharField(max_length=10, blank=True, db_default="")

    link: str  # where in the admin its remedy begins; given by the page that shows it, and not kept

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.title}: {self.state}"


class FailuresReported(models.Model):
    """How far the maintainers have been told of clients' failures. There is one row, made by migration."""

    ONLY = 1

    last_failure_id = models.BigIntegerField(default=0)
    told_at = models.DateTimeField(null=True, blank=True)

    class Meta:
        constraints = [models.CheckConstraint(condition=models.Q(id=1), name="one_failures_reported")]
