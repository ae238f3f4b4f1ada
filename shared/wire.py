"""How events look between services: CloudEvents 1.0 in signed batches (Standard Webhooks signatures over the body)."""

import base64
import hashlib
import hmac
import json
import time
from collections.abc import Mapping
from dataclasses import dataclass
from datetime import datetime
from enum import StrEnum
from typing import Any, Final
from uuid import UUID

from pydantic import SecretStr

from shared.clock import VIETNAM
from shared.errors import InvalidInput, NotAuthenticated, WrongMedia
from shared.ids import uuid7

BATCH: Final = "application/cloudevents-batch+json"
STRUCTURED: Final = "application/cloudevents+json"
TOLERANCE_SECONDS: Final = 300


@dataclass(frozen=True)
class Envelope:
    """One event as it travels. `sequence` counts per source and subject from 1 without gaps; `seen` is what the source
    had itself taken from others about this subject when it wrote the event, so that no effect is taken before its cause."""

    id: UUID
    type: str
    source: str
    subject: str
    sequence: int
    seen: Mapping[str, int]
    time: datetime
    traceparent: str | None
    data: dict[str, Any]


class Verdict(StrEnum):
    """What an inbox says of one event."""

    TAKEN = "taken"
    HAD = "had"
    LATER = "later"
    REFUSED = "refused"


def write(event: Envelope) -> dict[str, Any]:
    """The event as a CloudEvent in structured mode."""
    cloud: dict[str, Any] = {
        "specversion": "1.0",
        "id": str(event.id),
        "type": event.type,
        "source": f"/{event.source}",
        "subject": event.subject,
        "time": event.time.astimezone(VIETNAM).isoformat(),
        "datacontenttype": "application/json",
        "sequence": f"{event.sequence:010}",
        "data": event.data,
    }
    if event.seen:
        cloud["seen"] = ",".join(f"{source}:{last}" for source, last in sorted(event.seen.items()))
    if event.traceparent:
        cloud["traceparent"] = event.traceparent
    return cloud


def read(cloud: Any) -> Envelope:
    """Raises InvalidInput for what is no CloudEvent of ours."""
    try:
        return Envelope(
            id=UUID(cloud["id"]),
            type=str(cloud["type"]),
            source=str(cloud["source"]).removeprefix("/"),
            subject=str(cloud["subject"]),
            sequence=int(cloud["sequence"]),
            seen={source: int(last) for source, _, last in (part.partition(":") for part in cloud.get("seen", "").split(",") if part)},
            time=datetime.fromisoformat(cloud["time"]),
            traceparent=cloud.get("traceparent"),
            data=cloud["data"],
        )
    except (KeyError, TypeError, ValueError, AttributeError) as error:
        raise InvalidInput(f"This is no event as docs/integrate.md describes it: {error!r}.") from error


def read_batch(media_type: str, body: bytes) -> list[Envelope]:
    """The events of a request body. Binary mode is not taken: the signature covers only the body."""
    kind = media_type.partition(";")[0].strip().lower()
    if kind not in (BATCH, STRUCTURED):
        raise WrongMedia(f"Events are taken as {BATCH} or {STRUCTURED}, not as {kind or 'nothing named'}.")
    try:
        told = json.loads(body)
    except ValueError as error:
        raise InvalidInput("The body is not JSON.") from error
    clouds = told if kind == BATCH else [told]
    if not isinstance(clouds, list):
        raise InvalidInput("A batch is a JSON array of events.")
    return [read(cloud) for cloud in clouds]


class Signer:
    """Signs bodies and checks signatures. The first secret signs, all are believed, so that a secret can be changed while running."""

    def __init__(self, secrets: SecretStr) -> None:
        self._secrets = [secret.encode() for secret in secrets.get_secret_value().split(",") if secret]

    def sign(self, body: bytes) -> dict[str, str]:
        """Headers for one try; each try has an id of its own."""
        identity, stamp = f"msg_{uuid7().hex}", str(int(time.time()))
        return {
            "webhook-id": identity,
            "webhook-timestamp": stamp,
            "webhook-signature": f"v1,{_signature(self._secrets[0], identity, stamp, body)}",
        }

    def check(self, headers: Mapping[str, str], body: bytes) -> None:
        """Raises NotAuthenticated unless the body was signed with one of our secrets within the last five minutes (machine time)."""
        identity, stamp = headers.get("webhook-id", ""), headers.get("webhook-timestamp", "")
        if not stamp.isdecimal() or abs(time.time() - int(stamp)) > TOLERANCE_SECONDS:
            raise NotAuthenticated("The signature's timestamp is missing, or more than five minutes off.")
        given = [part.partition(",")[2] for part in headers.get("webhook-signature", "").split(" ") if part.startswith("v1,")]
        for secret in self._secrets:
            right = _signature(secret, identity, stamp, body)
            if any(hmac.compare_digest(right, signature) for signature in given):
                return
        raise NotAuthenticated("The signature does not fit the body.")


def _signature(secret: bytes, identity: str, stamp: str, body: bytes) -> str:
    return base64.b64encode(hmac.digest(secret, f"{identity}.{stamp}.".encode() + body, hashlib.sha256)).decode()
