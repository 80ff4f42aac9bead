"""PDFs by LibreOffice: the text is in them, nothing is fetched, time is limited, and its absence is said."""

from __future__ import annotations

import threading
from collections.abc import Iterator
from http.server import BaseHTTPRequestHandler, ThreadingHTTPServer
from pathlib import Path

import pytest

from templates_app import pdf
from templates_app.errors import PdfFailed, PdfUnavailable
from templates_app.pdf import convert_to_pdf, find_soffice

from .docx.build import build, paragraph, run

PICTURE = (
    '<w:r><w:drawing><wp:inline><wp:extent cx="914400" cy="914400"/><wp:docPr id="1" name="p"/><a:graphic>'
    '<a:graphicData uri="http://schemas.openxmlformats.org/drawingml/2006/picture"><pic:pic><pic:nvPicPr>'
    '<pic:cNvPr id="1" name="p"/><pic:cNvPicPr/></pic:nvPicPr><pic:blipFill><a:blip r:link="rIdFar"/></pic:blipFill>'
    '<pic:spPr><a:xfrm><a:off x="0" y="0"/><a:ext cx="914400" cy="914400"/></a:xfrm><a:prstGeom prst="rect"/>'
    "</pic:spPr></pic:pic></a:graphicData></a:graphic></wp:inline></w:drawing></w:r>"
)
RELATIONSHIPS = (
    '<Relationships xmlns="http://schemas.openxmlformats.org/package/2006/relationships"><Relationship Id="rIdFar" '
    'Type="http://schemas.openxmlformats.org/officeDocument/2006/relationships/image" Target="{}" '
    'TargetMode="External"/></Relationships>'
)


@pytest.fixture
def soffice() -> Path:
    try:
        return find_soffice()
    except PdfUnavailable as missing:
        pytest.skip(missing.user_message)


@pytest.fixture
def far_server() -> Iterator[tuple[str, list[str]]]:
    """An address a document may link to, and the paths it was asked for."""
    asked: list[str] = []

    class Handler(BaseHTTPRequestHandler):
        def do_GET(self) -> None:
            asked.append(self.path)
            self.send_error(404)

        do_HEAD = do_OPTIONS = do_GET

        def log_message(self, format: str, *arguments: object) -> None:
            pass

    server = ThreadingHTTPServer(("127.0.0.1", 0), Handler)
    thread = threading.Thread(target=server.serve_forever, daemon=True)
    thread.start()
    yield f"http://127.0.0.1:{server.server_port}/far.png", asked
    server.shutdown()
    server.server_close()
    thread.join()


def linking(address: str) -> bytes:
    body = f"<w:p>{run('Linked')}{PICTURE}</w:p>"
    return build(body, extra={"word/_rels/document.xml.rels": RELATIONSHIPS.format(address)})


@pytest.mark.usefixtures("soffice")
class TestConversion:
    def test_a_pdf_comes_back(self) -> None:
        made = convert_to_pdf(build(paragraph("Hello")))
        assert made.startswith(b"%PDF-")
        assert made.rstrip().endswith(b"%%EOF")

    @pytest.mark.parametrize("isolated", [True, False])
    def test_linked_pictures_are_not_fetched(
        self, far_server: tuple[str, list[str]], isolated: bool, monkeypatch: pytest.MonkeyPatch
    ) -> None:
        """By cutting the network off where the machine lets us, and by LibreOffice's own settings where not."""
        address, asked = far_server
        if not isolated:
            monkeypatch.setenv("PATH", str(Path(__file__).parent))  # no unshare there
        pdf._without_network.cache_clear()
        try:
            assert bool(pdf._without_network()) <= isolated
            assert convert_to_pdf(linking(address)).startswith(b"%PDF-")
        finally:
            pdf._without_network.cache_clear()
        assert asked == []

    def test_time_is_limited(self) -> None:
        with pytest.raises(PdfFailed, match="longer than 0 seconds"):
            convert_to_pdf(build(paragraph("Hello")), time_limit_seconds=0.2)

    def test_nothing_is_left_behind(self, tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
        monkeypatch.setattr("tempfile.tempdir", str(tmp_path))
        convert_to_pdf(build(paragraph("Hello")))
        assert list(tmp_path.iterdir()) == []

    def test_no_pdf_of_what_is_no_document(self) -> None:
        with pytest.raises(PdfFailed):
            convert_to_pdf(b"PK\x03\x04 not a file", suffix=".docx")


def test_its_absence_is_said(tmp_path: Path, monkeypatch: pytest.MonkeyPatch) -> None:
    monkeypatch.setenv("PATH", str(tmp_path))
    monkeypatch.setattr(pdf, "_PLACES", ())
    with pytest.raises(PdfUnavailable, match="LibreOffice, which is not installed here"):
        convert_to_pdf(build(paragraph("Hello")))
