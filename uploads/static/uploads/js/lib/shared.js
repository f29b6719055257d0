/** The constants of rules that portal, upload page and script keep alike. Pure. */

// All of uploads/domain/shared.py, where their reasons stand, used here or not. Change that, then `make client`, which
// writes this by clients/page.py.

export const IMAGE_EXTENSIONS = ["jpg", "jpeg"];
export const SOUND_EXTENSIONS = ["wav"];
export const EXTENSIONS = {"snapshot_images": ["jpg", "jpeg"], "motion_images": ["jpg", "jpeg"], "audible_recordings": ["wav"], "ultrasound_recordings": ["wav"], "terrestrial_recordings": ["wav"], "aquatic_recordings": ["wav"]};
export const FOLDERS_OF_TYPES = {"snapshot_images": ["snapshotimages", "snapshotimage", "snapshots", "snapshot"], "motion_images": ["motionimages", "motionimage", "motion"], "audible_recordings": ["audiblerecordings", "audiblerecording", "audible", "audio", "rawaudio", "birds", "bird"], "ultrasound_recordings": ["ultrasoundrecordings", "ultrasoundrecording", "ultrasound", "ultrasonicrecordings", "ultrasonicrecording", "ultrasonic", "bats", "bat"], "terrestrial_recordings": ["terrestrialrecordings", "terrestrialrecording", "terrestrial"], "aquatic_recordings": ["aquaticrecordings", "aquaticrecording", "aquatic"]};
export const SNAPSHOT_NAME = "-snapshot\\.jpe?g$";
export const MOTION_NAME = "(?:^|-)\\d{14}-\\d+(?:-\\d+)?\\.jpe?g$";
export const LEAST_ULTRASOUND_HZ = 96000;
export const MOST_AUDIBLE_HZ = 48000;
export const DAMAGE = {"zeros": "holds nothing but zeros", "no_header": "does not begin as an image or a sound file does", "text": "holds text, such as a web page, under the name of an image or sound", "cut_off": "ends before its image does", "header_alone": "has a header and nothing behind it", "shorter": "is shorter than its header says"};
export const FAILING_DAMAGE = ["zeros", "no_header", "text"];
export const SYSTEM_NAMES = ["thumbs.db", "ehthumbs.db", "desktop.ini", "$recycle.bin", "recycler", "system volume information", "__macosx", "lost+found", "lost.dir", "found.000", "wpsettings.dat", "indexervolumeguid"];
export const MAX_NAME_BYTES = 255;
export const BIDIRECTIONAL = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069";
export const BARRED_CATEGORIES = ["Cc", "Cs", "Zl", "Zp"];
export const FEWEST_FOLDER_BYTES = 24;
export const HEX_LETTERS = "abcdefghijklmnop";
export const DEVICE_TIME = "(?<!\\d)(\\d{4})([-_.]?)(\\d\\d)\\2(\\d\\d)(?:[_Tt -]| at )?(\\d\\d)([-_.:]?)(\\d\\d)\\6(\\d\\d)(?:\\d{3})?(?!\\d)";
export const PLACEHOLDER_ID = "^[A-Za-z]*9+$";
export const CAMERA_IN_NAME = "^([0-9A-F]{8})-\\d{14}";
export const RECORDER_IN_NAME = "^([0-9A-F]{16}|[A-Z0-9]{3}\\d{5})_\\d{8}_\\d{6}";
export const READ_AS_IMAGE = "\\.jpe?g$";
export const IMAGE_TIME = "\\d{14}";
export const IMAGE_DECADES = ["201", "202"];
export const SOUND_TIME = "\\d{8}_\\d{6}";
export const MAX_BATCH_FILES = 1000;
export const MAX_SURVEY_HOURS = 60000;
export const MULTIPART_ABOVE_BYTES = 67108864;
export const PART_SIZE_BYTES = 16777216;
