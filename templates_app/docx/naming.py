"""Names of fields: a label for people and a key for programs."""

from __future__ import annotations

import re
import unicodedata
from functools import lru_cache

from .wording import split_identifier

CYRILLIC = dict(
    zip(
        "абвгдеёжзийклмнопрстуфхцчшщъыьэюяіїєґђјљњћџў",
        (
            "a b v g d e e zh z i y k l m n o p r s t u f kh ts ch sh shch _ y _ e yu ya i yi ye g dj j lj nj c dz u"
        ).split(),
        strict=True,
    )
)
GREEK = dict(
    zip("αβγδεζηθικλμνξοπρσςτυφχψω", "a v g d e z i th i k l m n x o p r s s t y f ch ps o".split(), strict=True)
)
ARABIC = dict(
    zip(
        "ابتثجحخدذرزسشصضطظعغفقكلمنهويىةءأإآؤئپچژگکی",
        "a b t th j h kh d dh r z s sh s d t z a gh f q k l m n h w y a h _ a i a w y p ch zh g k y".split(),
        strict=True,
    )
)
HEBREW = dict(
    zip("אבגדהוזחטיכךלמםנןסעפףצץקרשת", "a b g d h v z h t y k k l m m n n s a p p ts ts k r sh t".split(), strict=True)
)
HAN = {
    "姓名": "name", "氏名": "name", "名称": "title", "名前": "name", "性别": "sex", "性別": "sex",
    "出生": "birth", "生年月日": "birth_date", "日期": "date", "日付": "date", "年月日": "date",
    "电话": "phone", "電話": "phone", "手机": "mobile", "番号": "number", "编号": "number", "号码": "number",
    "地址": "address", "住址": "address", "住所": "address", "所在地": "address", "邮箱": "email",
    "部门": "department", "部署": "department", "所属": "department", "职位": "position", "职务": "position",
    "役職": "position", "公司": "company", "会社": "company", "单位": "organization", "签名": "signature",
    "签字": "signature", "署名": "signature", "备注": "remarks", "備考": "remarks", "说明": "description",
    "描述": "description", "内容": "content", "金额": "amount", "金額": "amount", "数量": "quantity",
    "负责人": "owner", "担当者": "owner", "责任": "responsible", "版本": "version", "文件": "document",
    "项目": "project", "审核": "review", "批准": "approval", "编制": "author", "原因": "reason",
    "联系": "contact", "身份证": "identity_card", "国籍": "nationality", "年龄": "age", "学历": "education",
}  # fmt: skip
HAN_WORDS = re.compile("|".join(sorted(HAN, key=len, reverse=True)))
SPECIAL = {
    "ß": "ss",
    "æ": "ae",
    "œ": "oe",
    "ø": "o",
    "å": "a",
    "ł": "l",
    "đ": "d",
    "ð": "d",
    "þ": "th",
    "ı": "i",
    "&": " and ",
}
LETTERS = {**CYRILLIC, **GREEK, **ARABIC, **HEBREW, **SPECIAL}
TABLE = str.maketrans({letter: written.strip("_") for letter, written in LETTERS.items()})
MAX_KEY = 60
MAX_LABEL = 120
NUMBERING = re.compile(
    r"^(?:\(?(?:[a-zA-Z]|\d{1,3}[a-z]?|[ivxIVX]{2,4})[.)]|\d+(?:\.\d+)+\.?|\d{1,3}\s*[-–]|[A-Z]\s+[-–])\s+"
)
KEY = re.compile(r"[a-z][a-z0-9_]*")


@lru_cache(maxsize=4096)
def key_of(label: str) -> str:
    """A snake_case key in ASCII; empty when nothing of the label can be written so."""
    text = split_identifier(label) if re.fullmatch(r"[\w.\-]+", label) else label
    plain = text.casefold().translate(TABLE)
    if not plain.isascii():
        plain = HAN_WORDS.sub(lambda match: f" {HAN[match[0]]} ", plain)
        plain = "".join(_ascii(char) for char in plain)
    words = re.findall(r"[a-z0-9]+", plain.replace("'", "").replace("’", ""))
    key = ""
    for word in words:
        if key and len(key) + len(word) >= MAX_KEY:
            break
        key = f"{key}_{word}" if key else word
    key = key[:MAX_KEY].strip("_")
    return key if not key or key[0].isalpha() else f"n_{key}"


def _ascii(char: str) -> str:
    if char.isascii():
        return char
    if unicodedata.category(char).startswith("M"):
        return ""  # a sign above or below its letter
    base = "".join(c for c in unicodedata.normalize("NFKD", char) if c.isascii())
    if base:
        return base
    if char.isalpha():  # other scripts: the words of the character's Unicode name that spell it
        return _spelled(char)
    return " "


def _spelled(char: str) -> str:
    name = unicodedata.name(char, "")
    if name.startswith("CJK"):
        return f"u{ord(char):x}"
    return name.rsplit(" ", 1)[-1].lower() if "LETTER" in name or "SYLLABLE" in name or "CHARACTER" in name else " "


def unique_key(key: str, taken: dict[str, int]) -> str:
    """The key, or the key with the next free number; ``taken`` remembers both the keys and how far each has counted."""
    n = taken.get(key, 0)
    free = key
    while free in taken:
        n = max(n, 1) + 1
        free = f"{key}_{n}"
    taken[key] = n
    taken.setdefault(free, 0)
    return free


@lru_cache(maxsize=4096)
def clean_label(text: str) -> str:
    """A label without its colon, its asterisk and its numbering, cut at a word."""
    text = " ".join(text.split()).strip(" :：,;*.…_-–—|•\t")
    text = NUMBERING.sub("", text, count=1) or text
    text = re.sub(r"\s*[:：]\s*[:：]", ":", text)
    if len(text) > MAX_LABEL:
        text = text[:MAX_LABEL].rsplit(" ", 1)[0] + "…"
    return text[:1].upper() + text[1:]
