"""Due-date cases line by line, as other systems pipe them in. It needs neither services nor database, and is there at once."""

import json
from collections.abc import Iterable
from pathlib import Path
from typing import BinaryIO, Final

from shared.due_cases import answer_case
from shared.working_time import Calendar

OFFICIAL_CALENDAR: Final = Path(__file__).parent.parent / "shared" / "official_calendar.csv"


def answer_due_cases(lines: Iterable[bytes], out: BinaryIO, calendar_file: Path | None, *, explained: bool) -> bool:
    """One JSON line out per line in, in order; whether all were good. A bad line answers for itself, and the stream goes on."""
    calendar = Calendar.parse((calendar_file or OFFICIAL_CALENDAR).read_text(encoding="utf-8-sig"))
    all_good = True
    for line in lines:
        answer = answer_case(_case(line), calendar, explained=explained)
        all_good = all_good and "error" not in answer
        # What UTF-8 has no bytes for, half a surrogate pair, is written as JSON escapes it.
        out.write(json.dumps(answer, ensure_ascii=False).encode(errors="backslashreplace") + b"\n")
        out.flush()  # whoever asks line by line waits for each answer
    return all_good


def _case(line: bytes) -> object:
    """What the line says; None if it is empty, no JSON, no UTF-8, or nested without end."""
    try:
        return json.loads(line)
    except (ValueError, RecursionError):
        return None
