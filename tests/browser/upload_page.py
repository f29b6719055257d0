"""The upload page as a person sees it: by role and text, not by its inner structure."""

from pathlib import Path

from playwright.sync_api import Locator, Page, expect

expect.set_options(timeout=60_000)


class UploadPage:
    def __init__(self, page: Page, url: str):
        self.page = page
        self.url = url

    def sign_in(self, username: str, password: str, path: str = "/") -> None:
        self.page.goto(self.url + path)
        self.page.get_by_label("User name").fill(username)
        self.page.get_by_label("Password").fill(password)
        self.page.get_by_role("button", name="Sign in").click()

    def choose(self, deployment_id: str, data_type: str) -> None:
        self.page.get_by_role("radio", name=deployment_id).check()
        self.page.get_by_role("radio", name=data_type).check()

    def pick_folder(self, folder: Path) -> None:
        with self.page.expect_file_chooser() as chooser:
            self.page.get_by_role("button", name="Choose a folder").click()
        chooser.value.set_files(folder)

    def drop(self, *paths: Path) -> None:
        """A real drop, which only the browser itself can make: a script's would carry no folders."""
        zone = self.page.locator("#drop")
        zone.scroll_into_view_if_needed()
        box = zone.bounding_box()
        at = {"x": box["x"] + box["width"] / 2, "y": box["y"] + 20}
        data = {"items": [], "files": [str(path) for path in paths], "dragOperationsMask": 1}
        session = self.page.context.new_cdp_session(self.page)
        for kind in ("dragEnter", "dragOver", "drop"):
            session.send("Input.dispatchDragEvent", {"type": kind, **at, "data": data})

    def start(self) -> None:
        self.page.get_by_role("button", name="Start the upload").click()

    def cancel(self) -> None:
        self.page.get_by_role("button", name="Cancel the upload").click()
        self.page.get_by_role("dialog").get_by_role("button", name="Yes, stop here").click()

    @property
    def review(self) -> Locator:
        return self.page.locator("#review")

    @property
    def verdict(self) -> Locator:
        return self.page.locator("#verdict")

    @property
    def verdict_title(self) -> Locator:
        return self.verdict.get_by_role("heading", level=2)

    def upload(self, folder: Path) -> None:
        """Picks, starts and waits for the verdict, whatever it is."""
        self.pick_folder(folder)
        self.start()
        expect(self.verdict).to_be_visible()
