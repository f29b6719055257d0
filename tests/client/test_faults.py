"""A store, and a link, that fail on the way: nothing lost, nothing wrong, nothing asked for in vain."""

import random
import threading
import time
from collections import Counter
from datetime import timedelta

from tests.faults import (
    Answer,
    Away,
    CommitThenDrop,
    FlipByte,
    Hang,
    OkWithErrorBody,
    ResetMidBody,
    Status,
    always,
    every_kind,
    first,
    first_of_each_key,
    never,
    once,
    sometimes,
)
from tests.throttle import Throttle
from tests.wholeledger import check_whole
from uploads.models import UploadFailure, UploadLog
from uploads.services import proof

EVERY_KIND = [*every_kind(reset_at=3_000, flip_at=1_000), Status(408), OkWithErrorBody()]


def first_try_of_each(make_fault):
    """Strikes each key's first PUT."""
    seen = set()

    def decide(request):
        if request.method != "PUT" or request.key in seen:
            return None
        seen.add(request.key)
        return make_fault()

    return decide


def test_mixed_faults_on_a_fifth_of_all_calls(whole_proxy, script, card, objects, portal, store):
    """Listings, HEADs and parts of the portal among them. Rows 1 and 31."""
    card.add_snapshots(40, size_bytes=5_000)
    whole_proxy.fault = sometimes(0.2, EVERY_KIND, seed=11)
    run = script.upload(card.root)
    assert run.code == 0, run.out
    assert objects() == card.contents(".jpg")
    assert whole_proxy.count(method="PUT") > 40
    assert any(request.method in ("GET", "HEAD") for request in whole_proxy.seen)
    whole_proxy.fault = never
    found = objects()
    checked = check_whole(deployment=portal.deployment, data_type="snapshot_images", objects=found, store=store)
    assert checked == 40


def test_a_key_that_the_store_gives_no_answer_about_holds_up_no_other(
    whole_proxy, script, card, objects, monkeypatch, settings
):
    """It is asked about again until the store answers."""
    monkeypatch.setattr(proof, "_ASK_AGAIN_AFTER", timedelta(seconds=1))
    settings.S3_MAX_ATTEMPTS = 1
    names = card.add_snapshots(12)
    key = f"dep000119/snapshot_images/{names[3]}"
    whole_proxy.fault = first(6, Status(500, "InternalError"), method="HEAD", key=key)
    run = script.upload(card.root)
    assert run.code == 0, run.out
    assert "older program" not in run.out
    assert objects() == card.contents(".jpg")
    asked = Counter(request.key for request in whole_proxy.seen if request.method == "HEAD")
    assert asked.pop(key) >= 7
    assert max(asked[f"dep000119/snapshot_images/{name}"] for name in names) == 1


def test_mixed_faults_on_a_third_of_the_puts(proxy, script, card, objects):
    card.add_snapshots(60, size_bytes=5_000)
    proxy.fault = sometimes(0.33, EVERY_KIND, seed=7, method="PUT")
    run = script.upload(card.root)
    assert run.code == 0, run.out
    assert objects() == card.contents(".jpg")
    assert proxy.count(method="PUT") > 60
    assert set(UploadLog.objects.values_list("status", flat=True)) == {"verified"}
    assert not UploadFailure.objects.exists()


def test_a_lost_answer_is_no_conflict(proxy, script, card, objects):
    card.add_snapshots(20, size_bytes=5_000)
    proxy.fault = first_try_of_each(CommitThenDrop)
    run = script.upload(card.root)
    assert run.code == 0, run.out
    assert objects() == card.contents(".jpg")


def test_flipped_bytes_are_never_accepted(proxy, script, card, objects):
    card.add_snapshots(20, size_bytes=5_000)
    draw = random.Random(3)
    proxy.fault = first_try_of_each(lambda: FlipByte(at=draw.randrange(5_000)))
    run = script.upload(card.root)
    assert run.code == 0, run.out
    assert objects() == card.contents(".jpg")


def test_cut_connections_leave_nothing_behind(proxy, script, card, objects):
    card.add_snapshots(20, size_bytes=50_000)
    draw = random.Random(4)
    proxy.fault = first_try_of_each(lambda: ResetMidBody(draw.randrange(50_000)))
    run = script.upload(card.root)
    assert run.code == 0, run.out
    assert objects() == card.contents(".jpg")


def test_a_hanging_store_is_given_up_in_time(proxy, script, card, objects):
    card.add_snapshots(3, size_bytes=5_000)
    proxy.fault = once(Hang(), method="PUT")
    run = script.upload(card.root, "--timeout", "2")
    assert run.code == 0, run.out
    assert objects() == card.contents(".jpg")


def test_a_falsified_200_is_found_out_and_sent_again(proxy, script, card, objects):
    names = card.add_snapshots(5, size_bytes=5_000)
    liar = once(Status(200), method="PUT", key=f"dep000119/snapshot_images/{names[2]}")
    liar_body = Answer(200, [("Content-Length", "0")], b"")

    class Nothing(Status):
        def strike(self, request, forward, proxy):
            return liar_body

    proxy.fault = lambda request: Nothing(200) if liar(request) else None
    run = script.upload(card.root)
    assert run.code == 0, run.out
    assert objects() == card.contents(".jpg")
    assert proxy.count(key=f"dep000119/snapshot_images/{names[2]}") == 2


def test_a_store_that_is_away_is_waited_for(proxy, script, card, objects):
    card.add_snapshots(30, size_bytes=5_000)
    proxy.fault = first(10, Away(), method="PUT")
    run = script.upload(card.root)
    assert run.code == 0, run.out
    assert objects() == card.contents(".jpg")


