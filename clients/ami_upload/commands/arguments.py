"""The command line: its options and what they may be."""

from __future__ import annotations

import argparse

from clients.ami_upload.engine.run import JOBS
from clients.ami_upload.lib.about import client_name
from clients.ami_upload.selection.card import NO_DATA
from uploads.domain.shared import EXTENSIONS


def upload_parser(is_card: bool, description: str | None) -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="ami_upload.py scan" if is_card else "ami_upload.py",
        description="Upload a whole card: sorts its files by what they say of themselves, their folders and names."
        if is_card
        else description,
        formatter_class=argparse.RawDescriptionHelpFormatter,
        allow_abbrev=False,
    )
    if is_card:
        parser.add_argument("folder", metavar="CARD", nargs="?", help="the card, or a copy of it")
        parser.add_argument(
            "--folder-type",
            metavar="FOLDER=TYPE",
            action="append",
            default=[],
            help=f"of which data type all files in a folder of the card are, or {NO_DATA}; may be given again",
        )
    else:
        parser.add_argument("folder", metavar="FOLDER", nargs="?", help="what to upload, with the folders inside it")
        parser.add_argument("--data-type", choices=list(EXTENSIONS))
    parser.add_argument(
        "--keep-type", action="store_true", help="send sounds as the data type given, whatever their sample rate says"
    )
    parser.add_argument(
        "--damaged-known", action="store_true", help="files that look damaged are known: they may be safe as they are"
    )
    parser.add_argument("--deployment", metavar="ID", help="such as dep000127")
    parser.add_argument("--portal", metavar="URL", help="the portal's address; else the variable AMI_PORTAL")
    parser.add_argument("--name", default="", help="your name, for the portal's record; else the account's")
    parser.add_argument("--dry-run", action="store_true", help="show what would be sent under which name; send nothing")
    parser.add_argument(
        "--verify", action="store_true", help="is all of this stored? reads every file, sends none: SAFE or NOT SAFE"
    )
    parser.add_argument(
        "--on-collision",
        choices=["folder", "leave-out", "ask"],
        default="",
        help="different files of one name: add the folder at the end of the name, or leave them out (default: ask)",
    )
    parser.add_argument("--reason", metavar="TEXT", default="", help="why files from outside the season belong here")
    parser.add_argument(
        "--limit-mbps", metavar="N", type=positive, default=0.0, help="send at most N megabits per second (8: 1 MB/s)"
    )
    parser.add_argument("--jobs", metavar="N", type=whole, default=JOBS, help=f"most files at once (default {JOBS})")
    parser.add_argument("--timeout", metavar="S", type=positive, default=60.0, help="seconds without an answer (60)")
    parser.add_argument(
        "--patience", metavar="MIN", type=positive, default=720.0,
        help="minutes to wait for a portal or store that is away (default 720)",
    )  # fmt: skip
    parser.add_argument(
        "--no-wait", action="store_true",
        help="where an older program may still write for long: do not wait, say when to look again, exit code 1",
    )  # fmt: skip
    parser.add_argument("--reread", action="store_true", help="read again what a run that was stopped has read already")
    parser.add_argument("--resume", action="store_true", help="continue an earlier run; this is done without it too")
    parser.add_argument("--receipt", metavar="FILE", help="where to keep the signed receipt (default: beside the log)")
    parser.add_argument("--log", metavar="FILE", help="where to write the log")
    parser.add_argument("--quiet", action="store_true", help="say nothing but the verdict")
    parser.add_argument("--version", action="version", version=client_name())
    return parser


def receipt_parser() -> argparse.ArgumentParser:
    parser = argparse.ArgumentParser(
        prog="ami_upload.py verify-receipt",
        description="Check a receipt without any connection: was it signed by the portal, and is it unchanged?",
    )
    parser.add_argument("receipt", metavar="receipt.json")
    parser.add_argument(
        "--public-key",
        metavar="BASE64",
        action="append",
        required=True,
        help="the portal's, from a source you trust; may be given again for older ones",
    )
    return parser


def positive(text: str) -> float:
    value = float(text)
    if not 0 < value < float("inf"):
        raise ValueError
    return value


def whole(text: str) -> int:
    value = int(text)
    if not 1 <= value <= 64:
        raise ValueError
    return value
