"""Nothing is lost by name: files that share one, within a selection and with what the store holds."""

import json
import unicodedata

from playwright.sync_api import expect

from uploads.models import UploadLog, UploadSession

FOLDER = "Add the folder to the name"
SEND_RENAMED = "Add the folder to these names and send them"
CLOCK_RESET = "19700101_000114.jpg"


def with_folder(name: str, folder: str) -> str:
    stem, _, extension = name.rpartition(".")
    return f"{stem}-{folder}.{extension}"


def renamed_by(folder: str) -> str:
    return with_folder(CLOCK_RESET, folder.replace("/", "-"))


def fill(card) -> dict[str, bytes]:
    """Three levels of folders, a name in three of them, a copy, and a name that is taken by the simple rule."""
    contents = {
        "A/DCIM/100MEDIA": card.jpeg(900),
        "B/DCIM/100MEDIA": card.jpeg(900),
        "B/DCIM/101MEDIA": card.jpeg(901),
    }
    for folder, content in contents.items():
        card.add(f"{folder}/{CLOCK_RESET}", content)
    card.add(f"B/DCIM/102MEDIA/{CLOCK_RESET}", contents["A/DCIM/100MEDIA"])  # a copy
    card.add("A/DCIM/100MEDIA/20250714220000-snapshot.jpg", card.jpeg(700))
    return contents


def test_nothing_starts_before_the_choice_and_with_the_folder_all_are_stored(upload_page, card, objects, page):
    contents = fill(card)
    upload_page.pick_folder(card.root)
    collisions = upload_page.review.locator("#collisions")
    expect(collisions).to_contain_text("1 file name is used by several different files")
    expect(collisions.get_by_role("radio")).to_have_count(2)
    expect(collisions.get_by_role("radio", checked=True)).to_have_count(0)
    expect(page.get_by_text("Choose what should happen to the files that share a name.")).to_be_visible()
    start = page.get_by_role("button", name="Start the upload")
    expect(start).to_be_disabled()
    # What the choice would do is shown before it is made.
    expect(collisions).to_contain_text(f"card/A/DCIM/100MEDIA/{CLOCK_RESET}")
    expect(collisions).to_contain_text("19700101_000114-A-DCIM-100MEDIA.jpg")
    expect(upload_page.review).to_contain_text("1 copy of another file of the same name and content is sent once")
    assert not UploadSession.objects.exists()

    collisions.get_by_role("radio", name=FOLDER).check()
    expect(upload_page.review.get_by_role("radio", name=FOLDER)).to_be_focused()
    upload_page.start()
    expect(upload_page.verdict_title).to_have_text("4 files stored and verified; they may be wiped")
    expect(upload_page.verdict).to_contain_text("3 files are stored with their folder in the name")
    renamed = {renamed_by(folder): content for folder, content in contents.items()}
    stored = {key.rpartition("/")[2]: content for key, content in objects().items()}
    assert {name: stored[name] for name in renamed} == renamed
    assert len(stored) == 4
    # The ledger knows where on the card each lies.
    assert dict(UploadLog.objects.filter(filename__in=renamed).values_list("filename", "path_on_card")) == {
        renamed_by(folder): f"card/{folder}/{CLOCK_RESET}" for folder in contents
    }


def test_left_out_they_are_named_and_the_card_is_not_called_safe(upload_page, card, objects, page):
    fill(card)
    upload_page.pick_folder(card.root)
    upload_page.review.get_by_role("radio", name="Leave out these 3 files").check()
    upload_page.start()
    expect(upload_page.verdict_title).to_have_text("Do not wipe the card: 3 of 4 files are not safely stored")
    row = upload_page.verdict.get_by_role("row", name=f"card/B/DCIM/101MEDIA/{CLOCK_RESET}")
    expect(row).to_contain_text("was left out as you chose")
    assert list(objects()) == ["dep000119/snapshot_images/20250714220000-snapshot.jpg"]
    assert UploadSession.objects.get().declared_files == 4

    upload_page.verdict.get_by_role("button", name=SEND_RENAMED).click()
    expect(upload_page.verdict_title).to_have_text("4 files stored and verified; they may be wiped")
    assert len(objects()) == 4


def test_a_name_that_the_store_holds_for_other_content_is_offered_the_same_choice(
    upload_page, portal, card, objects, store
):
    names = card.add_snapshots(5, folder="DCIM/100MEDIA")
    taken = [f"dep000119/snapshot_images/{name}" for name in (names[1], with_folder(names[1], "100MEDIA"), names[3])]
    for key in taken:
        store.put_object(Bucket=portal.bucket.name, Key=key, Body=b"somebody else's")
    upload_page.upload(card.root)
    expect(upload_page.verdict_title).to_have_text("Do not wipe the card: 2 of 5 files are not safely stored")
    conflicts = upload_page.verdict.locator("#conflicts")
    expect(conflicts).to_contain_text("2 names are taken by other files")
    conflicts.get_by_role("button", name="Leave them out").click()
    expect(conflicts).to_contain_text("These 2 files are left out, as you chose")
    expect(upload_page.verdict_title).to_contain_text("Do not wipe the card")
    assert len(objects()) == 6

    conflicts.get_by_role("button", name=SEND_RENAMED).click()
    expect(upload_page.verdict_title).to_have_text("5 files stored and verified; they may be wiped")
    content = (card.root / "DCIM/100MEDIA" / names[1]).read_bytes()
    stored = objects()
    assert stored[f"dep000119/snapshot_images/{with_folder(names[1], 'DCIM-100MEDIA')}"] == content
    assert [stored[key] for key in taken] == [b"somebody else's"] * 3


