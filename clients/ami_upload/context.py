"""The portal, the terminal and what else commands and engine work with."""

from __future__ import annotations

import argparse
from dataclasses import dataclass

from clients.ami_upload.lib.halt import Halt
from clients.ami_upload.lib.log import Log
from clients.ami_upload.lib.terminal import Screen
from clients.ami_upload.portal.api import Portal
from clients.ami_upload.portal.transport import Wire


@dataclass
class Context:
    """What every command works with."""

    portal: Portal
    wire: Wire
    screen: Screen
    log: Log
    halt: Halt
    arguments: argparse.Namespace
