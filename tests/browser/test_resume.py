"""Any interruption: a reload, another computer, a second tab. What is stored is not sent twice, and nothing is lost."""

import pytest
from playwright.sync_api import expect

from deployments.models import Deployment
from tests.browser.conftest import PASSWORD
from tests.browser.shots_page import STORE_PUTS
from tests.browser.upload_page import UploadPage
from uploads.models import UploadLog, UploadSession

NOISE = ["Failed to load resource", "net::ERR_", "blocked by CORS policy"]
# A folder of the browser's own in the journal, in the place of the card's, whose handle no test may open again.
KEEP_OWN_FOLDER = """
async (files) => {
  const root = await navigator.storage.getDirectory();
  const folder = await root.getDirectoryHandle('card', { create: true });
  for (const [name, text] of files) {
    const handle = await folder.getFileHandle(name, { create: true });
    const stream = await handle.createWritable();
    await stream.write(text);
    await stream.close();
  }
  const { Journal } = await import('/static/uploads/js/selection/journal.js');
  const journal = await Journal.open(indexedDB);
  const [upload] = await journal.unfinished('ines');
  await journal.note(upload.id, { handle: folder });
}
"""


@pytest.fixture
def puts(page) -> list[str]:
    sent = []
    page.on("request", lambda request: request.method == "PUT" and sent.append(request.url))
    return sent


def interrupt(page, after: int, total: int) -> None:
    """Lets so many PUTs through and reloads when they are proven."""
    seen = []
    page.route(STORE_PUTS, lambda route: (seen.append(route), len(seen) <= after and route.fallback()))
    page.get_by_role("button", name="Start the upload").click()
    expect(page.locator("#files-text")).to_have_text(f"{after} of {total}")
    page.once("dialog", lambda dialog: dialog.accept())
    page.reload()
    page.unroute(STORE_PUTS)


def test_after_a_reload_the_same_session_goes_on(upload_page, card, objects, page, watched, puts):
    watched.expected += NOISE
    card.add_snapshots(30)
    upload_page.pick_folder(card.root)
    interrupt(page, 12, 30)
    banner = page.get_by_role("region", name="An upload is not finished")
    expect(banner).to_contain_text(
        "You have an unfinished upload of “card” to Wetland North (dep000119), Snapshot images, begun"
    )
    expect(banner).to_contain_text("12 of 30 files are safe.")
    puts.clear()
    with page.expect_file_chooser() as chooser:
        banner.get_by_role("button", name="Continue").click()
    chooser.value.set_files(card.root)
    expect(page.get_by_role("radio", name="dep000119")).to_be_checked()
    page.get_by_role("button", name="Continue the upload").click()
    expect(upload_page.verdict_title).to_have_text("30 files stored and verified; they may be wiped")
    assert len(puts) == 18
    assert UploadSession.objects.count() == 1
    assert UploadLog.objects.filter(status="verified").count() == len(objects()) == 30
    page.reload()
    expect(page.locator("#steps")).to_have_attribute("aria-busy", "false")
    expect(page.locator("#resume")).to_be_hidden()


def test_the_choices_are_remembered(upload_page, card, page, watched):
    watched.expected += NOISE
    for folder in ("100MEDIA", "101MEDIA"):
        card.add(f"DCIM/{folder}/20240701220000-snapshot.jpg", card.jpeg(900))
    card.add_snapshots(20, folder="DCIM/100MEDIA")
    upload_page.pick_folder(card.root)
    upload_page.review.get_by_role("radio", name="Add the folder to the name").check()
    page.get_by_label("Why do these files belong").fill("A trial night.")
    interrupt(page, 6, 22)
    with page.expect_file_chooser() as chooser:
        page.get_by_role("button", name="Continue").click()
    chooser.value.set_files(card.root)
    expect(upload_page.review.get_by_role("radio", name="Add the folder to the name")).to_be_checked()
    expect(page.get_by_label("Why do these files belong")).to_have_value("A trial night.")
    page.get_by_role("button", name="Continue the upload").click()
    expect(upload_page.verdict_title).to_have_text("22 files stored and verified; they may be wiped")
    assert UploadSession.objects.get().season_reason == "A trial night."


