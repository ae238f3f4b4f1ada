"""Who may what: every route of every service, with every role, and from every side of a dossier."""

from typing import Any, Final

import pytest
from fastapi.routing import iter_route_contexts

from shared.contracts.peers import Service
from shared.contracts.permissions import PERMISSIONS, Action, Role
from shared.officers import Permission
from tests.builders import AGENCY, DESK, ELSEWHERE, PROVINCE, an_application
from tests.house.conftest import House

OPEN, SIGNED = "open to everyone", "signed instead"
INTAKE, PROCESSING, NOTIFICATIONS = Service

EVERYWHERE: Final = {
    "GET /openapi.json": OPEN,
    "GET /docs": OPEN,
    "GET /docs/oauth2-redirect": OPEN,
    "GET /redoc": OPEN,
    "GET /health/live": OPEN,
    "GET /health/ready": OPEN,
    "POST /events": SIGNED,
}

# Written down twice, here and at the routes: a route that asks for another permission than it should does not go unseen.
WHAT_IT_TAKES: Final[dict[Service, dict[str, Action | str]]] = {
    INTAKE: EVERYWHERE
    | {
        "GET /v1/procedures": OPEN,
        "GET /v1/procedures/{key:path}": OPEN,
        "PUT /v1/procedures/{key:path}": Action.MANAGE_CATALOGUE,
        "PUT /v1/procedures/{key:path}/policies": Action.MANAGE_CATALOGUE,
        "GET /v1/offices": Action.SEE_OFFICES,
        "PUT /v1/offices/{code}/procedures/{key:path}": Action.MANAGE_OFFICES,
        "GET /v1/calendars": Action.SEE_OFFICES,
        "GET /v1/calendars/{key}": Action.SEE_OFFICES,
        "POST /v1/calendars/{key}/previews": Action.MANAGE_CALENDARS,
        "PUT /v1/calendars/{key}": Action.MANAGE_CALENDARS,
        "GET /v1/calendars/{key}/proposals": Action.MANAGE_CALENDARS,
        "POST /v1/calendars/{key}/proposals/{proposal_id}/approvals": Action.MANAGE_CALENDARS,
        "POST /v1/calendars/{key}/proposals/{proposal_id}/withdrawals": Action.MANAGE_CALENDARS,
        "POST /v1/quotes": Action.QUOTE,
        "POST /v1/dossiers": Action.RECEIVE,
        "GET /v1/dossiers": Action.SEE_DOSSIERS,
        "GET /v1/dossiers/{name}": Action.SEE_DOSSIERS,
        "GET /v1/dossiers/{name}/timeline": Action.SEE_DOSSIERS,
        "POST /v1/dossiers/{name}/supplements": Action.SUPPLEMENT,
        "POST /v1/dossiers/{name}/withdrawals": Action.WITHDRAW,
        "POST /v1/dossiers/{name}/adjustments": Action.ADJUST,
        "POST /v1/dossiers/{name}/adjustment-answers": Action.ANSWER_ADJUSTMENT,
        "POST /v1/dossiers/{name}/supplement-acceptances": Action.ACCEPT_SUPPLEMENT,
        "POST /v1/dossiers/{name}/supplement-returns": Action.ACCEPT_SUPPLEMENT,
        "POST /v1/dossiers/{name}/closures": Action.CLOSE,
        "POST /v1/dossiers/{name}/reminders": Action.REMIND,
        "POST /v1/hand-over-slips": Action.HAND_OVER_PAPERS,
        "GET /v1/hand-over-slips/{number}": Action.SEE_DOSSIERS,
        "GET /v1/papers": Action.SEE_DOSSIERS,
        "POST /v1/dossiers/{name}/amendments": Action.AMEND,
        "POST /v1/dossiers/{name}/annulments": Action.ANNUL,
        "POST /v1/dossiers/{name}/corrections": Action.REQUEST_CORRECTION,
        "GET /v1/dossiers/{name}/repairs": Action.SEE_DOSSIERS,
        "POST /v1/dossiers/{name}/repairs": Action.REPAIR,
        "POST /v1/dossiers/{name}/repairs/{repair_id}/approvals": Action.REPAIR,
        "POST /v1/dossiers/{name}/corrected-returns": Action.RETURN_RESULT,
        "POST /v1/dossiers/{name}/hand-overs": Action.HAND_OVER_PAPERS,
        "POST /v1/dossiers/{name}/result-at-desk": Action.TAKE_OVER_RESULT,
        "POST /v1/dossiers/{name}/returns": Action.RETURN_RESULT,
        "POST /v1/dossiers/{name}/postal-items": Action.POST_RESULT,
        "POST /v1/submissions": Action.SUBMIT,
        "GET /v1/submissions/{name}": Action.SEE_DOSSIERS,
        "POST /v1/submissions/{name}/accept": Action.ACCEPT,
        "POST /v1/submissions/{name}/fee-requests": Action.ASK_FEE,
        "POST /v1/dossiers/{name}/payments": Action.RECORD_PAYMENT,
        "POST /v1/dossiers/{name}/fee-statements": Action.STATE_FEE,
        "POST /v1/dossiers/{name}/fee-reductions": Action.REDUCE_FEE,
        "POST /v1/dossiers/{name}/refunds": Action.REFUND_FEE,
        "GET /v1/fee-settlements": Action.SEE_SETTLEMENTS,
        "POST /v1/submissions/{name}/supplement-requests": Action.REQUEST_SUPPLEMENT,
        "POST /v1/submissions/{name}/refuse": Action.REFUSE,
        "POST /v1/submissions/{name}/redirect": Action.REDIRECT,
        "POST /v1/submissions/{name}/closures": Action.CLOSE,
        "POST /v1/postal-events/{carrier}": SIGNED,
        "GET /v1/lookup/{code}": OPEN,
    },
    PROCESSING: EVERYWHERE
    | {
        "GET /v1/cases": Action.SEE_CASES,
        "GET /v1/cases/{name}": Action.SEE_CASES,
        "GET /v1/cases/{name}/explanation": Action.SEE_CASES,
        "GET /v1/cases/{name}/control-slip": Action.SEE_CASES,
        "GET /v1/cases/{name}/graph": Action.SEE_CASES,
        "GET /v1/processes/{version_id}/{number}/graph": Action.SEE_PROCESSES,
        "GET /v1/procedures/{key:path}/processes/{number}/graph": Action.SEE_PROCESSES,
        "GET /v1/worklist": Action.SEE_CASES,
        "GET /v1/worklist/consultations": Action.SEE_CASES,
        "GET /v1/worklist/silent-consultations": Action.SEE_CASES,
        "GET /v1/worklist/counts": Action.SEE_CASES,
        "POST /v1/hand-over-slips/{number}/take-over": Action.TAKE_OVER_PAPERS,
        "POST /v1/cases/{name}/assign": Action.ASSIGN,
        "POST /v1/cases/{name}/claim": Action.CLAIM,
        "POST /v1/cases/{name}/release": Action.RELEASE,
        "GET /v1/officers": Action.SEE_OFFICERS,
        "PUT /v1/officers": Action.MANAGE_OFFICERS,
        "GET /v1/officers/{subject}": Action.SEE_OFFICERS,
        "PUT /v1/officers/{subject}": Action.MANAGE_OFFICERS,
        "POST /v1/officers/{subject}/departure": Action.LET_GO,
        "POST /v1/officers/{subject}/delegations": Action.DELEGATE,
        "POST /v1/officers/{subject}/delegations/{delegation_id}/end": Action.DELEGATE,
        "GET /v1/offices/{code}/assigning": Action.SEE_OFFICERS,
        "PUT /v1/offices/{code}/assigning": Action.MANAGE_ASSIGNING,
        "GET /v1/corrections": Action.SEE_CASES,
        "POST /v1/cases/{name}/take-up": Action.TAKE_UP,
        "POST /v1/cases/{name}/pass-on": Action.PASS_ON,
        "POST /v1/cases/{name}/pass-back": Action.PASS_BACK,
        "POST /v1/cases/{name}/request-consultation": Action.REQUEST_CONSULTATION,
        "POST /v1/cases/{name}/answer-consultation": Action.ANSWER_CONSULTATION,
        "POST /v1/cases/{name}/request-attendance": Action.REQUEST_ATTENDANCE,
        "POST /v1/cases/{name}/notes": Action.ADD_NOTE,
        "POST /v1/cases/{name}/take-over-papers": Action.TAKE_OVER_PAPERS,
        "POST /v1/cases/{name}/hand-over-result": Action.HAND_OVER_RESULT,
        "POST /v1/cases/{name}/issue-decision": Action.ISSUE_DECISION,
        "POST /v1/cases/{name}/complete": Action.COMPLETE,
        "POST /v1/cases/{name}/correct-result": Action.CORRECT_RESULT,
        "GET /v1/cases/{name}/repairs": Action.SEE_CASES,
        "POST /v1/cases/{name}/repairs": Action.REPAIR,
        "POST /v1/cases/{name}/repairs/{repair_id}/approvals": Action.REPAIR,
        "POST /v1/cases/{name}/decline-correction": Action.DECLINE_CORRECTION,
        "POST /v1/cases/{name}/return-for-supplement": Action.RETURN_FOR_SUPPLEMENT,
        "POST /v1/cases/{name}/request-fee": Action.REQUEST_FEE,
        "POST /v1/cases/{name}/suspend": Action.SUSPEND,
        "POST /v1/cases/{name}/resume": Action.RESUME,
        "POST /v1/cases/{name}/extend": Action.EXTEND,
        "POST /v1/cases/{name}/apologise": Action.APOLOGISE,
        "POST /v1/cases/{name}/take-up-adjustment": Action.TAKE_UP_ADJUSTMENT,
        "POST /v1/cases/{name}/decline-adjustment": Action.DECLINE_ADJUSTMENT,
        "POST /v1/cases/{name}/open-child": Action.OPEN_CHILD,
        "POST /v1/cases/{name}/complete-child": Action.COMPLETE_CHILD,
        "POST /v1/cases/{name}/send-back-child": Action.SEND_BACK_CHILD,
        "POST /v1/cases/{name}/cancel-child": Action.CANCEL_CHILD,
        "GET /v1/worklist/children": Action.SEE_CASES,
        "POST /v1/cases/{name}/propose-stop": Action.PROPOSE_STOP,
        "POST /v1/cases/{name}/stop": Action.STOP,
        "POST /v1/cases/{name}/request-rework": Action.REQUEST_REWORK,
        "POST /v1/calendar-previews": SIGNED,
        "POST /v1/calendars/{key}/applications": Action.APPLY_CALENDAR,
        "POST /v1/due-dates": Action.COMPUTE_DUE_DATES,
    },
    NOTIFICATIONS: EVERYWHERE
    | {
        "GET /v1/messages": Action.SEE_MESSAGES,
        "GET /v1/messages/{message_id}": Action.SEE_MESSAGES,
        "POST /v1/messages/{message_id}/resend": Action.RESEND_MESSAGE,
        "GET /v1/templates": Action.SEE_TEMPLATES,
    },
}

