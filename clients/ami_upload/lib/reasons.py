"""Why something is left out, not covered or not stored, in words."""

from __future__ import annotations

REASONS = {
    "hidden": "hidden files",
    "system": "files of the operating system",
    "empty": "empty files (0 bytes)",
    "extension": "files of another type",
    "other_data": "files with data of another type",
    "special": "pipes, sockets and devices",
    "unreadable": "files or folders that could not be read",
    "broken": "links that lead nowhere",
    "link": "links to folders",
    "collision": "files that share a name with a different file",
    "name": "files whose names cannot be stored",
}
# Data on a card that a run does not cover: then the card is not safe.
UNCOVERED = {
    "not_taken": "of a data type that the deployment does not take",
    "unsorted": "of which nothing tells the data type",
    "other_data": "of another data type",
    "new": "that came to the card during this run",
    "changed": "that changed on the card after its data type was done",
    "unreadable": "that could not be read",
    "broken": "behind links to nowhere",
}
WHY = {
    "file_changed": "It changed while it was read or sent. Run the command again.",
    "file_unreadable": "It could not be read. Check the card and run the command again.",
    "unreadable": "It could not be read. Check the card and run the command again.",
    "broken": "It is a link to a file that is not there.",
    "network": "The store could not be reached, though it was tried many times.",
    "stored_differs": "The store already holds another file of this name, which is not overwritten.",
    "headers_added": "It was stored with headers that the portal did not ask for: a maintainer has to remove it.",
    "reserved": "Another upload is sending another file of this name.",
    "missing": "The store does not have it, although it was sent. Run the command again.",
    "on_card_alone": "The store does not have it: it is only on the card.",
    "mismatch": "The store holds other content under this name.",
    "http_403": "The store refused it (403). Please tell a maintainer.",
    "RequestTimeTooSkewed": "The clocks of store and portal differ. Please tell a maintainer.",
    "QuotaExceeded": "The store has no room left for it. Please tell a maintainer.",
    "url_ran_out": "Its address in the store ran out on the way each time: the link is too slow. Try --jobs 1.",
    "new_file": "It came to the card during this run. Run the command again.",
    "upload_gone": "Its upload in parts was lost several times. Run the command again.",
    "not_sent": "It was not sent.",
    "other_type": "By its content it is of another data type. Run the command again for the whole card: scan CARD.",
    "unsettled": "An older program may still write under this name. It is compared when that is over.",
    "being_read": "The portal still reads it in the store, to compare it.",
    "not_told": "The store gave no answer about it.",
}
