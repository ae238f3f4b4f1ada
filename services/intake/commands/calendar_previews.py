"""What a new calendar would do to open cases: the calendars are ours, the cases are the agency's, so we ask."""

from collections.abc import Sequence

import httpx

from services.intake import calendars
from services.intake.calendars import Calendars
from services.intake.commands.calendars import base_for
from services.intake.domain.calendars import laid_over, must_be_rows
from shared.contracts.events import NATIONAL_CALENDAR
from shared.contracts.peers import Service
from shared.contracts.previews import CalendarDraft, CalendarPreview, PreviewAsked
from shared.errors import NotPermitted, Unavailable
from shared.officers import Officer
from shared.runtime import Transaction
from shared.working_time import Calendar, CalendarDay, write_days

ANSWER_SECONDS = 60.0


async def preview(tx: Transaction, key: str, own: Sequence[CalendarDay], *, by: Officer | None) -> CalendarPreview:
    """Nothing is written. `by` None: the operator, who looks at everybody's cases. Raises NotFound, CalendarRowsWrong, Unavailable."""
    known = await calendars.read(tx)
    if key == NATIONAL_CALENDAR:
        if by:
            raise NotPermitted("The national calendar is the operator's: motcua calendar preview FILE.")
    else:
        if by:
            by.must_see({known.tree.offices[key].code} if key in known.tree.offices else {key}, f"office {key}")
        must_be_rows(own, known.whole(base_for(known, key)))
    asked = PreviewAsked(drafts=_drafts(known, key, own), offices=by.scope if by else None)
    body = asked.model_dump_json().encode()
    url = f"{tx.runtime.settings.url_of(Service.PROCESSING)}/v1/calendar-previews"
    headers = {"content-type": "application/json"} | tx.runtime.signer.sign(body)
    try:
        answer = await tx.runtime.http.post(url, content=body, headers=headers, timeout=ANSWER_SECONDS)
        answer.raise_for_status()
    except httpx.HTTPError as error:
        raise Unavailable("The agency's service, which knows the open cases, does not answer; ask again shortly.") from error
    return CalendarPreview.model_validate_json(answer.content)


def _drafts(known: Calendars, key: str, own: Sequence[CalendarDay]) -> tuple[CalendarDraft, ...]:
    """This calendar and all that lie over it, whole, as they would be published."""
    whole: dict[str, Calendar] = {key: known.merged(key, own)}
    for above in known.from_the_top():
        base = known.base_of(above)
        if above != key and base and base.key in whole:
            whole[above] = laid_over(whole[base.key], known.in_force[above].own)
    return tuple(CalendarDraft(key=name, rows=write_days(calendar.days)) for name, calendar in whole.items())
