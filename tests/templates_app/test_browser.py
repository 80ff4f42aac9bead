"""The pages in a real browser, against what ``manage.py up`` starts. Skipped where there is no Chromium."""

from __future__ import annotations

import io
import re
import shutil
import tempfile
from collections.abc import Callable, Iterator
from pathlib import Path

import docx
import pytest
from playwright.sync_api import Browser, Page, WebSocketRoute, expect, sync_playwright

from templates_app.sample import sample_template
from tests.dna.test_up import Installation, free_port

CHROMIUM = shutil.which("chromium") or shutil.which("chromium-browser") or shutil.which("google-chrome")
pytestmark = pytest.mark.skipif(CHROMIUM is None, reason="no Chromium here: apt-get install chromium")

SLOW_MS = 30_000
expect.set_options(timeout=10_000)


@pytest.fixture(scope="module")
def site() -> Iterator[tuple[str, str]]:
    """The address of a fresh installation, and one that signs its administrator in."""
    with tempfile.TemporaryDirectory(prefix="dna-browser-") as folder:
        Path(folder).chmod(0o755)  # the account that Postgres runs as must reach it when we are root
        made = Installation(home=Path(folder, "home"), port=free_port())
        try:
            made.start()
            link = made.manage("sign_in_link", "admin@localhost").stdout.strip().splitlines()[-1]
            yield made.url, link
        finally:
            made.stop()


@pytest.fixture(scope="module")
def browser() -> Iterator[Browser]:
    with sync_playwright() as playwright:
        options = ["--no-sandbox", "--disable-gpu", "--disable-background-networking"]
        launched = playwright.chromium.launch(executable_path=CHROMIUM, args=options)
        yield launched
        launched.close()


@pytest.fixture(scope="module")
def session(browser: Browser, site: tuple[str, str]) -> str:
    """The cookies of a person who used the sign-in link, as a file."""
    context = browser.new_context()
    page = context.new_page()
    page.goto(site[1])
    path = tempfile.mkstemp(suffix=".json")[1]
    context.storage_state(path=path)
    context.close()
    return path


@pytest.fixture
def open_page(browser: Browser, session: str, site: tuple[str, str]) -> Iterator[Callable[..., Page]]:
    """A page of the site in a window of its own; what its console complains about fails the test."""
    complaints: list[str] = []
    contexts = []

    def do(
        path: str, *, width: int = 1440, scheme: str = "light", prepare: Callable[[Page], None] | None = None
    ) -> Page:
        context = browser.new_context(
            storage_state=session,
            viewport={"width": width, "height": 900},
            color_scheme=scheme,  # type: ignore[arg-type]
            base_url=site[0],
        )
        contexts.append(context)
        page = context.new_page()
        page.on("pageerror", lambda error: complaints.append(str(error)))
        page.on("console", lambda said: complaints.append(said.text) if said.type == "error" else None)
        page.on("filechooser", lambda _: None)  # from now on; asked for only when a key is pressed, it comes too late
        if prepare:
            prepare(page)
        page.goto(path)
        return page

    yield do
    for context in contexts:
        context.close()
    assert [one for one in complaints if "422" not in one and "WebSocket" not in one] == []


def tab_to(page: Page, selector: str) -> None:
    """Press Tab until the focus is on such an element, as somebody without a mouse does."""
    for _ in range(150):
        page.keyboard.press("Tab")
        if page.evaluate("selector => document.activeElement.matches(selector)", selector):
            return
    raise AssertionError(f"the keyboard does not reach {selector}")


def choose_files(page: Page, *files: tuple[str, bytes]) -> None:
    tab_to(page, "input[type=file]")
    with page.expect_file_chooser() as opened:
        page.keyboard.press("Enter")
    payload = [{"name": name, "mimeType": "application/octet-stream", "buffer": data} for name, data in files]
    opened.value.set_files(payload)  # type: ignore[arg-type]


def test_by_keyboard_from_upload_to_download(open_page: Callable[..., Page]) -> None:
    page = open_page("/")
    page.evaluate("window.notReloaded = true")
    choose_files(page, ("acme form.docx", sample_template()), ("letter.docx", b"Dear Sir or Madam"))
    lines = page.locator("#uploads > li")
    expect(lines.nth(0)).to_contain_text("100 % Complete: 24 fields", timeout=SLOW_MS)
    expect(lines.nth(1)).to_contain_text("This is not a Word file")
    expect(page.locator(".toast-ok")).to_contain_text("is ready")
    expect(page.locator("#template-list")).to_contain_text("acme form")
    assert page.evaluate("window.notReloaded")

    page.locator("#filters input[type=search]").focus()
    page.keyboard.press("Shift+Tab")
    page.evaluate("document.activeElement.blur()")
    tab_to(page, "#uploads a.button")
    page.keyboard.press("Enter")
    page.wait_for_url("**/fill/")
    _fill_by_keyboard(page)
    page.wait_for_url("**/documents/*/")
    expect(page.get_by_role("link", name="Download")).to_be_visible(timeout=SLOW_MS)
    tab_to(page, "a[download]")
    with page.expect_download() as downloading:
        page.keyboard.press("Enter")
    _assert_filled(Path(downloading.value.path()).read_bytes(), downloading.value.suggested_filename)