def test_a_store_that_stays_away_ends_the_run_and_the_next_goes_on(proxy, script, card, objects):
    card.add_snapshots(3, size_bytes=5_000)
    proxy.fault = always(Away(), method="PUT")
    run = script.upload(card.root, "--patience", "0.05")
    assert run.code == 3, run.out
    assert "NOT SAFE TO WIPE" in run.out
    proxy.fault = lambda request: None
    assert script.upload(card.root).code == 0
    assert objects() == card.contents(".jpg")


def test_a_refusal_is_renewed_once_and_then_told(proxy, script, card, objects):
    names = card.add_snapshots(3, size_bytes=5_000)
    key = f"dep000119/snapshot_images/{names[1]}"
    proxy.fault = always(Status(403, "AccessDenied"), method="PUT", key=key)
    run = script.upload(card.root)
    assert run.code == 1
    assert "(2 verified, 0 stored before" in run.last_words
    assert proxy.count(key=key) == 2
    assert names[1] not in objects()
    failure = UploadFailure.objects.get()
    assert (failure.filename, failure.code, failure.http_status, failure.step) == (names[1], "http_403", 403, "send")
    assert "at once" in failure.link


def test_other_refusals_are_not_repeated(proxy, script, card):
    names = card.add_snapshots(2, size_bytes=5_000)
    key = f"dep000119/snapshot_images/{names[0]}"
    proxy.fault = always(Status(405, "MethodNotAllowed"), method="PUT", key=key)
    assert script.upload(card.root).code == 1
    assert proxy.count(key=key) == 1


def test_what_the_store_cannot_do_at_all_is_no_outage(proxy, script, card):
    names = card.add_snapshots(5, size_bytes=5_000)
    proxy.fault = always(Status(501, "NotImplemented"), method="PUT")
    run = script.upload(card.root)
    assert run.code == 1
    assert "5 files not safely stored" in run.last_words
    assert proxy.count(method="PUT") == len(names)


def test_a_store_without_room_is_told_in_words(proxy, script, card):
    card.add_snapshots(1, size_bytes=5_000)
    proxy.fault = always(Status(403, "QuotaExceeded"), method="PUT")
    run = script.upload(card.root)
    assert run.code == 1
    assert "The store has no room left for it" in run.out
    assert proxy.count(method="PUT") == 1


def test_a_race_for_a_key_is_tried_again(proxy, script, card, objects):
    card.add_snapshots(4, size_bytes=5_000)
    proxy.fault = first_of_each_key(Status(409, "ConditionalRequestConflict"), method="PUT")
    run = script.upload(card.root)
    assert run.code == 0, run.out
    assert objects() == card.contents(".jpg")


def test_a_store_that_refuses_everything_ends_the_run(proxy, script, card):
    card.add_snapshots(60, size_bytes=5_000)
    proxy.fault = always(Status(405, "MethodNotAllowed"), method="PUT")
    run = script.upload(card.root)
    assert run.code == 3
    assert "The store refuses file after file" in run.last_words
    assert UploadFailure.objects.filter(code="http_405", step="send").count() >= 20
    assert proxy.count(method="PUT") < 60


def test_urls_that_expire_in_mid_batch_lose_nothing(proxy, script, card, objects, settings):
    settings.GRANT_LIFETIME_S = 2
    card.add_snapshots(60, size_bytes=20_000)
    proxy.throttle = Throttle(200_000)
    run = script.upload(card.root)
    assert run.code == 0, run.out
    assert objects() == card.contents(".jpg")


def test_a_url_that_runs_out_on_the_way_again_and_again_is_renewed_each_time(proxy, script, card, objects, settings):
    settings.GRANT_LIFETIME_S = 2
    card.add_snapshots(3, size_bytes=5_000)
    tries, lock = Counter(), threading.Lock()

    def a_slow_way(request):
        with lock:
            tries[request.key] += 1
            is_slow = request.method == "PUT" and tries[request.key] <= 3
        if is_slow:
            time.sleep(settings.GRANT_LIFETIME_S + 1.2)

    proxy.fault = a_slow_way
    run = script.upload(card.root)
    assert run.code == 0, run.out
    assert objects() == card.contents(".jpg")
    assert set(tries.values()) == {4}
    assert not UploadFailure.objects.exists()


def test_on_a_slow_link_no_url_grows_old_in_the_queue(proxy, script, card, objects, settings):
    settings.GRANT_LIFETIME_S = 6
    card.add_snapshots(200, size_bytes=20_000)
    proxy.throttle = Throttle(400_000)  # 10 s for all
    run = script.upload(card.root)
    assert run.code == 0, run.out
    assert objects() == card.contents(".jpg")
    assert proxy.count(method="PUT") == 200
    assert not UploadLog.objects.filter(error_code="granted_anew").exists()


def test_a_file_that_changes_on_its_way_is_not_verified_under_its_old_hash(proxy, script, card, objects):
    names = card.add_snapshots(8, size_bytes=5_000)
    changed = card.root / "snapshots" / names[3]
    fresh = card.jpeg(5_000)

    def station_writes(request):
        if request.method == "PUT" and request.key.endswith(names[3]):
            changed.write_bytes(fresh)

    proxy.fault = station_writes
    run = script.upload(card.root)
    assert run.code == 1
    assert f"{names[3]}: It changed while it was read or sent" in run.out
    assert "(7 verified" in run.last_words
    assert UploadLog.objects.get(filename=names[3]).status == "failed"
    assert UploadFailure.objects.get().code == "file_changed"
