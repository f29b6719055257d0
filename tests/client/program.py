"""The script client as a module, for what is proven of its parts."""

import importlib.util
import sys
from pathlib import Path

SCRIPT = Path(__file__).parents[2] / "clients" / "ami_upload.py"

_spec = importlib.util.spec_from_file_location("ami_upload", SCRIPT)
ami_upload = importlib.util.module_from_spec(_spec)
sys.modules["ami_upload"] = ami_upload  # dataclasses look their module up
_spec.loader.exec_module(ami_upload)
