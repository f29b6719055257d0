/** The constants of rules that portal, upload page and script keep alike. Pure. */

// All of uploads/domain/shared.py, where their reasons stand, used here or not. Change that, then `make client`, which
// writes this by clients/page.py.

export const IMAGE_EXTENSIONS = ["jpg", "jpeg"];
export const SOUND_EXTENSIONS = ["wav"];
export const EXTENSIONS = {"snapshot_images": ["jpg", "jpeg"], "motion_images": ["jpg", "jpeg"], "audible_recordings": ["wav"], "ultrasound_recordings": ["wav"], "terrestrial_recordings": ["wav"], "aquatic_recordings": ["wav"]};
export const SYSTEM_NAMES = ["thumbs.db", "ehthumbs.db", "desktop.ini", "$recycle.bin", "recycler", "system volume information", "__macosx", "lost+found", "lost.dir", "found.000", "wpsettings.dat", "indexervolumeguid"];
export const MAX_NAME_BYTES = 255;
export const BIDIRECTIONAL = "\u061c\u200e\u200f\u202a\u202b\u202c\u202d\u202e\u2066\u2067\u2068\u2069";
export const BARRED_CATEGORIES = ["Cc", "Cs", "Zl", "Zp"];
export const FEWEST_FOLDER_BYTES = 24;
export const HEX_LETTERS = "abcdefghijklmnop";
export const DEVICE_TIME = "(?<!\\d)(\\d{4})([-_.]?)(\\d\\d)\\2(\\d\\d)(?:[_Tt -]| at )?(\\d\\d)([-_.:]?)(\\d\\d)\\6(\\d\\d)(?:\\d{3})?(?!\\d)";
export const READ_AS_IMAGE = "\\.jpe?g$";
export const IMAGE_TIME = "\\d{14}";
export const IMAGE_DECADES = ["201", "202"];
export const SOUND_TIME = "\\d{8}_\\d{6}";
export const MAX_BATCH_FILES = 1000;
export const MAX_SURVEY_HOURS = 60000;
export const MULTIPART_ABOVE_BYTES = 67108864;
export const PART_SIZE_BYTES = 16777216;
