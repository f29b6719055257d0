"""One client per process, as the settings have it."""

import os
from concurrent.futures import ThreadPoolExecutor

from amiportal.objectstore import client as module
from amiportal.objectstore import http, lookup
from amiportal.objectstore.client import client
from amiportal.objectstore.own_files import uploads_key


def test_all_threads_share_one_client():
    module._clients.clear()
    with ThreadPoolExecutor(8) as pool:
        made = list(pool.map(lambda _: client("gbr"), range(32)))
    assert len({id(one) for one in made}) == 1
    assert http.wire(uploads_key()) is http.wire(uploads_key())


def test_settings_reach_the_client(settings):
    settings.S3_CONNECT_TIMEOUT_S, settings.S3_READ_TIMEOUT_S = 7, 11
    settings.S3_MAX_ATTEMPTS, settings.S3_MAX_CONNECTIONS = 3, 13
    config = client("gbr").meta.config
    assert (config.connect_timeout, config.read_timeout, config.max_pool_connections) == (7, 11, 13)
    assert config.retries["total_max_attempts"] == 3
    assert (config.signature_version, config.s3["addressing_style"]) == ("s3v4", "path")
    assert config.request_checksum_calculation == config.response_checksum_validation == "when_required"


def test_a_forked_child_makes_its_own(bucket):
    parents = (client("gbr"), http.wire(uploads_key()))
    lookup.lookup(bucket=bucket, prefix="a/", names=["a", "b"], confirm_absent=False)
    child = os.fork()
    if child == 0:
        own = client("gbr") is not parents[0] and http.wire(uploads_key()) is not parents[1]
        found = lookup.lookup(bucket=bucket, prefix="a/", names=["a", "b"], confirm_absent=False)
        os._exit(0 if own and found == {"a": None, "b": None} else 1)
    assert os.waitstatus_to_exitcode(os.waitpid(child, 0)[1]) == 0
    assert (client("gbr"), http.wire(uploads_key())) == parents


def test_no_repr_shows_the_secret(settings):
    for holder in (client("gbr"), http.wire(uploads_key()), http.wire(uploads_key())._identity):
        assert settings.S3_SECRET_ACCESS_KEY not in repr(holder)
