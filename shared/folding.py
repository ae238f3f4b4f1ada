"""Names as people search for them: without diacritics, in small letters, word by word."""

import re
import unicodedata
from functools import lru_cache
from typing import Final

# Letters with a bar, which no decomposition takes away; the other two are đ as old fonts and foreign keyboards wrote it.
_BARRED: Final = str.maketrans("đðɖ", "ddd")
_WORD: Final = re.compile(r"[^\W_]+")


def fold(text: str) -> str:
    """The words of `text` without diacritics, in small letters, one space between them: "NGUYỄN  Văn Đạt" is "nguyen van dat".

    However it was typed, composed or decomposed. What is neither letter nor digit only parts words. Folding twice changes nothing.
    """
    small = unicodedata.normalize("NFC", text).lower()
    return " ".join(bare for written in small.split() if (bare := _bare(written)))


@lru_cache(maxsize=16_384)
def _bare(written: str) -> str:
    letters = (letter for letter in unicodedata.normalize("NFD", written) if unicodedata.category(letter) != "Mn")
    return " ".join(_WORD.findall("".join(letters).translate(_BARRED)))
