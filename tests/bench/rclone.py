"""rclone as the benchmarks run it: the embedded store under the name `store:`, nothing of the caller's own settings."""

import os


def rclone_environment() -> dict[str, str]:
    store = {
        "TYPE": "s3",
        "PROVIDER": "Other",
        "ENDPOINT": os.environ["S3_ENDPOINT_URL"],
        "ACCESS_KEY_ID": os.environ["AWS_ACCESS_KEY_ID"],
        "SECRET_ACCESS_KEY": os.environ["AWS_SECRET_ACCESS_KEY"],
        "REGION": os.environ["AWS_REGION"],
    }
    kept = {name: value for name, value in os.environ.items() if name != "AWS_CA_BUNDLE"}  # rclone wants it for https
    named = {f"RCLONE_CONFIG_STORE_{name}": value for name, value in store.items()}
    return kept | named | {"RCLONE_CONFIG": os.devnull}