ALL: Final = [(service, route, needs) for service, routes in WHAT_IT_TAKES.items() for route, needs in routes.items()]
GUARDED: Final = [(service, route, needs) for service, route, needs in ALL if isinstance(needs, Action)]
IDS: Final = [f"{service}: {route}" for service, route, _ in GUARDED]

BODIES: Final[dict[str, Any]] = {
    "PUT /v1/calendars/{key}": [],
    "POST /v1/calendars/{key}/previews": [],
    "POST /v1/dossiers": an_application(),
    "POST /v1/dossiers/{name}/supplements": {"papers": [{"number": 1, "originals": 1}]},
    "POST /v1/dossiers/{name}/supplement-returns": {"reason": "Thiếu chữ ký"},
    "POST /v1/dossiers/{name}/amendments": {"reason": "Ghi nhầm"},
    "POST /v1/dossiers/{name}/annulments": {"ground": "double", "instead": "H27.030-260101-0001", "reason": "Trùng"},
    "POST /v1/dossiers/{name}/corrections": {"reason": "Sai ngày sinh"},
    "POST /v1/dossiers/{name}/repairs": {"to_state": "in_progress", "ticket": "SC-1", "reason": "Nhầm"},
    "POST /v1/cases/{name}/repairs": {"to_state": "in_progress", "ticket": "SC-1", "reason": "Nhầm"},
    "POST /v1/dossiers/{name}/result-at-desk": {"handed_over_by": "Trần Văn Bình"},
    "POST /v1/dossiers/{name}/postal-items": {"carrier": "simulator", "tracking_number": "EF000000001VN"},
    "POST /v1/submissions": an_application(),
    "POST /v1/submissions/{name}/fee-requests": {"fees": [{"name": "Lệ phí", "amount": 20000}]},
    "POST /v1/dossiers/{name}/payments": {"amount": 20000, "method": "cash"},
    "POST /v1/dossiers/{name}/fee-statements": {"fee": 1, "amount": 20000},
    "POST /v1/dossiers/{name}/fee-reductions": {"fee": 1, "ground": "Người thuộc hộ nghèo"},
    "POST /v1/dossiers/{name}/refunds": {"fee": 1, "amount": 20000, "reason": "Nộp thừa"},
    "POST /v1/submissions/{name}/supplement-requests": {"papers": ["Đơn"], "reason": "Thiếu"},
    "POST /v1/submissions/{name}/redirect": {"receiving_office": DESK, "reason": "Không thuộc địa bàn"},
    "POST /v1/submissions/{name}/refuse": {"reason": "Không thuộc thẩm quyền"},
    "POST /v1/cases/{name}/pass-back": {"to_step": 1, "reason": "Không đồng ý"},
    "POST /v1/cases/{name}/request-consultation": {"office": DESK, "question": "Quy hoạch?", "answer_by": "2026-03-20"},
    "POST /v1/cases/{name}/answer-consultation": {"opinion": "agrees", "content": "Phù hợp"},
    "POST /v1/cases/{name}/request-attendance": {"at": "2026-03-13T09:00:00+07:00", "place": "Tổ 1", "purpose": "Xác minh"},
    "POST /v1/cases/{name}/notes": {"text": "Đã đối chiếu"},
    "POST /v1/cases/{name}/assign": {"officer": "nobody"},
    "POST /v1/cases/{name}/release": {"reason": "Nghỉ phép"},
    "PUT /v1/officers": [],
    "POST /v1/hand-over-slips": {"dossiers": ["nothing"]},
    "PUT /v1/officers/{subject}": {"name": "Trần Văn Bình", "office": AGENCY, "roles": ["case_officer"]},
    "POST /v1/officers/{subject}/departure": {"reason": "Chuyển công tác"},
    "POST /v1/officers/{subject}/delegations": {"deputy": "lan", "from_on": "2026-03-09", "to_on": "2026-03-10"},
    "POST /v1/cases/{name}/issue-decision": {"number": "1/QĐ", "signed_on": "2026-03-09", "signer": "Nguyễn Thị Hoa"},
    "POST /v1/cases/{name}/complete": {"outcome": "granted"},
    "POST /v1/cases/{name}/correct-result": {"outcome": "granted"},
    "POST /v1/cases/{name}/decline-correction": {"reason": "Không sai"},
    "POST /v1/cases/{name}/return-for-supplement": {"papers": ["Bản vẽ"], "reason": "Thiếu"},
    "POST /v1/cases/{name}/request-fee": {"fees": [{"name": "Lệ phí trước bạ", "amount": 150000}], "reason": "Thông báo thuế"},
    "POST /v1/cases/{name}/suspend": {"ground": "Luật Đất đai", "until": "2026-03-20"},
    "POST /v1/cases/{name}/extend": {"appointment_at": "2026-03-20T16:00:00+07:00", "reason": "Xác minh"},
    "POST /v1/dossiers/{name}/adjustments": {"content": "Sửa diện tích"},
    "POST /v1/cases/{name}/decline-adjustment": {"reason": "Thuộc thủ tục khác"},
    "POST /v1/cases/{name}/open-child": {"office": "H27.041", "work": "Thẩm định", "amount": "5", "unit": "working_day"},
    "POST /v1/cases/{name}/send-back-child": {"note": "Không thuộc thẩm quyền"},
    "POST /v1/cases/{name}/cancel-child": {"number": 1, "reason": "Không còn cần"},
    "POST /v1/cases/{name}/propose-stop": {"ground": "Luật chuyên ngành"},
    "POST /v1/cases/{name}/request-rework": {"reason": "Sai tên"},
    "POST /v1/cases/{name}/apologise": {"appointment_at": "2026-03-20T16:00:00+07:00", "reason": "Xác minh"},
}

