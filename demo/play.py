"""A story from its first act to its last, the two outages, and what is said while it runs."""

import asyncio
import time
from collections.abc import Callable
from dataclasses import dataclass
from datetime import datetime, timedelta
from typing import Any, Final

from demo.actors import Book, Company, Entry, NotReceivable
from demo.script import AGENCY_BACK, AGENCY_DOWN, VOICE_BACK, VOICE_DOWN, Beginning, Pace, Postman, Story, Turn
from demo.stack import Stack
from demo.stage import Stage
from shared.contracts.peers import Service
from shared.contracts.people import Channel, ReturnWay
from shared.contracts.states import State

LONGEST_WORK: Final = timedelta(days=16)
VISITS: Final = 4


@dataclass
class Play:
    """All stories on one stage."""

    stage: Stage
    company: Company
    stack: Stack
    say: Callable[[str], None]

    @property
    def book(self) -> Book:
        return self.company.book

    # ------------------------------------------------------------------------------------------------ one story

    async def story(self, story: Story) -> None:
        await self.stage.until(story.begins_at)
        try:
            entry = await self._beginning(story)
        except NotReceivable as reason:
            self.book.given_up.append(f"{story.competence.procedure}: {reason}")
            return
        if entry and not entry.on_the_spot:
            await self._middle(entry)
            await self._end(entry)

    async def _beginning(self, story: Story) -> Entry | None:
        """The dossier as received, or nothing where it ends before."""
        if story.beginning in (Beginning.COMPLETE, Beginning.ON_THE_SPOT) and story.channel is not Channel.ONLINE:
            return await self.company.receive(story)
        entry = await self.company.submit(story)
        await self._next()
        match story.beginning:
            case Beginning.REFUSED:
                await self.company.refuse(entry)
            case Beginning.WITHDRAWN:
                await self.company.withdraw(entry)
            case _:
                if story.channel is Channel.ONLINE:
                    await self.company.fee_before_acceptance(entry)
                await self.company.accept(entry)
                return entry
        return None

    async def _middle(self, entry: Entry) -> None:
        """The agency works: papers taken over, taken up, passed on from step to step, decided, completed."""
        story, company = entry.story, self.company
        on_paper = story.channel is not Channel.ONLINE
        if on_paper:
            await company.hand_over_papers(entry)
        case = await company.case_of(entry, papers=on_paper)
        visits = self._visits(story, datetime.fromisoformat(case["appointment_at"]))
        await self.stage.until(visits.pop(0))
        if on_paper:
            await company.agency_moves(entry, "take-over-papers")
        await company.agency_moves(entry, "take-up", {"note": "Đã kiểm tra thành phần hồ sơ"})
        if again := await self._turn(entry):
            case = again | {"steps": case["steps"]}
            visits = self._visits(story, datetime.fromisoformat(case["appointment_at"]))
        steps = len(case["steps"]) - case["current_step"]
        share = -(-steps // len(visits))
        for instant in visits:
            await self.stage.until(instant)
            if story.pace is Pace.LATE and instant > datetime.fromisoformat(case["appointment_at"]):
                await company.apologise(entry)
            for _ in range(min(share, steps)):
                await company.agency_moves(entry, "pass-on")
            steps -= min(share, steps)
            if story.pace is Pace.UNFINISHED:
                return
        await company.decide(entry)
        if story.way is not ReturnWay.ONLINE:
            await company.agency_moves(entry, "hand-over-result")

    async def _turn(self, entry: Entry) -> dict[str, Any] | None:
        """What comes in between; then the case with its new appointment."""
        match entry.story.turn:
            case Turn.SUPPLEMENT:
                await self.company.ask_for_more(entry)
                await self._next(6)
                return await self.company.bring_what_was_missed(entry)
            case Turn.FEE:
                await self.company.ask_for_a_fee(entry)
                await self._next(2)
                return await self.company.pay_the_fee(entry)
            case Turn.SUSPENDED:
                await self.company.suspend(entry)
                await self._next(10)
                return await self.company.resume(entry)
            case _:
                return None

    def _visits(self, story: Story, due: datetime) -> list[datetime]:
        """When the agency sits over it: at least twice, the last time with the result."""
        now = self.stage.now
        ahead = self.stage.between(now, min(due - timedelta(hours=4), now + LONGEST_WORK))
        if story.pace is Pace.LATE:
            ahead = self.stage.between(now, due + timedelta(days=4))
            late = [instant for instant in ahead if instant > due]
            ahead = [instant for instant in ahead if instant <= due] + late[:1] if late else ahead
            last = len(ahead)
        else:
            last = story.chance.randint(len(ahead) // 3, len(ahead)) if ahead else 0
        chosen = ahead[:last]
        if len(chosen) < 2:
            return [*(chosen or [now]), chosen[-1] if chosen else now]
        return [*sorted(story.chance.sample(chosen[:-1], min(VISITS, len(chosen)) - 1)), chosen[-1]]

    async def _end(self, entry: Entry) -> None:
        """The result goes back to people."""
        if entry.state is not State.COMPLETED:
            return
        await self.company.hears_of_completion(entry)
        await self._next()
        match entry.story.way:
            case ReturnWay.DESK:
                await self.company.result_at_desk(entry)
                await self._next(entry.story.chance.randint(1, 14))
                await self.company.hand_out(entry)
            case ReturnWay.ONLINE:
                await self.company.deliver_online(entry)
            case ReturnWay.POST:
                await self.company.result_at_desk(entry)
                await self._by_post(entry, entry.story.postman)

    async def _by_post(self, entry: Entry, postman: Postman) -> None:
        number = await self.company.post_result(entry)
        for code in ("accepted", "in_transit", "out_for_delivery"):
            await self._next()
            await self.company.carrier_reports(entry, number, code, State.IN_POST)
        match postman:
            case Postman.DELIVERS:
                await self.company.carrier_reports(entry, number, "delivered", State.RETURNED)
            case Postman.COMES_TWICE:
                await self.company.carrier_reports(entry, number, "attempt_failed", State.IN_POST, "Người nhận đi vắng")
                await self._next(3)
                await self.company.carrier_reports(entry, number, "delivered", State.RETURNED)
            case Postman.HOLDS:
                await self.company.carrier_reports(entry, number, "held", State.IN_POST, "Người nhận hẹn đến bưu cục")
                await self._next(5)
                await self.company.carrier_reports(entry, number, "collected", State.RETURNED)
            case Postman.SENDS_BACK:
                await self.company.carrier_reports(entry, number, "attempt_failed", State.IN_POST, "Không tìm thấy địa chỉ")
                await self._next(2)
                await self.company.carrier_reports(entry, number, "sending_back", State.IN_POST)
                await self._next(2)
                await self.company.carrier_reports(entry, number, "sent_back", State.COMPLETED)
                await self._next(2)
                await self._by_post(entry, Postman.DELIVERS)

    async def _next(self, steps: int = 1) -> None:
        await self.stage.until(self.stage.later(steps))

    # ------------------------------------------------------------------------------------------------ outages

    async def agency_fails(self) -> None:
        await self._outage(Service.PROCESSING, AGENCY_DOWN, AGENCY_BACK)

    async def voice_fails(self) -> None:
        await self._outage(Service.NOTIFICATIONS, VOICE_DOWN, VOICE_BACK)

    async def _outage(self, service: Service, down_at: datetime, back_at: datetime) -> None:
        await self.stage.until(down_at)
        # Not before the day's work has begun: it is to be hit in the middle of it.
        await asyncio.sleep(0.1)
        before, on_the_spot = len(self.book.entries), self._on_the_spot()
        self.stage.shut(service)
        pid = await self.stack.kill(service)
        self.say(f"  {down_at:%d %b %H:%M}  kill -9 {service} (pid {pid}); the desk goes on receiving")
        await self.stage.until(back_at)
        came, at_once = len(self.book.entries) - before, self._on_the_spot() - on_the_spot
        waiting = (await self.company.line.health(Service.INTAKE))["undelivered"]
        await self.stack.start_service(service)
        started = time.monotonic()
        self.stage.open(service)
        await self.stage.rest()
        self.say(
            f"  {back_at:%d %b %H:%M}  {service} is back: {came} dossiers came meanwhile, {at_once} of them decided on the spot; "
            f"{waiting} events waited, all taken within {time.monotonic() - started:.1f} s"
        )

    def _on_the_spot(self) -> int:
        return sum(entry.on_the_spot for entry in self.book.entries.values())
