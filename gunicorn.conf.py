"""How gunicorn serves the portal, by `make run` and in production alike; read from the working directory.

PORT and WEB_WORKERS differ between places. Behind a proxy on another host, give --bind.
"""

import gc
import os

wsgi_app = "amiportal.wsgi"
bind = f"127.0.0.1:{os.environ.get('PORT') or 8000}"
worker_class = "gthread"
workers = int(os.environ.get("WEB_WORKERS") or 2)
threads = 8
# Exports of the whole ledger stream for minutes; a thread that streams does not hold up the worker's heartbeat.
timeout = 60
graceful_timeout = 10
keepalive = 30
# No access log: query strings hold search terms of people. What was uploaded by whom is in the ledger.
accesslog = None
# Forwarding headers change nothing here: whether a proxy is trusted with the scheme is BEHIND_TLS_PROXY's to say.
forwarded_allow_ips = ""
control_socket_disable = True
# Heartbeat files on memory where there is some: on a busy disk a worker would seem to hang.
worker_tmp_dir = "/dev/shm" if os.access("/dev/shm", os.W_OK) else None


def post_worker_init(worker):
    """What is loaded stays loaded: without this each full collection walks all of Django again, in mid-request."""
    gc.collect()
    gc.freeze()
