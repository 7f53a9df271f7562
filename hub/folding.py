"""What spellings have in common: texts are folded before they are searched, and so is what is looked for.

Accents, apostrophes and the ʻokina make no difference, nor do letters' case and width. In scripts that put no spaces
between words every two neighbours are a word of their own, so that words inside a text are found.
"""

import re
import unicodedata
from collections.abc import Iterator
from itertools import pairwise

GRAM = "zq"
_APOSTROPHES = "'`´ʹʻʼʽʾʿˈ‘’‛′՚ꞌ＇"
_UNCOMPOSED = {"ø": "o", "Ø": "o", "ł": "l", "Ł": "l", "đ": "d", "Đ": "d", "ð": "d", "Ð": "d", "þ": "th", "Þ": "th"}
_UNCOMPOSED |= {"æ": "ae", "Æ": "ae", "œ": "oe", "Œ": "oe", "ı": "i"}
_TABLE = str.maketrans({**dict.fromkeys(_APOSTROPHES, ""), **_UNCOMPOSED})
# The marks of Latin, Greek, Cyrillic, Hebrew and Arabic, which may be left out; those of Indian scripts are vowels.
_MARKS = re.compile(r"[\u0300-\u036f\u0483-\u0487\u0591-\u05bd\u064b-\u065f\u1ab0-\u1aff\u1dc0-\u1dff]")
# Thai, Lao, Burmese, Khmer, kana, Chinese characters, Korean syllables.
_UNSPACED = re.compile(
    r"[\u0e01-\u0e4e\u0e81-\u0edf\u1000-\u109f\u1780-\u17d3\u3005-\u3007\u3041-\u3096\u309d-\u309f\u30a1-\u30fa"
    r"\u30fc-\u30ff\u31f0-\u31ff\u3400-\u4dbf\u4e00-\u9fff\uac00-\ud7a3\uf900-\ufaff\U00020000-\U0003134f]+"
)
_WORD = re.compile(r"[^\W_]+")


def fold(text: str) -> str:
    """`text` without what spellings differ in."""
    if text.isascii():
        return text.replace("'", "").replace("`", "").lower()
    plain = unicodedata.normalize("NFKD", text.translate(_TABLE).casefold())
    return unicodedata.normalize("NFC", _MARKS.sub("", plain).translate(_TABLE))


def folded_words(text: str, *, stored: bool) -> list[str]:
    """The folded words of `text`; of unspaced scripts the pairs of neighbours, as letters and digits.

    A text that is `stored` has the single characters as well, to be found by one alone.
    """
    folded = fold(text)
    if not folded.isascii():
        folded = _UNSPACED.sub(lambda run: f" {' '.join(_grams(run.group(), stored))} ", folded)
    return _WORD.findall(folded)


def _grams(run: str, stored: bool) -> Iterator[str]:
    if stored or len(run) == 1:
        yield from map(_gram, run)
    for first, second in pairwise(run):
        yield _gram(first + second)


def _gram(characters: str) -> str:
    # A digit at the end keeps it from being stemmed.
    return GRAM + "".join(f"{ord(character):x}" for character in characters) + "0"
