"""The settings where nothing runs, such as for mypy and `make messages`: they name nothing that exists."""

# ruff: noqa: E402, F403 (the variables have to be set before the settings are read)
import os

os.environ["DATABASE_URL"] = "postgresql://nobody@127.0.0.1:1/nowhere"
os.environ["S3_ENDPOINT_URL"] = os.environ["S3_PUBLIC_ENDPOINT_URL"] = "http://127.0.0.1:1"
os.environ["RECEIPT_KEY"] = "A" * 43 + "="
os.environ["ALLOWED_HOSTS"] = "127.0.0.1"
for _name in ("AWS_ACCESS_KEY_ID", "AWS_SECRET_ACCESS_KEY", "AWS_REGION", "SECRET_KEY"):
    os.environ[_name] = "none"

from amiportal.settings import *
