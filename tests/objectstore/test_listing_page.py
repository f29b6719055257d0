"""A listing's answer is read the same by pattern and by parser, whatever store wrote it."""

from datetime import UTC, datetime

import pytest

from amiportal.core.errors import StoreError
from amiportal.objectstore import listing_page
from amiportal.objectstore.listing_page import read_page

HEAD = '<?xml version="1.0" encoding="UTF-8"?>\n<ListBucketResult xmlns="http://s3.amazonaws.com/doc/2006-03-01/">'
FIELDS = "<Name>gbr</Name><Prefix/><KeyCount>2</KeyCount><IsTruncated>true</IsTruncated>"
TOKEN = "<NextContinuationToken>a&amp;b</NextContinuationToken>"
TIME = "2025-06-01T21:00:00.000Z"
# Entries as these stores write them.
SEAWEEDFS = (
    "<Contents><Key>{key}</Key><ETag>&#34;{etag}&#34;</ETag><Size>{size}</Size>"
    "<StorageClass>STANDARD</StorageClass><LastModified>" + TIME + "</LastModified></Contents>"
)
AWS = (
    "<Contents><Key>{key}</Key><LastModified>" + TIME + "</LastModified><ETag>&quot;{etag}&quot;</ETag>"
    "<ChecksumAlgorithm>CRC64NVME</ChecksumAlgorithm><Size>{size}</Size><StorageClass>STANDARD</StorageClass></Contents>"
)
CEPH = (
    "<Contents><Key>{key}</Key><LastModified>" + TIME + "</LastModified><ETag>&quot;{etag}&quot;</ETag>"
    "<Size>{size}</Size><StorageClass>STANDARD</StorageClass><Owner><ID>ami</ID><DisplayName>AMI</DisplayName></Owner>"
    "<Type>Normal</Type></Contents>"
)
SPACED = (
    "\n  <Contents>\n    <Key>{key}</Key>\n    <LastModified>" + TIME + "</LastModified>\n    <ETag>{etag}</ETag>\n"
    "    <Size>{size}</Size>\n    <Owner/>\n  </Contents>"
)
SHAPES = {"seaweedfs": SEAWEEDFS, "aws": AWS, "ceph": CEPH, "spaced": SPACED}


def answer(*entries: str, fields: str = FIELDS + TOKEN) -> bytes:
    return f"{HEAD}{fields}{''.join(entries)}</ListBucketResult>".encode()


def entry(shape: str, key: str = "a.jpg", size: int = 1, etag: str = "e") -> str:
    return shape.format(key=key, size=size, etag=etag)


@pytest.fixture
def by_parser(monkeypatch) -> list[str]:
    """Notes each answer that the pattern did not read."""
    noted = []
    honest = listing_page._columns_by_parser
    monkeypatch.setattr(listing_page, "_columns_by_parser", lambda root: noted.append(root.tag) or honest(root))
    return noted


@pytest.mark.parametrize("shape", SHAPES)
def test_the_pattern_reads_every_stores_entries(shape, by_parser):
    body = answer(*(entry(SHAPES[shape], f"dep/{number}.jpg", number, f"e{number}") for number in range(3)))
    page = read_page(body)
    assert (list(page.keys), list(page.sizes), list(page.etags)) == (
        ["dep/0.jpg", "dep/1.jpg", "dep/2.jpg"],
        [0, 1, 2],
        ["e0", "e1", "e2"],
    )
    assert (page.is_truncated, page.next_token) == (True, "a&b")
    assert [stored.last_modified for stored in page.objects] == [datetime(2025, 6, 1, 21, tzinfo=UTC)] * 3
    assert by_parser == []


@pytest.mark.parametrize(
    "odd",
    [
        pytest.param(entry(CEPH, "b.jpg", 2), id="other children"),
        pytest.param(entry(SEAWEEDFS, "b&amp;.jpg", 2), id="an entity in a key"),
        pytest.param(entry(SEAWEEDFS, "b.jpg", 2).replace("<Contents>", '<Contents note="x">'), id="an attribute"),
        pytest.param(entry(SEAWEEDFS, "<![CDATA[b.jpg]]>", 2), id="CDATA"),
        pytest.param(f"<!-- {entry(SEAWEEDFS)} -->" + entry(SEAWEEDFS, "b.jpg", 2), id="a commented entry"),
        pytest.param(entry(SEAWEEDFS, "b.jpg", 2, "x&amp;y"), id="an entity in an ETag"),
    ],
)
def test_what_differs_from_the_first_entry_is_read_all_the_same(odd, by_parser):
    page = read_page(answer(entry(SEAWEEDFS), odd))
    assert [key.replace("&", "") for key in page.keys] == ["a.jpg", "b.jpg"]
    assert list(page.sizes) == [1, 2]
    assert len(by_parser) == 1


def test_a_prefixed_namespace(by_parser):
    body = answer(entry(AWS)).replace(b"<", b"<s3:").replace(b"<s3:/", b"</s3:").replace(b"xmlns=", b"xmlns:s3=")
    page = read_page(body.replace(b"<s3:?xml", b"<?xml"))
    assert (list(page.keys), page.is_truncated, len(by_parser)) == (["a.jpg"], True, 1)


def test_keys_come_decoded_where_the_store_encoded_them(by_parser):
    keys = [entry(AWS, "a+b%C3%A9%26.jpg"), entry(AWS, "plain.jpg")]
    assert read_page(answer(*keys, fields="<EncodingType>url</EncodingType>")).keys == ["a bé&.jpg", "plain.jpg"]
    assert list(read_page(answer(*keys)).keys) == ["a+b%C3%A9%26.jpg", "plain.jpg"]


def test_an_empty_page():
    page = read_page(answer(fields="<IsTruncated>false</IsTruncated>"))
    assert (page.objects, page.is_truncated, page.next_token) == ([], False, "")


@pytest.mark.parametrize(
    "body",
    [
        b"",
        b"\xff",
        b"<html></html>",
        answer(entry(AWS))[:-5],
        answer(entry(AWS, size="many")),
        answer("<Contents><Key>a</Key></Contents>"),
        b"<Error><Code>InternalError</Code></Error>",
    ],
)
def test_what_is_no_listing_is_an_error(body):
    with pytest.raises(StoreError, match="cannot be read"):
        read_page(body)


def test_a_time_that_is_none_is_an_error():
    with pytest.raises(StoreError, match="cannot be read"):
        _ = read_page(answer(entry(AWS).replace(TIME, "yesterday"))).objects
