"""What the doctor found last, and since when."""

from django.db import models

from amiportal.doctor.observations import State


class Finding(models.Model):
    """The last observation of one subject. `since` is when it came into this state."""

    subject = models.CharField(max_length=100, unique=True)
    title = models.CharField(max_length=100)
    state = models.CharField(max_length=10, choices=[(state.value, state.value) for state in State])
    told = models.CharField(max_length=500)
    remedy = models.CharField(max_length=500, blank=True)
    since = models.DateTimeField()
    checked_at = models.DateTimeField()

    class Meta:
        ordering = ["id"]

    def __str__(self) -> str:
        return f"{self.title}: {self.state}"
