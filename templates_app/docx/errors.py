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


class ReviseError(DocxError):
    """The text cannot be changed as proposed."""

    code = "revise_error"

    def __init__(self, message: str | None = None, *, revision: str = "") -> None:
        super().__init__(message)
        self.revision = revision       # id of the revision that was refused


class BadRevision(ReviseError):
    """The proposed change is not complete: it needs a text Word can hold, an author and a time with its zone."""

    code = "bad_revision"


class NoSuchPlace(ReviseError):
    """The place does not exist in this file. Read the file again and choose the place anew."""

    code = "no_such_place"


class NothingToChange(ReviseError):
    """The proposed text is the one that stands there already. Propose another one, or nothing."""

    code = "nothing_to_change"


class OverlappingRevisions(ReviseError):
    """Two proposed changes concern the same text. Make them one, or decide the first before you propose the other."""

    code = "overlapping_revisions"


class TouchesChange(ReviseError):
    """A tracked change stands at this place already. Accept or reject it first."""

    code = "touches_change"


class TouchesField(ReviseError):
    """Word computes the text at this place (a page number, reference, table of contents or form field). Change the text
    around it, or the field itself in Word.
    """

    code = "touches_field"


class TouchesControl(ReviseError):
    """The place cuts through a content control, or the control has its text from elsewhere (a list, a date, stored
    data). Choose a place wholly inside or outside, or fill the control.
    """

    code = "touches_control"


class LockedText(ReviseError):
    """The text at this place is locked against changes. Unlock it in Word (Developer › Properties) first."""

    code = "locked_text"


class TouchesObject(ReviseError):
    """Something that is no plain text stands at this place (a picture, note or formula). Change the text around it."""

    code = "touches_object"


class ParagraphNeeded(ReviseError):
    """This paragraph is the last one before a table or of its cell, section, box or document, and has to stay. Remove
    its text instead.
    """

    code = "paragraph_needed"


class NoSuchChange(DocxError):
    """The file has no tracked change of this number that can be decided here. Read the file's changes again."""

    code = "no_such_change"