# Requests and facts from the other side: whoever sees the dossier may bring them.
FROM_ANY_SIDE: Final = {
    "POST /v1/dossiers/{name}/supplements",
    "POST /v1/dossiers/{name}/withdrawals",
    "POST /v1/dossiers/{name}/payments",
    "POST /v1/dossiers/{name}/adjustments",
}


def routes_of(house: House, service: Service) -> dict[str, Any]:
    """`METHOD /path` of everything the app answers, with the dependencies of each."""
    found: dict[str, Any] = {}
    for context in iter_route_contexts(house.stack.apps[service].routes):
        assert context.path, "a kind of route this test does not know"
        assert context.methods, f"{context.path} answers any method"
        for method in context.methods - {"HEAD"}:
            found[f"{method} {context.path}"] = getattr(context.original_route, "dependant", None)
    return found


async def ask(house: House, service: Service, route: str, token: str) -> Any:
    method, _, template = route.partition(" ")
    name = house.submission if template.startswith("/v1/submissions") else house.dossier
    fillings = {"name": name, "message_id": house.message, "code": AGENCY, "key:path": "HT-1.014465", "carrier": "simulator"}
    fillings |= {"key": AGENCY, "proposal_id": house.dossier, "version_id": house.dossier, "number": "0"}
    fillings |= {"key": AGENCY, "proposal_id": house.dossier, "subject": "nobody", "delegation_id": house.dossier}
    fillings |= {"repair_id": house.dossier, "number": "BG-1"}
    path = template
    for field, value in fillings.items():
        path = path.replace("{" + field + "}", value)
    headers = {"authorization": f"Bearer {token}"} if token else {}
    if method != "GET":
        headers |= {"idempotency-key": f"{route} {token[-20:]}", "if-match": '"1"'}
    return await house.sends(service, method, path, json=None if method == "GET" else BODIES.get(route, {}), headers=headers)


