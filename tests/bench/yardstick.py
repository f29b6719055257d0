"""The design that the portal replaces, as small as it can be: the yardstick of the benchmarks, and nothing else.

One HEAD per file on twenty threads, a boto3 client per request, botocore's signature per file, no account, no row.

    python -m tests.bench.yardstick PORT BUCKET
"""

import json
import os
import sys
from concurrent.futures import ThreadPoolExecutor
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from urllib.parse import parse_qs

import boto3
from botocore.config import Config
from botocore.exceptions import ClientError

THREADS = 20


def new_client():
    return boto3.client(
        "s3",
        endpoint_url=os.environ["S3_ENDPOINT_URL"],
        region_name=os.environ["AWS_REGION"],
        config=Config(signature_version="s3v4", s3={"addressing_style": "path"}, max_pool_connections=THREADS),
    )


def exists(client, bucket: str, key: str) -> bool:
    try:
        client.head_object(Bucket=bucket, Key=key)
    except ClientError as error:
        if error.response["ResponseMetadata"]["HTTPStatusCode"] == 404:
            return False
        raise
    return True


class Handler(BaseHTTPRequestHandler):
    protocol_version = "HTTP/1.1"
    bucket = ""

    def do_POST(self):
        body = self.rfile.read(int(self.headers["Content-Length"])).decode()
        fields = {name: values[0] for name, values in parse_qs(body).items()}
        names = fields["filenames"].split(",")
        prefix = f"{fields['deployment']}/{fields['data_type']}/"
        client = new_client()
        if self.path == "/check-file-exist/":
            with ThreadPoolExecutor(THREADS) as pool:
                found = pool.map(lambda name: exists(client, self.bucket, prefix + name), names)
                answer = {"results": dict(zip(names, found, strict=True))}
        else:
            types = fields["file_types"].split(",")
            answer = {
                name: client.generate_presigned_url(
                    "put_object",
                    Params={"Bucket": self.bucket, "Key": prefix + name, "ContentType": file_type},
                    ExpiresIn=3600,
                )
                for name, file_type in zip(names, types, strict=True)
            }
        payload = json.dumps(answer).encode()
        self.send_response(200)
        self.send_header("Content-Type", "application/json")
        self.send_header("Content-Length", str(len(payload)))
        self.end_headers()
        self.wfile.write(payload)

    def log_message(self, *_):
        pass


if __name__ == "__main__":
    Handler.bucket = sys.argv[2]
    ThreadingHTTPServer(("127.0.0.1", int(sys.argv[1])), Handler).serve_forever()
