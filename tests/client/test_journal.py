"""What a stopped run had read: recalled only for files that look the same, proven by reading, kept for a week."""

import time

import pytest

from tests.client.program import ami_upload as program

DAY_NS = 86_400 * 10**9
SUMMER = 1_750_000_000 * 10**9


def item(number: int, *, mtime_ns: int | None = None, name: str = "", size: int = 4) -> program.Item:
    name = name or f"20250714{number:06d}-snapshot.jpg"
    mtime_ns = SUMMER + number * 10**9 if mtime_ns is None else mtime_ns
    return program.Item(f"card/{name}", name, "", size, mtime_ns, md5=f"{number:032x}")


@pytest.fixture
def open_journal(tmp_path, monkeypatch):
    monkeypatch.setenv("AMI_STATE_DIR", str(tmp_path))
    opened = []

    def open_() -> program.Journal:
        for journal in opened:
            journal.close()
        opened[:] = [program.Journal(portal="p", root="/card", deployment="dep000119", data_type="snapshot_images")]
        return opened[0]

    yield open_
    opened[0].close()


def recalled(journal, *items: program.Item) -> list[str]:
    fresh = [program.Item(i.path, i.name, i.local, i.size, i.mtime_ns) for i in items]
    journal.recall(fresh)
    return [i.md5 for i in fresh]


def test_only_what_has_the_same_size_and_time_is_recalled(open_journal):
    open_journal().keep([item(1), item(2), item(3)])
    other_time = item(2, mtime_ns=SUMMER)
    other_size = item(3, size=5)
    assert recalled(open_journal(), item(1), other_time, other_size, item(4)) == [item(1).md5, "", "", ""]


def test_a_week_later_nothing_is(open_journal, monkeypatch):
    journal = open_journal()
    journal.keep([item(1)])
    journal.write(session="7", selection="x")
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now + program.KEPT_S - 60)
    assert recalled(open_journal(), item(1)) == [item(1).md5]
    monkeypatch.setattr(time, "time", lambda: now + program.KEPT_S + 60)
    journal = open_journal()
    assert recalled(journal, item(1)) == [""]
    assert journal.note("session") == ""


def test_nor_after_the_clock_was_set_back(open_journal, monkeypatch):
    open_journal().keep([item(1)])
    now = time.time()
    monkeypatch.setattr(time, "time", lambda: now - 3_600)
    assert recalled(open_journal(), item(1)) == [""]


def test_forgetting_ends_the_session_too_and_leaves_the_choice(open_journal):
    journal = open_journal()
    journal.keep([item(1)])
    journal.write(session="7", selection="x", choice="folder")
    journal.forget()
    assert recalled(journal, item(1)) == [""]
    assert [journal.note(key) for key in ("session", "selection", "choice")] == ["", "", "folder"]


def test_readings_of_version_1_are_dropped(open_journal):
    journal = open_journal()
    journal._db.execute("CREATE TABLE files (path BLOB)")
    journal = open_journal()
    assert not journal._db.execute("SELECT 1 FROM sqlite_master WHERE name = 'files'").fetchone()


def proven(items: list[program.Item], recalled: list[program.Item] | None = None) -> set[str]:
    return {each.path for each in program.to_be_proven(items if recalled is None else recalled, items)}


def test_of_many_a_sample_is_proven_another_each_time():
    items = [item(n) for n in range(5_000)]
    first, second = proven(items), proven(items)
    assert len(first) == len(second) == program.SAMPLE
    assert first != second


def test_of_large_files_fewer():
    assert len(proven([item(n, size=200 * 1024**2) for n in range(100)])) == program.SMALLEST_SAMPLE


@pytest.mark.parametrize(
    "alike",
    [
        [item(9_000, mtime_ns=74 * 10**9)],
        [item(9_000, mtime_ns=-DAY_NS)],
        [item(9_000, mtime_ns=10 * 365 * DAY_NS)],  # 1980: FAT
        [item(9_000, mtime_ns=30 * 365 * DAY_NS + 8 * DAY_NS)],  # 2000: a clock chip
        [item(9_000, name="19700101_000114.WAV")],
        [item(9_000, name="20000101000114-snapshot.jpg")],
        [item(9_000, mtime_ns=SUMMER - 5), item(9_001, mtime_ns=SUMMER - 5)],
    ],
)
def test_all_whose_clocks_tell_nothing_are_proven(alike):
    items = [item(n) for n in range(300)] + alike
    chosen = proven(items)
    assert chosen >= {each.path for each in alike}
    assert len(chosen) == program.SAMPLE + len(alike)


def test_a_time_shared_with_a_file_that_is_not_recalled_tells_nothing_either():
    shared = [item(9_000, mtime_ns=SUMMER - 5), item(9_001, mtime_ns=SUMMER - 5)]
    items = [item(n) for n in range(300)] + shared
    assert shared[0].path in proven(items, items[:301])


@pytest.fixture
def file(tmp_path):
    path = tmp_path / "20250714220000-snapshot.jpg"
    path.write_bytes(b"abcd")
    stat = path.stat()
    return path, program.Item("card/a.jpg", "a.jpg", str(path), stat.st_size, stat.st_mtime_ns)


def test_a_file_that_changes_while_it_is_read_is_noticed_at_the_end_of_reading(file):
    path, read = file
    with pytest.raises(program.FileFault, match="file_changed"), program.steady(read):
        path.write_bytes(b"efgh and more")


def test_a_file_that_cannot_be_read_is_not_known_any_more(file):
    path, read = file
    program.hash_large(read, 0, program.Halt())
    assert program.is_as_read(read, program.Halt())
    path.unlink()
    assert program.is_as_read(read, program.Halt())
    assert (read.md5, read.is_known) == ("", False)
