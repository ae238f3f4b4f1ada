"""Officers of the agency by name: registered, with the tokens they carry."""

from dataclasses import dataclass, replace
from typing import Any
from urllib.parse import quote
from uuid import UUID

from shared.contracts.peers import Service
from tests.processing.conftest import AGENCY, PROVINCE, Staff, staff
from tests.stack import Caller, Stack, rows

LAN, MINH, NGA = "Lan", "Minh", "Nga"


def subject(name: str, role: str = "case_officer", office: str = AGENCY) -> str:
    """As the development issuer names them."""
    return f"{role}@{office}:{name}"


@dataclass
class People:
    """The unit's head, its administrator, and officers who are registered under the names their tokens carry."""

    stack: Stack

    def __post_init__(self) -> None:
        self.administrator = self.stack.caller(Service.PROCESSING, "administrator", PROVINCE, name="Quản trị")
        self.head = staff(self.stack, "leader", AGENCY, name="Hoa")

    async def registers(self, *names: str, role: str = "case_officer", office: str = AGENCY, **more: Any) -> None:
        body = [{"subject": subject(name, role, office), "name": name, "office": office, "roles": [role], **more} for name in names]
        await self.done(await self.administrator.put("/officers", body))

    async def assigns_by(self, *rules: dict[str, Any], office: str = AGENCY, **more: Any) -> None:
        await self.done(await self.administrator.put(f"/offices/{office}/assigning", {"rules": rules, **more}))

    async def gives(self, case: UUID, name: str, reason: str | None = None) -> Any:
        return await self.head.tries(case, "assign", {"officer": subject(name)} | ({"reason": reason} if reason else {}))

    async def leaves(self, name: str, *, to: str | None = None) -> Any:
        body = {"reason": "Chuyển công tác"} | ({"to": subject(to)} if to else {})
        answer = await self.head.caller.post(f"/officers/{quote(subject(name), safe='')}/departure", body)
        await self.stack.settle()
        return answer

    async def delegates(self, principal: str, deputy: str, from_on: str, to_on: str, **claims: Any) -> Any:
        body = {"deputy": deputy, "from_on": from_on, "to_on": to_on}
        return await self.head.caller.post(f"/officers/{quote(principal, safe='')}/delegations", body)

    def of(self, name: str, role: str = "case_officer", office: str = AGENCY) -> Staff:
        return staff(self.stack, role, office, name=name)

    def instead(self, deputy: Staff, principal: str) -> Staff:
        """The same officer, in the place of another."""
        caller: Caller = replace(deputy.caller, acting_for=principal)
        return Staff(caller)

    async def has(self, case: UUID) -> str | None:
        assigned = (await self.head.sees(case))["assigned"]
        return assigned and assigned["name"]

    async def journal(self, case: UUID) -> list[tuple[str, str, str | None]]:
        lines = (await self.head.sees(case))["journal"]
        return [(line["action"], line["by"], line["note"]) for line in lines]

    async def done(self, answer: Any) -> None:
        assert answer.is_success, answer.text

    async def holdings(self) -> dict[str, int]:
        """How many cases each really has."""
        query = "select assignee_name as name, count(*) as n from processing.case where assignee is not null group by 1"
        return {row["name"]: row["n"] for row in await rows(self.stack.runtime(Service.PROCESSING), query)}
