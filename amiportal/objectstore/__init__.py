"""The object store: the only code that imports boto3, botocore and urllib3.

The rest of the portal calls `lookup`, `listing`, `presign`, `buckets` and `capabilities`; it sees our dataclasses
and the errors of amiportal.core.errors, never a library's.
"""