@pytest.mark.parametrize("service", Service)
def test_every_route_is_listed_here_and_asks_for_what_the_list_says(house: House, service: Service) -> None:
    asked = {
        route: next((one.call.action for one in dependant.dependencies if isinstance(one.call, Permission)), None) if dependant else None
        for route, dependant in routes_of(house, service).items()
    }

    expected = {route: needs if isinstance(needs, Action) else None for route, needs in WHAT_IT_TAKES[service].items()}
    assert asked == expected


@pytest.mark.parametrize(("service", "route", "action"), GUARDED, ids=IDS)
async def test_each_role_is_let_in_or_turned_away_as_the_table_says(house: House, service: Service, route: str, action: Action) -> None:
    let_in = set()
    for role in Role:
        answer = await ask(house, service, route, house.caller(service, role, PROVINCE).token)
        if answer.status_code == 403:
            assert answer.json()["code"] == "not_permitted"
        else:
            assert answer.status_code not in (401, 500), answer.text
            let_in.add(role)

    assert let_in == PERMISSIONS[action]


@pytest.mark.parametrize(("service", "route", "action"), GUARDED, ids=IDS)
async def test_without_a_token_nothing_is_answered(house: House, service: Service, route: str, action: Action) -> None:
    answer = await ask(house, service, route, "")

    assert (answer.status_code, answer.json()["code"]) == (401, "not_authenticated")
    assert answer.headers["www-authenticate"] == "Bearer"


