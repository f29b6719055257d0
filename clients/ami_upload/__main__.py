# /// script
# requires-python = ">=3.10"
# dependencies = ["cryptography>=42", "truststore>=0.9"]
# ///
"""Uploads the cards of insect-monitoring stations to an AMI Portal, and proves what has arrived.

    uv run ami_upload.py FOLDER --deployment dep000127 --data-type snapshot_images
    uv run ami_upload.py scan CARD --deployment dep000127
    uv run ami_upload.py FOLDER --deployment dep000127 --data-type snapshot_images --verify
    uv run ami_upload.py verify-receipt receipt.json --public-key BASE64

Without uv: `pip install cryptography truststore`, then `python ami_upload.py ...`. What is not given is asked for. The
token comes from the variable AMI_TOKEN or a hidden prompt, never from an argument, where other people of the computer
could read it. A run may be interrupted at any point, also by a power cut: the same command goes on where it ended.

Exit codes: 0 every file is verified and the portal calls the card safe to wipe (or: what was only to be looked at is as
it should be); 1 not all; 2 the command is not complete or not right; 3 the portal or the store cannot be reached, or
refuses; 130 interrupted.
"""

from __future__ import annotations

import sys

from clients.ami_upload.commands.main import main

if __name__ == "__main__":
    sys.exit(main(sys.argv[1:], __doc__))
