"""Why a file is refused. The docstring of each class is its sentence for the person who brought the file."""

from __future__ import annotations


class DocxError(Exception):
    """The Word file could not be processed."""

    code = "docx_error"

    def __init__(self, message: str | None = None) -> None:
        super().__init__(message or " ".join((type(self).__doc__ or "").split()))

    @property
    def message(self) -> str:
        return str(self)


class Refused(DocxError):
    """The file cannot be read as a Word document."""

    code = "refused"


class EmptyFile(Refused):
    """The file is empty (0 bytes). Save it again in Word and upload the new copy."""

    code = "empty_file"


class NotAWordFile(Refused):
    """This is not a Word file. Upload a .docx, .docm, .dotx or .dotm file saved by Word or a compatible program."""

    code = "not_a_word_file"


class LegacyWordFile(Refused):
    """This is an old Word 97–2003 file (.doc), whatever its name says. Open it in Word and save it as .docx."""

    code = "legacy_word_file"


class EncryptedFile(Refused):
    """The file is protected by a password. Remove the password in Word (File › Info › Protect Document) and upload it
    again.
    """

    code = "encrypted_file"


class DamagedFile(Refused):
    """The file is damaged or incomplete. Open it in Word, let Word repair it, save it and upload the new copy."""

    code = "damaged_file"


class MissingMainPart(Refused):
    """The file has no main document inside, or its parts have wrong names. Open it in Word and save it as .docx."""

    code = "missing_main_part"


class TooLarge(Refused):
    """The file is larger than DNA reads. Remove large pictures or split the document."""

    code = "too_large"


class TooComplex(TooLarge):
    """The file would take more memory or time than DNA gives to one file. Split it or simplify its tables."""

    code = "too_complex"


class UnsafeFile(Refused):
    """The file holds constructions that no Word program writes (for instance a DOCTYPE) and is refused for safety."""

    code = "unsafe_file"


class FillError(DocxError):
    """The values do not fit the template."""

    code = "fill_error"


class UnfilledFields(FillError):
    """Some fields have no value. Give a value for each, or let them stay as they stand."""

    code = "unfilled_fields"