async def test_who_is_calling_is_asked_before_anything_else(house: House) -> None:
    stranger = await house.sends(INTAKE, "POST", "/v1/dossiers", json={})
    portal = {"authorization": f"Bearer {house.caller(INTAKE, 'portal', PROVINCE).token}"}
    not_allowed = await house.sends(INTAKE, "POST", "/v1/dossiers", json={}, headers=portal)

    assert (stranger.status_code, not_allowed.status_code) == (401, 403)


@pytest.mark.parametrize(("service", "route"), [(service, route) for service, route, needs in ALL if needs == OPEN])
async def test_what_is_open_asks_for_no_token(house: House, service: Service, route: str) -> None:
    answer = await ask(house, service, route, "")

    assert answer.status_code in (200, 404, 422)


@pytest.mark.parametrize(("service", "route"), [(service, route) for service, route, needs in ALL if needs == SIGNED])
async def test_a_token_does_not_replace_a_signature(house: House, service: Service, route: str) -> None:
    token = house.caller(service, "administrator", PROVINCE).token
    body = {"tracking_number": "EF000000001VN", "code": "delivered", "at": "2026-03-13T09:00:00+07:00"}
    path = route.removeprefix("POST ").replace("{carrier}", "simulator")

    answer = await house.sends(service, "POST", path, json=body, headers={"authorization": f"Bearer {token}"})

    assert answer.status_code == 401


