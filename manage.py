#!/usr/bin/env python
"""Django's command line; with nothing configured it starts the embedded PostgreSQL and SeaweedFS first."""

import os
import sys

from django.core.management import execute_from_command_line

from amiportal.dev import embedded


def main() -> None:
    os.environ.setdefault("DJANGO_SETTINGS_MODULE", "amiportal.settings")
    with embedded.parts_for_unset_variables():
        execute_from_command_line(sys.argv)


if __name__ == "__main__":
    main()
