"""Events between services: CloudEvents that read back as they were written, in bodies whose signature fits."""

import json
import time
from datetime import datetime
from typing import Any
from uuid import UUID

import pytest
from hypothesis import given
from hypothesis import strategies as st
from pydantic import SecretStr

from shared import wire
from shared.clock import VIETNAM
from shared.errors import InvalidInput, NotAuthenticated, WrongMedia
from shared.wire import Envelope, Signer

MONDAY = datetime(2026, 3, 9, 8, 0, tzinfo=VIETNAM)
ENVELOPE = Envelope(
    id=UUID("019cd0a0-0000-7000-8000-000000000001"),
    type="vn.motcua.dossier.taken_up.v1",
    source="processing",
    subject="019cd0a0-0000-7000-8000-00000000000d",
    sequence=7,
    seen={"intake": 3, "notifications": 1},
    time=MONDAY,
    traceparent="00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
    data={"officer": "Trần Văn Bình"},
)


def test_an_event_is_written_as_the_contract_says() -> None:
    assert wire.write(ENVELOPE) == {
        "specversion": "1.0",
        "id": "019cd0a0-0000-7000-8000-000000000001",
        "type": "vn.motcua.dossier.taken_up.v1",
        "source": "/processing",
        "subject": "019cd0a0-0000-7000-8000-00000000000d",
        "time": "2026-03-09T08:00:00+07:00",
        "datacontenttype": "application/json",
        "sequence": "0000000007",
        "seen": "intake:3,notifications:1",
        "traceparent": "00-4bf92f3577b34da6a3ce929d0e0e4736-00f067aa0ba902b7-01",
        "data": {"officer": "Trần Văn Bình"},
    }


def test_who_has_seen_nothing_says_nothing() -> None:
    assert "seen" not in wire.write(Envelope(ENVELOPE.id, "t", "intake", "s", 1, {}, MONDAY, None, {}))


@given(
    st.builds(
        Envelope,
        id=st.uuids(),
        type=st.text(min_size=1),
        source=st.sampled_from(["intake", "processing"]),
        subject=st.text(min_size=1),
        sequence=st.integers(1, 10**12),
        seen=st.dictionaries(st.sampled_from(["intake", "processing", "notifications"]), st.integers(1, 10**9)),
        time=st.just(MONDAY),
        traceparent=st.none() | st.just("00-a-b-01"),
        data=st.dictionaries(st.text(), st.none() | st.integers() | st.text()),
    )
)
def test_whatever_is_written_reads_back(envelope: Envelope) -> None:
    (read,) = wire.read_batch(wire.BATCH, json.dumps([wire.write(envelope)]).encode())

    assert read == envelope


@pytest.mark.parametrize(
    "cloud",
    [
        {},
        [],
        "x",
        None,
        wire.write(ENVELOPE) | {"id": "7"},
        wire.write(ENVELOPE) | {"sequence": "seven"},
        wire.write(ENVELOPE) | {"seen": "intake"},
        wire.write(ENVELOPE) | {"time": "yesterday"},
        {name: value for name, value in wire.write(ENVELOPE).items() if name != "data"},
    ],
)
def test_what_is_no_event_is_refused(cloud: Any) -> None:
    with pytest.raises(InvalidInput):
        wire.read(cloud)


def test_a_single_event_is_taken_as_well() -> None:
    body = json.dumps(wire.write(ENVELOPE)).encode()

    assert wire.read_batch("application/cloudevents+json; charset=utf-8", body) == [ENVELOPE]


@pytest.mark.parametrize("media", ["application/json", "", "text/plain"])
def test_other_media_are_not_taken(media: str) -> None:
    with pytest.raises(WrongMedia):
        wire.read_batch(media, b"[]")


@pytest.mark.parametrize("body", [b"", b"{", b'"x"', b"7", b"\xff"])
def test_what_is_no_batch_is_refused(body: bytes) -> None:
    with pytest.raises(InvalidInput):
        wire.read_batch(wire.BATCH, body)


def test_a_signature_fits_its_own_body_only() -> None:
    signer = Signer(SecretStr("secret"))
    headers = signer.sign(b"[1]")

    signer.check(headers, b"[1]")
    with pytest.raises(NotAuthenticated):
        signer.check(headers, b"[2]")
    with pytest.raises(NotAuthenticated):
        Signer(SecretStr("another")).check(headers, b"[1]")


@pytest.mark.parametrize("name", ["webhook-id", "webhook-timestamp", "webhook-signature"])
def test_every_part_of_a_signature_counts(name: str) -> None:
    signer = Signer(SecretStr("secret"))
    headers = signer.sign(b"[1]")

    for changed in ({name: headers[name] + "0"}, {name: ""}):
        with pytest.raises(NotAuthenticated):
            signer.check(headers | changed, b"[1]")


def test_a_signature_is_good_for_five_minutes(monkeypatch: pytest.MonkeyPatch) -> None:
    signer, now = Signer(SecretStr("secret")), time.time()
    headers = signer.sign(b"[1]")

    monkeypatch.setattr(time, "time", lambda: now + 299)
    signer.check(headers, b"[1]")
    monkeypatch.setattr(time, "time", lambda: now + 302)
    with pytest.raises(NotAuthenticated):
        signer.check(headers, b"[1]")


def test_a_secret_is_changed_while_both_are_believed() -> None:
    old, both, new = (Signer(SecretStr(secrets)) for secrets in ("old", "new,old", "new"))

    both.check(old.sign(b"x"), b"x")
    new.check(both.sign(b"x"), b"x")
    with pytest.raises(NotAuthenticated):
        new.check(old.sign(b"x"), b"x")


def test_a_signer_without_a_secret_believes_nothing() -> None:
    with pytest.raises(NotAuthenticated):
        Signer(SecretStr("")).check(Signer(SecretStr("x")).sign(b"x"), b"x")


def test_a_signature_is_the_one_of_standard_webhooks() -> None:
    """The example every implementation can be held against: HMAC-SHA256 over `id.timestamp.body`, in base64."""
    import base64
    import hashlib
    import hmac

    headers = Signer(SecretStr("secret")).sign(b"{}")

    signed = f"{headers['webhook-id']}.{headers['webhook-timestamp']}.".encode() + b"{}"
    expected = base64.b64encode(hmac.new(b"secret", signed, hashlib.sha256).digest()).decode()
    assert headers["webhook-signature"] == f"v1,{expected}"