ABOUT_ONE: Final = [(service, route, action) for service, route, action in GUARDED if "{name}" in route or "{message_id}" in route]


@pytest.mark.parametrize(("service", "route", "action"), ABOUT_ONE, ids=[f"{service}: {route}" for service, route, _ in ABOUT_ONE])
async def test_what_lies_outside_ones_offices_is_not_there(house: House, service: Service, route: str, action: Action) -> None:
    for role in sorted(PERMISSIONS[action]):
        answer = await ask(house, service, route, house.caller(service, role, ELSEWHERE).token)

        assert (answer.status_code, answer.json()["code"]) == (404, "not_found"), role


CHANGES: Final = [(service, route, action) for service, route, action in ABOUT_ONE if route.startswith("POST") and "{name}" in route]


@pytest.mark.parametrize(("service", "route", "action"), CHANGES, ids=[f"{service}: {route}" for service, route, _ in CHANGES])
async def test_offices_that_only_look_on_change_nothing(house: House, service: Service, route: str, action: Action) -> None:
    looks_on = AGENCY if service is INTAKE else DESK
    for role in sorted(PERMISSIONS[action]):
        answer = await ask(house, service, route, house.caller(service, role, looks_on).token)

        if route in FROM_ANY_SIDE:
            assert answer.status_code not in (401, 403, 404)
        else:
            assert (answer.status_code, answer.json()["code"]) == (403, "not_permitted"), answer.text


async def test_a_list_shows_nothing_of_other_offices(house: House) -> None:
    for service, path, field in (
        (INTAKE, "/dossiers", "dossiers"),
        (PROCESSING, "/cases", "items"),
        (NOTIFICATIONS, "/messages", "messages"),
    ):
        own = (await house.caller(service, "supervisor", PROVINCE).get(path)).json()[field]
        others = (await house.caller(service, "supervisor", ELSEWHERE).get(path)).json()[field]

        assert own
        assert others == []


def test_every_action_has_its_roles() -> None:
    assert set(PERMISSIONS) == set(Action)
    assert all(PERMISSIONS.values())


def test_every_action_is_asked_for_by_a_route() -> None:
    assert {needs for _, _, needs in GUARDED} == set(Action)