def test_checksums_are_recalled_for_files_that_are_still_the_same(upload_page, page):
    recalled = page.evaluate(
        """async () => {
          const { Journal, SumsKeeper } = await import('/static/uploads/js/selection/journal.js');
          const file = (path, size, lastModified, sums = {}) => ({ path, size, lastModified, ...sums });
          const sums = (n) => ({ md5: `${n}`, pieces: 'p' });
          const read = Array.from({ length: 12_000 }, (_, n) => file(`a/${n}`, n, n + 100, sums(n)));
          const large = file('a/large', 7, 7, { md5: 'l', multipartMd5: 'l-2', partMd5s: ['p', 'q'] });
          const waiting = file('a/waiting', 1, 1);
          const items = [waiting, ...read, large];
          let journal = await Journal.open(indexedDB);
          const id = await journal.begin({ account: 'ines', handle: null, startedAt: Date.now() });
          const keeper = new SumsKeeper(journal, id, items);
          for (let n = 0; n < 4; n += 1) await keeper.sweep();
          waiting.md5 = 'late';
          await keeper.sweep();

          journal = await Journal.open(indexedDB);
          const again = [
            file('a/0', 0, 100), file('a/11999', 11999, 12099),
            file('a/3', 4, 103), file('a/3', 3, 104), file('b/3', 3, 103),
            file('a/large', 7, 7), file('a/waiting', 1, 1),
          ];
          await journal.recall(id, again);
          await journal.forgetSums(id);
          const gone = [file('a/0', 0, 100)];
          await journal.recall(id, gone);
          keeper.restart();
          await keeper.sweep();
          const anew = [file('a/0', 0, 100)];
          await journal.recall(id, anew);
          await journal.forget(id);
          const forgotten = [file('a/0', 0, 100)];
          await journal.recall(id, forgotten);
          return [...again, ...gone, ...anew, ...forgotten].map(({ md5, recalled }) => [
            md5 ?? null, recalled?.md5 ?? null, recalled?.pieces ?? null, recalled?.partMd5s?.length ?? 0,
          ]);
        }"""
    )
    nothing = [None, None, None, 0]
    assert recalled == [
        [None, "0", "p", 0],
        [None, "11999", "p", 0],
        nothing,
        nothing,
        nothing,
        [None, "l", None, 2],
        [None, "late", None, 0],
        nothing,
        [None, "0", "p", 0],
        nothing,
    ]


@pytest.mark.parametrize("kept", [15, 14])
def test_a_kept_handle_is_opened_again_unless_it_shows_fewer_files(kept, upload_page, card, page, watched, objects):
    watched.expected += NOISE
    names = [f"20250714{n:06d}-snapshot.jpg" for n in range(15)]
    for name in names:
        card.add(name, name.encode())
    upload_page.pick_folder(card.root)
    interrupt(page, 5, 15)
    expect(page.locator("#resume")).to_be_visible()
    page.evaluate(KEEP_OWN_FOLDER, [[name, name] for name in names[:kept]])
    page.reload()
    expect(page.locator("#resume")).to_contain_text("The folder is opened again; put the card in first.")
    page.get_by_role("button", name="Continue").click()
    if kept < len(names):
        expect(page.get_by_text("Choose the folder “card” again.")).to_be_visible()
        page.locator("#folder-input").set_input_files(card.root)
    page.get_by_role("button", name="Continue the upload").click()
    # Their contents are their names, which are no images.
    expect(upload_page.verdict_title).to_contain_text("all is stored as it is, but 15 of 15 files look damaged")
    assert len(objects()) == 15


