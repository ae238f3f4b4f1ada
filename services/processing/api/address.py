"""What stands in the address of a request: which case, how much of a list."""

from typing import Annotated, Final

from fastapi import Path, Query

STORABLE: Final = r"^[^\x00]+$"

Name = Annotated[str, Path(description="Id or code", max_length=100, pattern=STORABLE)]
Limit = Annotated[int, Query(ge=1, le=200)]
After = Annotated[str | None, Query(description="`next` of the page before")]
InOffice = Annotated[str | None, Query(description="The competent office, with what lies under it", max_length=100, pattern=STORABLE)]
