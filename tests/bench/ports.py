"""Waiting until something answers on a port."""

import time
import urllib.error
import urllib.request


def wait_for(port: int, path: str = "/") -> None:
    for _ in range(200):
        try:
            urllib.request.urlopen(f"http://127.0.0.1:{port}{path}", timeout=5).read()
            return
        except urllib.error.HTTPError:
            return
        except OSError:
            time.sleep(0.1)
    raise SystemExit(f"nothing answers on port {port}")
