"""Word files made into PDFs by LibreOffice, which is another program and may be missing.

It runs without network (it would fetch linked pictures), with a profile of its own that is thrown away, for a limited
time, and knows nothing of this process's environment.
"""

from __future__ import annotations

import os
import shutil
import signal
import subprocess
import tempfile
from contextlib import suppress
from functools import lru_cache
from pathlib import Path

from templates_app.errors import PdfFailed, PdfUnavailable

TIME_LIMIT_SECONDS = 120.0             # the largest of 44 real templates, 150 pages, takes 30
_PLACES = (
    "/usr/lib/libreoffice/program/soffice",
    "/opt/libreoffice/program/soffice",
    "/Applications/LibreOffice.app/Contents/MacOS/soffice",
)
# Boxes and lists of forms as they look on paper, not as widgets to click.
_FILTER = 'pdf:writer_pdf_Export:{"ExportFormFields":{"type":"boolean","value":"false"}}'
# In its own words: load nothing from other addresses, run no macro, do not look for links to update.
_PROFILE = """<?xml version="1.0" encoding="UTF-8"?>
<oor:items xmlns:oor="http://openoffice.org/2001/registry">
<item oor:path="/org.openoffice.Office.Common/Security/Scripting"><prop oor:name="BlockUntrustedRefererLinks" \
oor:op="fuse"><value>true</value></prop><prop oor:name="DisableMacrosExecution" oor:op="fuse"><value>true</value>\
</prop><prop oor:name="DisableActiveContent" oor:op="fuse"><value>true</value></prop></item>
<item oor:path="/org.openoffice.Office.Writer/Content/Update"><prop oor:name="Link" oor:op="fuse"><value>0</value>\
</prop></item>
</oor:items>
"""


def find_soffice() -> Path:
    """LibreOffice's program; raises ``PdfUnavailable``."""
    found = shutil.which("soffice") or shutil.which("libreoffice")
    known = found or next((place for place in _PLACES if Path(place).is_file()), None)
    if known is None:
        raise PdfUnavailable()
    return Path(known)


def convert_to_pdf(data: bytes, *, suffix: str = ".docx", time_limit_seconds: float = TIME_LIMIT_SECONDS) -> bytes:
    """The PDF of a Word file; raises ``PdfUnavailable`` and ``PdfFailed``."""
    soffice = find_soffice()
    with tempfile.TemporaryDirectory(prefix="dna-pdf-") as name:
        folder = Path(name)
        source = folder / f"document{suffix}"
        source.write_bytes(data)
        _write_profile(folder / "profile")
        _run(soffice, source, folder, time_limit_seconds)
        pdf = source.with_suffix(".pdf")
        if not pdf.is_file():
            raise PdfFailed()
        return pdf.read_bytes()


def _write_profile(profile: Path) -> None:
    settings = profile / "user" / "registrymodifications.xcu"
    settings.parent.mkdir(parents=True)
    settings.write_text(_PROFILE, encoding="utf-8")


def _run(soffice: Path, source: Path, folder: Path, time_limit_seconds: float) -> None:
    profile = (folder / "profile").as_uri()
    command = [*_without_network(), str(soffice), f"-env:UserInstallation={profile}", "--headless", "--norestore",
               "--convert-to", _FILTER, "--outdir", str(folder), str(source)]
    environment = {"PATH": os.defpath, "HOME": str(folder), "LANG": "C.UTF-8", "TMPDIR": str(folder)}
    child = subprocess.Popen(command, env=environment, cwd=folder, stdin=subprocess.DEVNULL, stdout=subprocess.DEVNULL,  # noqa: S603
                             stderr=subprocess.DEVNULL, start_new_session=True)
    try:
        child.wait(time_limit_seconds)
    except subprocess.TimeoutExpired:
        raise PdfFailed(f"Making the PDF took longer than {time_limit_seconds:.0f} seconds and was stopped.") from None
    finally:
        with suppress(ProcessLookupError):
            os.killpg(child.pid, signal.SIGKILL)
        child.wait()


@lru_cache(maxsize=1)
def _without_network() -> tuple[str, ...]:
    """A command before the command that leaves it no network where this machine lets us; the profile forbids it too."""
    unshare = shutil.which("unshare")
    if unshare is None:
        return ()
    prefixes = ((unshare, "--net"), (unshare, "--net", "--map-root-user"))
    return next((prefix for prefix in prefixes if _works(prefix)), ())


def _works(prefix: tuple[str, ...]) -> bool:
    return subprocess.run([*prefix, "true"], capture_output=True, check=False).returncode == 0  # noqa: S603
