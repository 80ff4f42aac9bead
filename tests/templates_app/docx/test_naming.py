from __future__ import annotations

import pytest

from templates_app.docx.naming import KEY, clean_label, key_of, unique_key


@pytest.mark.parametrize(
    ("label", "key"),
    [
        ("Company name", "company_name"),
        ("customerName", "customer_name"),
        ("Дата рождения", "data_rozhdeniya"),
        ("Größe (m²)", "grosse_m2"),
        ("Nom de l'entreprise", "nom_de_lentreprise"),
        ("Ονομα", "onoma"),
        ("2nd contact", "n_2nd_contact"),
        ("Årsak til varsel", "arsak_til_varsel"),
        ("R&D budget", "r_and_d_budget"),
        ("", ""),
        ("—", ""),
    ],
)
def test_keys(label: str, key: str) -> None:
    assert key_of(label) == key


@pytest.mark.parametrize("label", ["姓名", "이름", "الاسم", "שם", "名前 2", "ชื่อ", "नाम", "x" * 300, "a " * 200])
def test_keys_of_every_script_are_keys(label: str) -> None:
    assert KEY.fullmatch(key_of(label))
    assert len(key_of(label)) <= 62


def test_keys_are_unique_and_numbered() -> None:
    taken: dict[str, int] = {}
    assert [unique_key(k, taken) for k in ("date", "date", "date_2", "date", "name")] == [
        "date",
        "date_2",
        "date_2_2",
        "date_3",
        "name",
    ]


def test_a_thousand_equal_keys_take_no_time() -> None:
    taken: dict[str, int] = {}
    assert len({unique_key("yes", taken) for _ in range(20_000)}) == 20_000


@pytest.mark.parametrize(
    ("text", "label"),
    [
        ("  name : ", "Name"),
        ("01 -   Full name", "Full name"),
        ("a) first", "First"),
        ("Num. of users", "Num. of users"),
        ("1.2 Scope:", "Scope"),
        ("E-mail *", "E-mail"),
        ("Father's:: name", "Father's: name"),
    ],
)
def test_labels_are_cleaned(text: str, label: str) -> None:
    assert clean_label(text) == label


def test_long_labels_are_cut_at_a_word() -> None:
    assert clean_label("word " * 60).endswith("word…")