def _fill_by_keyboard(page: Page) -> None:
    tab_to(page, "#v-company_name")
    page.keyboard.type("Acme & Söhne")
    tab_to(page, "#v-document_number")
    page.keyboard.type("QF-7")
    tab_to(page, "input[name=v-risk]")
    page.keyboard.press("ArrowDown")  # from “No answer” around to the first option
    tab_to(page, "textarea[name='v-findings.0.finding'], input[name='v-findings.0.finding']")
    page.keyboard.type("Deliveries came late")
    tab_to(page, "[data-add-row=findings]")
    page.keyboard.press("Enter")
    assert page.evaluate("document.activeElement.name").startswith("v-findings.2.")
    expect(page.locator("#filled")).to_contain_text("4 of 24 filled")
    tab_to(page, ".fill-foot button")
    page.keyboard.press("Enter")


def _assert_filled(data: bytes, filename: str) -> None:
    assert filename == "acme form.docx"
    opened = docx.Document(io.BytesIO(data))
    text = "".join(str(node) for node in opened.element.body.itertext())
    assert opened.sections[0].header.paragraphs[0].text.startswith("Acme & Söhne")
    for shown in ("QF-7", "Low", "Deliveries came late"):
        assert shown in text


def sample_address(page: Page) -> str:
    return page.get_by_role("link", name="Supplier assessment (sample)", exact=True).get_attribute("href") or ""


def test_from_a_field_to_its_places_and_back_by_keyboard(open_page: Callable[..., Page]) -> None:
    page = open_page("/")
    page.goto(sample_address(page))
    expect(page.locator("mark[data-field=company_name]")).to_have_count(2)
    tab_to(page, "[data-jump=company_name]")
    for place in (0, 1):
        page.keyboard.press("Enter")
        expect(page.locator("mark[data-field=company_name]").nth(place)).to_be_focused()
        page.keyboard.press("Escape")
        if place == 0:
            expect(page.locator("[data-jump=company_name]")).to_be_focused()
    tab_to(page, "#field-document_number .field-edit")
    page.keyboard.press("Enter")
    expect(page.locator("#document_number-label")).to_be_focused()
    page.keyboard.press("Control+A")
    page.keyboard.type("Number of this form")
    page.keyboard.press("Enter")
    expect(page.locator("#field-document_number .field-jump")).to_have_text("Number of this form")
    expect(page.locator("#field-document_number")).to_contain_text("edited")
    page.get_by_label("Find a field").fill("number of this")
    expect(page.locator(".field-line:visible")).to_have_count(1)


def test_searching_narrows_the_list_without_a_reload(open_page: Callable[..., Page]) -> None:
    page = open_page("/")
    page.evaluate("window.notReloaded = true")
    page.get_by_label("Search templates").fill("no such template")
    expect(page.locator("#template-list")).to_contain_text("Nothing found")
    assert "q=no%20such%20template" in page.url and page.evaluate("window.notReloaded")


def test_without_a_socket_the_progress_is_asked_for(open_page: Callable[..., Page]) -> None:
    def no_sockets(page: Page) -> None:
        page.route_web_socket(re.compile("/ws/"), lambda socket: socket.close(code=1011))

    page = open_page("/", prepare=no_sockets)
    choose_files(page, ("polled.docx", sample_template()))
    expect(page.locator("#uploads > li")).to_contain_text("100 % Complete", timeout=SLOW_MS)


def test_a_lost_socket_resumes_where_it_was(open_page: Callable[..., Page]) -> None:
    addresses: list[str] = []

    def breaking(page: Page) -> None:
        page.route_web_socket(re.compile("/ws/"), lambda socket: _break_after_one(socket, addresses))

    page = open_page("/", prepare=breaking)
    choose_files(page, ("resumed.docx", sample_template()))
    expect(page.locator("#uploads > li")).to_contain_text("100 % Complete", timeout=SLOW_MS)
    assert [int(address.rpartition("=")[2]) > 0 for address in addresses] == [False, True]


def _break_after_one(socket: WebSocketRoute, addresses: list[str]) -> None:
    """The first socket breaks off after one message; the others are left alone."""
    addresses.append(socket.url)
    server = socket.connect_to_server()
    if len(addresses) > 1:
        return

    def hand_on(message: str | bytes) -> None:
        socket.send(message)
        socket.close(code=1011)
        server.on_message(lambda _: None)

    server.on_message(hand_on)


@pytest.mark.parametrize("width", [375, 1440])
@pytest.mark.parametrize("scheme", ["light", "dark"])
def test_no_page_is_wider_than_its_window(open_page: Callable[..., Page], width: int, scheme: str) -> None:
    page = open_page("/", width=width, scheme=scheme)
    template = sample_address(page)
    for path in ("/", template, f"{template}fill/", f"{template}facts/", f"{template}batch/", "/facts/", "/documents/"):
        page.goto(path)
        page.wait_for_load_state("networkidle")
        beyond = page.evaluate("document.documentElement.scrollWidth - document.documentElement.clientWidth")
        assert beyond == 0, path
