"""From the command line to an exit code."""

from __future__ import annotations

import argparse
import getpass
import os
import traceback
from collections.abc import Sequence
from datetime import datetime
from pathlib import Path

from clients.ami_upload.commands.arguments import receipt_parser, upload_parser
from clients.ami_upload.commands.choosing import choose_data_type, choose_deployment
from clients.ami_upload.commands.course import Target, run_courses
from clients.ami_upload.commands.receipt import verify_receipt
from clients.ami_upload.commands.whole_card import carry_out, carry_out_card
from clients.ami_upload.context import Context
from clients.ami_upload.lib.about import PORTAL, client_name
from clients.ami_upload.lib.errors import INTERRUPTED, NOT_ALL, Stop, UsageFault
from clients.ami_upload.lib.halt import Halt
from clients.ami_upload.lib.log import Log
from clients.ami_upload.lib.state import state_folder
from clients.ami_upload.lib.terminal import Screen
from clients.ami_upload.portal.api import Portal
from clients.ami_upload.portal.transport import Wire, tls_context


def main(words: Sequence[str], description: str | None = None) -> int:
    """The exit code of a run by these arguments. `description`: of the program, for its --help."""
    screen = Screen(quiet=False)
    log: Log | None = None
    try:
        if list(words[:1]) == ["verify-receipt"]:
            return verify_receipt(receipt_parser().parse_args(words[1:]), screen)
        is_card = list(words[:1]) == ["scan"]
        given = upload_parser(is_card, description).parse_args(words[1:] if is_card else words)
        screen.quiet = given.quiet
        log = Log(Path(given.log) if given.log else default_log())
        return run(given, is_card, screen, log)
    except Stop as stop:
        if log:
            log.note("stopped", f"{stop.code}: {stop}")
        screen.say(str(stop), even_if_quiet=True)
        return stop.exit_code
    except KeyboardInterrupt:
        screen.say("", "Interrupted. The same command goes on where this ended.", even_if_quiet=True)
        return INTERRUPTED
    except Exception as error:  # noqa: BLE001 (the last word to a person; the traceback is in the log)
        if log:
            log.note("crashed", traceback.format_exc())
        where = f" Please send {log.path} to a maintainer." if log else ""
        screen.say(f"Something unexpected happened ({type(error).__name__}).{where}", even_if_quiet=True)
        return NOT_ALL
    finally:
        if log:
            log.flush()


def default_log() -> Path:
    return state_folder() / "logs" / f"ami-upload-{datetime.now():%Y%m%d-%H%M%S}-{os.getpid()}.log"


def run(given: argparse.Namespace, is_card: bool, screen: Screen, log: Log) -> int:
    folder = given.folder or (screen.ask("Folder to upload: ") if screen.can_ask else "")
    if not folder:
        raise UsageFault("Name the folder to upload.")
    if not os.path.isdir(folder):
        raise UsageFault(f"There is no folder {folder}.")
    address = given.portal or os.environ.get("AMI_PORTAL") or PORTAL
    if not address:
        raise UsageFault("Name the portal: --portal https://..., or the variable AMI_PORTAL.")
    wire = Wire(given.timeout, tls_context())
    portal = Portal(address, read_token(screen, address), wire, patience_s=60 * given.patience)
    context = Context(portal, wire, screen, log, Halt(), given)
    log.note("began", f"{client_name()} for {folder}, portal {portal.address}")
    if is_card:
        return carry_out_card(context, folder)
    deployment, bucket = choose_deployment(context)
    data_type = given.data_type or choose_data_type(screen, bucket.get("data_types", []))
    return run_courses([carry_out(context, Target(folder, deployment, data_type))])[0]


def read_token(screen: Screen, address: str) -> str:
    token = os.environ.get("AMI_TOKEN", "").strip()
    if not token and screen.can_ask:
        token = getpass.getpass(f"Token for {address}: ").strip()
    if not token:
        raise UsageFault("The token is needed: set the variable AMI_TOKEN. It is never given as an argument.")
    if not (token.isascii() and token.isprintable()) or " " in token:
        raise UsageFault("This is no token: it holds characters that tokens do not have.")
    return token
