"""The script client as a module, for what its functions say by themselves."""

import importlib.util
import sys
from pathlib import Path
from types import ModuleType

SCRIPT = Path(__file__).parents[2] / "clients" / "ami_upload.py"


def _loaded() -> ModuleType:
    spec = importlib.util.spec_from_file_location("ami_upload", SCRIPT)
    module = importlib.util.module_from_spec(spec)
    sys.modules["ami_upload"] = module  # its dataclasses look for themselves there
    spec.loader.exec_module(module)
    return module


ami_upload = _loaded()
