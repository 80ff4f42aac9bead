"""LibreOffice deciding the tracked changes of a file, by a macro in a profile of its own; the network is not needed."""

from __future__ import annotations

import os
import subprocess
from pathlib import Path

import pytest

from templates_app.errors import PdfUnavailable
from templates_app.pdf import find_soffice

LIMIT_SECONDS = 120.0
# It hides the comments first: the LibreOffice without windows dies when it draws one beside an accepted change.
MACRO = """<?xml version="1.0" encoding="UTF-8"?>
<!DOCTYPE script:module PUBLIC "-//OpenOffice.org//DTD OfficeDocument 1.0//EN" "module.dtd">
<script:module xmlns:script="http://openoffice.org/2000/script" script:name="Module1" script:language="StarBasic">
Sub Decide(source As String, target As String, command As String)
  Dim hidden(0) As New com.sun.star.beans.PropertyValue
  hidden(0).Name = "Hidden"
  hidden(0).Value = True
  document = StarDesktop.loadComponentFromURL(source, "_blank", 0, hidden())
  document.CurrentController.ViewSettings.ShowAnnotations = False
  dispatcher = createUnoService("com.sun.star.frame.DispatchHelper")
  dispatcher.executeDispatch(document.CurrentController.Frame, command, "", 0, Array())
  Dim word(0) As New com.sun.star.beans.PropertyValue
  word(0).Name = "FilterName"
  word(0).Value = "MS Word 2007 XML"
  document.storeToURL(target, word())
  document.close(True)
  StarDesktop.terminate()
End Sub
</script:module>
"""


class LibreOffice:
    """One profile, made by a first start, which would write over the macro."""

    def __init__(self, folder: Path) -> None:
        try:
            self.soffice = find_soffice()
        except PdfUnavailable as missing:
            pytest.skip(f"Changes are not decided by LibreOffice: {missing.user_message}")
        self.folder = folder
        self._start("--terminate_after_init")
        module = folder / "profile" / "user" / "basic" / "Standard" / "Module1.xba"
        if not module.is_file():
            pytest.skip("This LibreOffice has no macros: changes are not decided by it.")
        module.write_text(MACRO, encoding="utf-8")

    def decide(self, data: bytes, verb: str) -> bytes:
        """The file as LibreOffice saves it after "Accept" or "Reject" of all."""
        source, target = self.folder / "source.docx", self.folder / f"{verb}.docx"
        source.write_bytes(data)
        target.unlink(missing_ok=True)
        command = f".uno:{verb}AllTrackedChanges"
        self._start(f'macro:///Standard.Module1.Decide("{source.as_uri()}","{target.as_uri()}","{command}")')
        return target.read_bytes()

    def _start(self, *arguments: str) -> None:
        profile = (self.folder / "profile").as_uri()
        command = [str(self.soffice), f"-env:UserInstallation={profile}", "--headless", "--norestore", *arguments]
        environment = {"PATH": os.defpath, "HOME": str(self.folder), "LANG": "C.UTF-8", "TMPDIR": str(self.folder)}
        subprocess.run(command, env=environment, check=False, capture_output=True, timeout=LIMIT_SECONDS)
