"""What can go wrong with templates and documents."""

from __future__ import annotations

from accounts_app.errors import BadInput, Conflict, DnaError


class WordFileRefused(BadInput):
    """The Word file cannot be read."""

    code = "word_file_refused"


class WordChildFailed(DnaError):
    """Reading the Word file failed on our side. Try again; if it fails again, send us the file."""

    code = "word_child_failed"
    retryable = True


class TemplateNotReady(Conflict):
    """The template has not been read yet. Wait for its job to complete."""

    code = "template_not_ready"


class TemplateArchived(Conflict):
    """The template is archived. A manager can restore it."""

    code = "template_archived"


class DocumentNotReady(Conflict):
    """The document is still being made. Wait for its job to complete."""

    code = "document_not_ready"


class BadField(BadInput):
    """The field cannot be changed like this."""

    code = "bad_field"


class BadValues(BadInput):
    """Some values do not fit the template's fields."""

    code = "bad_values"


class MissingValues(BadInput):
    """Fields that must be filled are empty. Give values for them, or say that the document may be partial."""

    code = "missing_values"


class UndecidedChanges(Conflict):
    """The template holds tracked changes that wait to be accepted or rejected. Decide about them first."""

    code = "undecided_changes"


class DraftDecided(Conflict):
    """The document was made with what was decided about this text; it cannot be decided anew."""

    code = "draft_decided"


class DraftNotReady(Conflict):
    """The texts of this document are still being written. Try again in a moment."""

    code = "draft_not_ready"


class BatchNotReady(Conflict):
    """The documents are still being made. Wait for the job to complete."""

    code = "batch_not_ready"


class PdfUnavailable(DnaError):
    """PDFs are made by LibreOffice, which is not installed here. Ask whoever runs the site to install it."""

    code = "pdf_unavailable"
    http_status = 501


class PagesUnavailable(DnaError):
    """Pictures of pages are made by pdftoppm (poppler-utils), which is not installed here."""

    code = "pages_unavailable"
    http_status = 501


class PdfFailed(DnaError):
    """LibreOffice could not make a PDF of this document."""

    code = "pdf_failed"


class ReviewNotReady(Conflict):
    """The review is still being made. Wait for its job to complete."""

    code = "review_not_ready"


class FindingDecided(Conflict):
    """The finding was applied before; change the field to undo it."""

    code = "finding_decided"


class NothingToApply(BadInput):
    """This finding has no change of a field or text that could be applied. Mend the Word file, or ignore it."""

    code = "nothing_to_apply"


class BadFact(BadInput):
    """The fact cannot be kept like this."""

    code = "bad_fact"


class BadRows(BadInput):
    """Some rows of the file cannot be used. Nothing was written."""

    code = "bad_rows"


class TableRefused(BadInput):
    """The file cannot be read as a table. Send CSV (UTF-8) or XLSX with the names of the columns in the first row."""

    code = "table_refused"


class NobodyServed(BadInput):
    """A document could be made for none of these customers. Nothing was written."""

    code = "nobody_served"


class NothingMade(Conflict):
    """None of these documents is ready. Wait until one is made, then download them."""

    code = "nothing_made"


class TemplateChanged(Conflict):
    """The template's Word file was changed meanwhile. Review it again, then apply what still holds."""

    code = "template_changed"


class TemplateBusy(Conflict):
    """The template's Word file is being read or changed. Wait for that job to complete, then do it again."""

    code = "template_busy"


class NothingToDecide(Conflict):
    """None of these findings has tracked changes in the Word file that wait to be accepted or rejected."""

    code = "nothing_to_decide"
