"""The constants of rules that portal, upload page and script keep alike. They stand here alone; pure.

The portal imports those that it keeps itself. `make client` writes them into static/uploads/js/lib/shared.js for the
page (clients/page.py) and into the script (clients/build.py). That all keep the rules alike is tested by
tests/data/rules/.
"""

from __future__ import annotations

# Which files each data type takes: their endings in lower case, without the dot. Each data type also stands in DataType
# (deployments/domain/names.py).
IMAGE_EXTENSIONS = ("jpg", "jpeg")
SOUND_EXTENSIONS = ("wav",)
EXTENSIONS = {
    "snapshot_images": IMAGE_EXTENSIONS,
    "motion_images": IMAGE_EXTENSIONS,
    "audible_recordings": SOUND_EXTENSIONS,
    "ultrasound_recordings": SOUND_EXTENSIONS,
    "terrestrial_recordings": SOUND_EXTENSIONS,
    "aquatic_recordings": SOUND_EXTENSIONS,
}

# How folders of each data type are called on cards, by stations and by people: letters alone, in lower case.
FOLDERS_OF_TYPES = {
    "snapshot_images": ("snapshotimages", "snapshotimage", "snapshots", "snapshot"),
    "motion_images": ("motionimages", "motionimage", "motion"),
    "audible_recordings": (
        "audiblerecordings", "audiblerecording", "audible", "audio", "rawaudio", "birds", "bird",
    ),
    "ultrasound_recordings": (
        "ultrasoundrecordings", "ultrasoundrecording", "ultrasound", "ultrasonicrecordings", "ultrasonicrecording",
        "ultrasonic", "bats", "bat",
    ),
    "terrestrial_recordings": ("terrestrialrecordings", "terrestrialrecording", "terrestrial"),
    "aquatic_recordings": ("aquaticrecordings", "aquaticrecording", "aquatic"),
}  # fmt: skip
# What stations call their images: 20240918032339-snapshot.jpg, and motion images 01-20240822034512-00.jpg, the number
# of the image behind its time. Regular expressions, of ASCII alone, in any case.
SNAPSHOT_NAME = r"-snapshot\.jpe?g$"
MOTION_NAME = r"(?:^|-)\d{14}-\d+(?:-\d+)?\.jpe?g$"
# Sample rates in Hz: ultrasound is recorded at 96,000 and more, sound that people hear at 48,000 and less.
LEAST_ULTRASOUND_HZ = 96_000
MOST_AUDIBLE_HZ = 48_000

# Why the content of a file cannot be right, in words that go on from "it". Some are how a failing card reads, or what
# is no image or sound at all; the others are what a station leaves whose power went off while it wrote.
DAMAGE = {
    "zeros": "holds nothing but zeros",
    "no_header": "does not begin as an image or a sound file does",
    "text": "holds text, such as a web page, under the name of an image or sound",
    "cut_off": "ends before its image does",
    "header_alone": "has a header and nothing behind it",
    "shorter": "is shorter than its header says",
}
FAILING_DAMAGE = ("zeros", "no_header", "text")

# What operating systems leave on cards, files and folders, in lower case. What begins with a dot is hidden anyway.
SYSTEM_NAMES = (
    "thumbs.db", "ehthumbs.db", "desktop.ini", "$recycle.bin", "recycler", "system volume information", "__macosx",
    "lost+found", "lost.dir", "found.000", "wpsettings.dat", "indexervolumeguid",
)  # fmt: skip

MAX_NAME_BYTES = 255  # what ext4, exFAT and NTFS allow, so that whatever is stored can be brought home again
# Characters that no name may hold: those that turn the direction of text, and these categories of Unicode (control
# characters, half characters, line and paragraph separators).
BIDIRECTIONAL = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069"
BARRED_CATEGORIES = ("Cc", "Cs", "Zl", "Zp")

# Of a folder in a name at least so many bytes stay where there is no room: the end of the name is cut off, its time is
# further in front.
FEWEST_FOLDER_BYTES = 24
HEX_LETTERS = "abcdefghijklmnop"  # for hexadecimal digits in names, since digits might be read as a time

# The device's time in a name, as stations, recorders and cameras write it: 20240918032339, 20240918_032339,
# 20240918T032339Z, 2024-09-18_03-23-39, with or without milliseconds. A regular expression, of ASCII alone; groups
# 1, 3, 4: year, month, day; 5, 7, 8: hour, minute, second.
DEVICE_TIME = (
    r"(?<!\d)(\d{4})([-_.]?)(\d\d)\2(\d\d)(?:[_Tt -]| at )?(\d\d)([-_.:]?)(\d\d)\6(\d\d)(?:\d{3})?(?!\d)"
)  # fmt: skip

# What stands for an id that nobody has given, such as sys999999. A regular expression.
PLACEHOLDER_ID = r"^[A-Za-z]*9+$"
# Serials in front of names: of a camera, of a recorder (AudioMoth, Song Meter). Regular expressions, of ASCII alone.
CAMERA_IN_NAME = r"^([0-9A-F]{8})-\d{14}"
RECORDER_IN_NAME = r"^([0-9A-F]{16}|[A-Z0-9]{3}\d{5})_\d{8}_\d{6}"

# How the species pipelines find a file's time: see downstream.py. Regular expressions, of ASCII alone.
READ_AS_IMAGE = r"\.jpe?g$"  # in any case; all else is read as sound
IMAGE_TIME = r"\d{14}"  # the whole of a piece between hyphens
IMAGE_DECADES = ("201", "202")  # how that piece begins
SOUND_TIME = r"\d{8}_\d{6}"  # anywhere

MAX_BATCH_FILES = 1_000  # a batch answers within a second or so, and its body stays below a megabyte
MAX_SURVEY_HOURS = 60_000  # seven years of nights, which no card holds
MULTIPART_ABOVE_BYTES = 64 * 1024**2  # on a slow link, what one lost connection may cost
PART_SIZE_BYTES = 16 * 1024**2