def test_on_another_computer_the_portal_knows_what_is_stored(
    upload_page, card, objects, page, chromium_browser, portal, watched
):
    watched.expected += NOISE
    card.add_snapshots(20)
    upload_page.pick_folder(card.root)
    interrupt(page, 8, 20)
    session = UploadSession.objects.get()
    other = chromium_browser.new_context(locale="en-GB")
    elsewhere = UploadPage(other.new_page(), portal.url)
    elsewhere.sign_in("ines", PASSWORD, path=f"/upload/?session={session.pk}")
    expect(elsewhere.page.locator("#resume")).to_contain_text("8 of 20 files are safe.")
    sent = []
    elsewhere.page.on("request", lambda request: request.method == "PUT" and sent.append(request.url))
    with elsewhere.page.expect_file_chooser() as chooser:
        elsewhere.page.get_by_role("button", name="Continue").click()
    chooser.value.set_files(card.root)
    elsewhere.page.get_by_role("button", name="Continue the upload").click()
    expect(elsewhere.verdict_title).to_have_text("20 files stored and verified; they may be wiped")
    assert len(sent) == 12
    assert UploadSession.objects.get().finished_at is not None
    elsewhere.page.goto(f"{portal.url}/upload/?session={session.pk}")
    expect(elsewhere.page.locator("#resume")).to_contain_text("That upload is finished.")
    other.close()


def test_forgotten_it_is_offered_no_more(upload_page, card, page, watched):
    watched.expected += NOISE
    card.add_snapshots(10)
    upload_page.pick_folder(card.root)
    interrupt(page, 3, 10)
    page.get_by_role("button", name="Forget it").click()
    expect(page.locator("#resume")).to_be_hidden()
    page.reload()
    expect(page.locator("#steps")).to_have_attribute("aria-busy", "false")
    expect(page.locator("#resume")).to_be_hidden()


def test_a_deployment_that_was_retired_meanwhile_is_told(upload_page, card, page, portal, watched):
    watched.expected += NOISE
    card.add_snapshots(10)
    upload_page.pick_folder(card.root)
    interrupt(page, 3, 10)
    Deployment.objects.filter(pk=portal.deployment.pk).update(status="inactive")
    page.reload()
    page.get_by_role("button", name="Continue").click()
    expect(page.get_by_text("The upload to dep000119 cannot be continued")).to_be_visible()


def test_without_a_store_of_the_browsers_all_works(page, portal, context, card, objects):
    context.add_init_script("Object.defineProperty(globalThis, 'indexedDB', { value: undefined });")
    opened = UploadPage(page, portal.url)
    opened.sign_in("ines", PASSWORD)
    opened.choose("dep000119", "Snapshot images")
    card.add_snapshots(5)
    opened.upload(card.root)
    expect(opened.verdict_title).to_have_text("5 files stored and verified; they may be wiped")
    assert len(objects()) == 5


def test_a_second_tab_waits_for_the_first(upload_page, card, objects, page, context, portal, watched):
    watched.expected += NOISE
    card.add_snapshots(10)
    held, released = [], []
    page.route(STORE_PUTS, lambda route: route.fallback() if released else held.append(route))
    upload_page.pick_folder(card.root)
    upload_page.start()
    expect(page.get_by_role("heading", name="Uploading")).to_be_visible()

    second = UploadPage(context.new_page(), portal.url)
    second.page.goto(portal.url + "/upload/")
    expect(second.page.locator("#steps")).to_have_attribute("aria-busy", "false")
    expect(second.page.locator("#resume")).to_be_hidden()  # it is under way, not interrupted
    second.choose("dep000119", "Snapshot images")
    second.pick_folder(card.root)
    expect(second.page.get_by_text("Another tab of this browser is uploading into this deployment.")).to_be_visible()
    expect(second.page.get_by_role("button", name="Start the upload")).to_be_disabled()

    released.append(True)
    for route in held:
        route.fallback()
    expect(upload_page.verdict_title).to_have_text("10 files stored and verified; they may be wiped")
    expect(second.page.get_by_text("Another tab of this browser")).to_be_hidden()
    second.start()
    expect(second.verdict).to_contain_text("10 of them had been stored before, with the same content.")
    assert len(objects()) == 10
