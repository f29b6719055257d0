"""What names buckets, data types and places may have."""

import re

from django.db import models
from django.utils.translation import gettext_lazy as _

from amiportal.core.spreadsheets import text_fault
from amiportal.objectstore.own_files import is_own

_BUCKET_NAME = re.compile(r"[a-z0-9][a-z0-9-]{1,61}[a-z0-9]")
_NUMBERED_ID = re.compile(r"dep([0-9]{6,9})")
# Old clients split "COUNTRY - LOCATION" on this, so no place may hold it.
PLACE_SEPARATOR = " - "
TEST_BUCKET = "test-upload"
TEST_DEPLOYMENT_ID = "dep_test"


class DataType(models.TextChoices):
    SNAPSHOT_IMAGES = "snapshot_images", _("Snapshot images")
    MOTION_IMAGES = "motion_images", _("Motion images")
    AUDIBLE_RECORDINGS = "audible_recordings", _("Audible recordings")
    ULTRASOUND_RECORDINGS = "ultrasound_recordings", _("Ultrasound recordings")
    TERRESTRIAL_RECORDINGS = "terrestrial_recordings", _("Terrestrial recordings")
    AQUATIC_RECORDINGS = "aquatic_recordings", _("Aquatic recordings")


STATION_DATA_TYPES = (
    DataType.SNAPSHOT_IMAGES,
    DataType.MOTION_IMAGES,
    DataType.AUDIBLE_RECORDINGS,
    DataType.ULTRASOUND_RECORDINGS,
)
SALTMARSH_DATA_TYPES = (DataType.TERRESTRIAL_RECORDINGS, DataType.AQUATIC_RECORDINGS)


def bucket_name_fault(name: str) -> str:
    """Why `name` can be no bucket for uploads, or "": S3 would refuse it, or it is a bucket of the portal's own.

    Source: the S3 user guide's rules for general purpose buckets; dots are refused too, since they break
    TLS certificates of virtual-hosted stores.
    """
    if not _BUCKET_NAME.fullmatch(name):
        return "A bucket's name has 3 to 63 lower-case letters, digits and hyphens, and no hyphen at its ends."
    if name.startswith(("xn--", "sthree-", "amzn-s3-demo-")) or name.endswith(("-s3alias", "--ol-s3", "--x-s3")):
        return "This beginning or ending of a bucket's name is reserved by S3."
    if is_own(name):
        return "This name is reserved for the portal's own files: nothing can be uploaded there."
    return ""


def deployment_number(deployment_id: str) -> int | None:
    """The number in an id such as dep000127; None for any other text, among them dep_test and dep000000."""
    match = _NUMBERED_ID.fullmatch(deployment_id)
    number = int(match[1]) if match else 0
    return number if number and deployment_id_for(number) == deployment_id else None


def deployment_id_for(number: int) -> str:
    return f"dep{number:06d}"


def place_fault(name: str) -> str:
    """Why `name` cannot be a place's name, or ""."""
    if not name.strip() or name != name.strip():
        return "A place needs a name without blanks at its ends."
    if PLACE_SEPARATOR in name or name.startswith("- ") or name.endswith(" -"):
        return "A place's name may not hold ' - ': the clients in the field split on it. Use ', ' or brackets."
    return text_fault(name)
