"""Dates in the form a template asks for, and in its language."""

from __future__ import annotations

from datetime import date

import pytest

from templates_app.docx.dates import customary_date, format_date, picture_in

DAY = date(2026, 3, 5)


@pytest.mark.parametrize(
    ("picture", "language", "text"),
    [
        ("dd.MM.yyyy", "", "05.03.2026"),
        ("M/d/yy", "en-US", "3/5/26"),
        ("dddd, MMMM d, yyyy", "en-US", "Thursday, March 5, 2026"),
        ("d 'de' MMMM 'de' yyyy", "es-ES", "5 de marzo de 2026"),
        ("d MMMM yyyy", "ru-RU", "5 марта 2026"),
        ("MMMM yyyy", "ru-RU", "март 2026"),
        ("d. MMMM yyyy", "de-AT", "5. März 2026"),
        ("ddd d MMM", "", "Thu 5 Mar"),
        ("TT.MM.JJJJ", "de-DE", "05.03.2026"),
        ("JJ/MM/AAAA", "fr-FR", "05/03/2026"),
        ("дд.мм.гггг", "ru-RU", "05.03.2026"),
        ("Month DD, YYYY", "en-US", "March 05, 2026"),
        ("yyyy年M月d日", "ja-JP", "2026年3月5日"),
        ("'o''clock' d", "", "oclock 5"),
        ("", "de", ""),
    ],
)
def test_pictures(picture: str, language: str, text: str) -> None:
    assert format_date(DAY, picture, language) == text


@pytest.mark.parametrize(
    ("language", "text"),
    [
        ("de-DE", "05.03.2026"),
        ("en-US", "Mar 5, 2026"),
        ("en-GB", "5 Mar 2026"),
        ("nn-NO", "5. mars 2026"),
        ("zh-CN", "2026年3月5日"),
        ("de-XX", "05.03.2026"),
        ("x-none", "2026-03-05"),
        ("", "2026-03-05"),
    ],
)
def test_what_is_customary(language: str, text: str) -> None:
    assert customary_date(DAY, language) == text


@pytest.mark.parametrize(
    ("marker", "picture"),
    [
        ("[DD.MM.YYYY]", "DD.MM.YYYY"),
        ("<Month DD, YYYY>", "MMMM DD, YYYY"),
        ("«дд.мм.гггг»", "dd.MM.yyyy"),
        ("{{ Month Year }}", "MMMM yyyy"),
        ("MM/YYYY", "MM/YYYY"),
        ("[Date]", ""),
        ("[Day]", ""),
        ("YYYY", ""),
        ("____", ""),
        ("", ""),
    ],
)
def test_markers_that_show_the_format(marker: str, picture: str) -> None:
    assert picture_in(marker) == picture
