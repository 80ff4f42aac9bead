"""The pages of this app."""

from __future__ import annotations

from django.urls import path

from templates_app import pages

urlpatterns = [
    path("", pages.template_list, name="templates"),
    path("templates/upload/", pages.template_upload, name="template_upload"),
    path("templates/<uuid:template_id>/", pages.template_page, name="template"),
    path("templates/<uuid:template_id>/preview/", pages.template_preview_fragment, name="template_preview"),
    path("templates/<uuid:template_id>/file/", pages.template_file, name="template_file"),
    path("templates/<uuid:template_id>/parse/", pages.template_parse, name="template_parse"),
    path("templates/<uuid:template_id>/archive/", pages.template_archive, name="template_archive"),
    path("templates/<uuid:template_id>/restore/", pages.template_restore, name="template_restore"),
    path("templates/<uuid:template_id>/fields/<str:key>/", pages.template_field, name="template_field"),
    path("templates/<uuid:template_id>/fill/", pages.template_fill, name="template_fill"),
    path("documents/", pages.document_list, name="documents"),
    path("documents/<uuid:document_id>/", pages.document_page, name="document"),
    path("documents/<uuid:document_id>/file/", pages.document_file, name="document_file"),
]
