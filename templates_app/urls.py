"""The pages of this app."""

from __future__ import annotations

from django.urls import path

from templates_app import batch_pages, document_pages, fact_pages, pages, review_pages, round_pages, version_pages

urlpatterns = [
    path("", pages.template_list, name="templates"),
    path("templates/upload/", pages.template_upload, name="template_upload"),
    path("templates/<uuid:template_id>/", pages.template_page, name="template"),
    path("templates/<uuid:template_id>/preview/", pages.template_preview_fragment, name="template_preview"),
    path("templates/<uuid:template_id>/file/", pages.template_file, name="template_file"),
    path("templates/<uuid:template_id>/parse/", pages.template_parse, name="template_parse"),
    path("templates/<uuid:template_id>/replace/", version_pages.template_replace, name="template_replace"),
    path("templates/<uuid:template_id>/duplicate/", version_pages.template_duplicate, name="template_duplicate"),
    path("templates/<uuid:template_id>/versions/", version_pages.template_versions, name="template_versions"),
    path("templates/<uuid:template_id>/versions/<int:number>/", version_pages.version_file, name="version_file"),
    path("templates/<uuid:template_id>/settings/", pages.template_settings, name="template_settings"),
    path("templates/<uuid:template_id>/archive/", pages.template_archive, name="template_archive"),
    path("templates/<uuid:template_id>/restore/", pages.template_restore, name="template_restore"),
    path("templates/<uuid:template_id>/fields/<str:key>/", pages.template_field, name="template_field"),
    path("templates/<uuid:template_id>/fill/", pages.template_fill, name="template_fill"),
    path("templates/<uuid:template_id>/reviews/", review_pages.template_reviews, name="template_reviews"),
    path("templates/<uuid:template_id>/review/", review_pages.template_review, name="template_review"),
    path("templates/<uuid:template_id>/kind/", review_pages.template_classification, name="template_classification"),
    path("reviews/<uuid:review_id>/", review_pages.review_page, name="review"),
    path("reviews/<uuid:review_id>/apply/", review_pages.review_apply, name="review_apply"),
    path("reviews/<uuid:review_id>/decide/", review_pages.review_decide, name="review_decide"),
    path("reviews/<uuid:review_id>/ignore/", review_pages.review_ignore, name="review_ignore"),
    path("standards/", review_pages.standard_list, name="standards"),
    path("standards/<slug:standard_id>/", review_pages.standard_page, name="standard"),
    path("templates/<uuid:template_id>/facts/", fact_pages.template_facts, name="template_facts"),
    path("facts/", fact_pages.fact_list, name="facts"),
    path("facts/import/", fact_pages.fact_import, name="fact_import"),
    path("facts/<slug:key>/", fact_pages.fact_page, name="fact"),
    path("facts/<slug:key>/remove/", fact_pages.fact_remove, name="fact_remove"),
    path("documents/", document_pages.document_list, name="documents"),
    path("documents/<uuid:document_id>/", document_pages.document_page, name="document"),
    path("documents/<uuid:document_id>/file/", document_pages.document_file, name="document_file"),
    path("documents/<uuid:document_id>/pdf/", document_pages.document_pdf, name="document_pdf"),
    path("documents/<uuid:document_id>/facts/", document_pages.document_keep, name="document_keep"),
    path("documents/<uuid:document_id>/drafts/<str:key>/", document_pages.draft_decide, name="draft_decide"),
    path("templates/<uuid:template_id>/batch/", batch_pages.template_batch, name="template_batch"),
    path("templates/<uuid:template_id>/customers/", round_pages.template_round, name="template_round"),
    path("rounds/<uuid:round_id>/file/", round_pages.round_file, name="round_file"),
    path("batches/<uuid:batch_id>/", batch_pages.batch_page, name="batch"),
    path("batches/<uuid:batch_id>/file/", batch_pages.batch_file, name="batch_file"),
]