def test_the_same_card_again_gets_the_same_names_and_sends_nothing(upload_page, card, objects, page):
    fill(card)
    upload_page.pick_folder(card.root)
    upload_page.review.get_by_role("radio", name=FOLDER).check()
    upload_page.start()
    expect(upload_page.verdict_title).to_have_text("4 files stored and verified; they may be wiped")
    before = objects()
    upload_page.verdict.get_by_role("button", name="Upload another folder").click()
    upload_page.pick_folder(card.root)
    upload_page.review.get_by_role("radio", name=FOLDER).check()
    upload_page.start()
    expect(upload_page.verdict).to_contain_text("4 of them had been stored before, with the same content.")
    assert objects() == before


def test_folders_of_any_alphabet_and_sign_give_a_name(upload_page, card, objects):
    parts = {
        "$A": "$A",
        "B..": "B",
        unicodedata.normalize("NFD", "Estación Río"): "Estación Río",
        "20240918": "20240918",
    }
    contents = {part: card.jpeg(900 + number) for number, part in enumerate(parts.values())}
    for folder, part in parts.items():
        card.add(f"{folder}/{CLOCK_RESET}", contents[part])
    upload_page.pick_folder(card.root)
    upload_page.review.get_by_role("radio", name=FOLDER).check()
    upload_page.start()
    expect(upload_page.verdict_title).to_have_text("4 files stored and verified; they may be wiped")
    assert objects() == {f"dep000119/snapshot_images/{renamed_by(part)}": contents[part] for part in contents}


def test_decomposed_names_are_stored_composed(upload_page, card, objects):
    content = card.jpeg(900)
    card.add(unicodedata.normalize("NFD", "Panamá-20250714220000.jpg"), content)
    upload_page.upload(card.root)
    expect(upload_page.verdict_title).to_have_text("1 file stored and verified; it may be wiped")
    assert objects() == {"dep000119/snapshot_images/Panamá-20250714220000.jpg": content}
    assert UploadLog.objects.get().path_on_card == unicodedata.normalize("NFD", "card/Panamá-20250714220000.jpg")


def test_what_was_stored_with_the_folder_in_front_is_not_sent_again(upload_page, portal, card, objects, store):
    contents = {folder: card.jpeg(900) for folder in "AB"}
    for folder, content in contents.items():
        card.add(f"{folder}/{CLOCK_RESET}", content)
        key = f"dep000119/snapshot_images/{folder}_{CLOCK_RESET}"
        store.put_object(Bucket=portal.bucket.name, Key=key, Body=content if folder == "A" else b"x" * len(content))
    upload_page.pick_folder(card.root)
    upload_page.review.get_by_role("radio", name=FOLDER).check()
    upload_page.start()
    expect(upload_page.verdict_title).to_have_text("2 files stored and verified; they may be wiped")
    expect(upload_page.verdict).to_contain_text("1 of them had been stored before")
    assert len(objects()) == 3
    assert contents["B"] in objects().values()


def test_a_second_card_with_the_names_and_folders_of_the_first(upload_page, portal, card, objects, store):
    for folder in ("A", "B"):
        card.add(f"{folder}/{CLOCK_RESET}", card.jpeg(900))
        for name in (CLOCK_RESET, renamed_by(folder), renamed_by(f"card/{folder}")):
            store.put_object(Bucket=portal.bucket.name, Key=f"dep000119/snapshot_images/{name}", Body=b"the first card")
    upload_page.pick_folder(card.root)
    upload_page.review.get_by_role("radio", name=FOLDER).check()
    upload_page.start()
    expect(upload_page.verdict_title).to_have_text("2 files stored and verified; they may be wiped")
    assert set(card.contents(".jpg").values()) <= set(objects().values())


def test_two_files_under_one_name_are_never_asked_for(upload_page, card, page):
    """What the portal is asked for has each name once, or one file would be proven by the other."""
    fill(card)
    asked = []
    page.on("request", lambda request: "/presign/" in request.url and asked.append(json.loads(request.post_data)))
    upload_page.pick_folder(card.root)
    upload_page.review.get_by_role("radio", name=FOLDER).check()
    upload_page.start()
    expect(upload_page.verdict_title).to_contain_text("4 files")
    names = [file["name"] for call in asked for file in call["files"]]
    assert len(names) == len(set(names)) == 4
