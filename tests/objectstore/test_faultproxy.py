"""The tool itself: each fault does to the store and to the client what its name says, and no more."""

import hashlib
from base64 import b64encode

import pytest
import urllib3

from tests.faults import (
    CommitThenDrop,
    Fault,
    FlipByte,
    OkWithErrorBody,
    ResetMidAnswer,
    ResetMidBody,
    Status,
    always,
    first,
    never,
    once,
    sometimes,
)

BODY = bytes(range(256)) * 400
HTTP = urllib3.PoolManager(retries=False)


@pytest.fixture
def sent(proxy, store, bucket):
    """PUTs BODY by a signed URL through the proxy; the answer, or the error that the client met."""

    def put(fault: Fault | None, key: str = "k") -> urllib3.BaseHTTPResponse:
        proxy.fault = once(fault, method="PUT") if fault else never
        digest = b64encode(hashlib.md5(BODY).digest()).decode()
        url = store.generate_presigned_url("put_object", Params={"Bucket": bucket, "Key": key, "ContentMD5": digest})
        path = "/" + url.split("/", 3)[3]
        host = url.split("/")[2]
        return HTTP.request("PUT", proxy.url + path, body=BODY, headers={"Content-MD5": digest, "Host": host})

    return put


@pytest.fixture
def keys(store, bucket):
    return lambda: {
        entry["Key"]: store.get_object(Bucket=bucket, Key=entry["Key"])["Body"].read()
        for entry in store.list_objects_v2(Bucket=bucket).get("Contents", [])
    }


def test_without_a_fault_everything_passes_unchanged(sent, keys, proxy, store, bucket):
    assert sent(None, "a b+é%").status == 200
    assert keys() == {"a b+é%": BODY}
    assert proxy.count(method="PUT", bucket=bucket, key="a b+é%") == 1


def test_an_error_on_sight_reaches_no_store(sent, keys):
    answer = sent(Status(503, retry_after_s=7))
    assert (answer.status, answer.headers["Retry-After"]) == (503, "7")
    assert b"<Code>SlowDown</Code>" in answer.data
    assert sent(OkWithErrorBody()).status == 200
    assert keys() == {}


@pytest.mark.parametrize("body_bytes", [0, 1, 1000, len(BODY) - 1])
def test_a_reset_in_the_body_leaves_nothing(sent, keys, body_bytes):
    with pytest.raises(urllib3.exceptions.ProtocolError):
        sent(ResetMidBody(body_bytes))
    assert keys() == {}
    assert sent(None).status == 200


def test_a_lost_answer_leaves_the_object(sent, keys):
    with pytest.raises(urllib3.exceptions.ProtocolError):
        sent(CommitThenDrop())
    assert keys() == {"k": BODY}


@pytest.mark.parametrize("at", [0, 5000, -1])
def test_a_flipped_byte_is_refused_by_the_store(sent, keys, at):
    assert sent(FlipByte(at)).status == 400
    assert keys() == {}


def test_an_answer_is_cut_or_flipped_on_its_way_back(sent, proxy, store, bucket):
    sent(None)
    url = store.generate_presigned_url("get_object", Params={"Bucket": bucket, "Key": "k"})
    address = (proxy.url + "/" + url.split("/", 3)[3], {"Host": url.split("/")[2]})
    proxy.fault = once(ResetMidAnswer(1000), method="GET")
    with pytest.raises(urllib3.exceptions.ProtocolError):
        HTTP.request("GET", address[0], headers=address[1])
    proxy.fault = once(FlipByte(3), method="GET")
    assert HTTP.request("GET", address[0], headers=address[1]).data == BODY[:3] + b"\x02" + BODY[4:]
    assert HTTP.request("GET", address[0], headers=address[1]).data == BODY


def test_deciders_strike_whom_they_should(proxy):
    fault, put, get = Status(500), proxy.note("PUT", "/b/k", {}), proxy.note("GET", "/b/k", {})
    assert [always(fault, method="PUT")(request) for request in (put, get)] == [fault, None]
    decide = first(2, fault, key="k")
    assert [decide(put), decide(get), decide(put)] == [fault, fault, None]
    drawn = [sometimes(0.2, [fault], seed=3)(put) for _ in range(3)]
    assert len(set(map(id, drawn))) == 1  # the same seed, the same draw
    decide = sometimes(0.2, [fault], seed=3, method="PUT")
    assert 150 < sum(decide(put) is fault for _ in range(1000)) < 250
    assert decide(get) is None
