"""The life of a postal item as one table. Late, duplicate, unknown and out-of-order reports are kept and never move it backwards."""

from enum import StrEnum
from typing import Final

from services.intake.domain.lifecycle import Move


class PostalState(StrEnum):
    """Where a postal item is."""

    REQUESTED = "requested"
    BOOKED = "booked"
    ACCEPTED = "accepted"
    IN_TRANSIT = "in_transit"
    OUT_FOR_DELIVERY = "out_for_delivery"
    ATTEMPT_FAILED = "attempt_failed"
    HELD = "held"
    SENDING_BACK = "sending_back"
    DELIVERED = "delivered"
    COLLECTED = "collected"
    SENT_BACK = "sent_back"
    LOST = "lost"
    CANCELLED = "cancelled"


_S: Final = PostalState
_ON_THE_WAY: Final = frozenset({_S.OUT_FOR_DELIVERY, _S.ATTEMPT_FAILED, _S.HELD, _S.SENDING_BACK, _S.LOST})
_ENDS: Final = frozenset({_S.DELIVERED, _S.COLLECTED, _S.SENT_BACK})

NEXT: Final[dict[PostalState, frozenset[PostalState]]] = {
    _S.REQUESTED: frozenset({_S.BOOKED, _S.ACCEPTED, _S.CANCELLED}),
    _S.BOOKED: frozenset({_S.ACCEPTED, _S.IN_TRANSIT, _S.CANCELLED, _S.LOST}) | _ON_THE_WAY | _ENDS,
    _S.ACCEPTED: frozenset({_S.IN_TRANSIT}) | _ON_THE_WAY | _ENDS,
    _S.IN_TRANSIT: _ON_THE_WAY | _ENDS,
    _S.OUT_FOR_DELIVERY: _ON_THE_WAY | _ENDS,
    _S.ATTEMPT_FAILED: _ON_THE_WAY | _ENDS,
    _S.HELD: frozenset({_S.OUT_FOR_DELIVERY, _S.SENDING_BACK, _S.LOST}) | _ENDS,
    _S.SENDING_BACK: frozenset({_S.SENT_BACK, _S.LOST}),
    _S.LOST: _ON_THE_WAY | _ENDS | frozenset({_S.IN_TRANSIT}),
    _S.DELIVERED: frozenset(),
    _S.COLLECTED: frozenset(),
    _S.SENT_BACK: frozenset(),
    _S.CANCELLED: frozenset(),
}

DOSSIER_MOVE: Final[dict[PostalState, Move]] = {
    _S.DELIVERED: Move.DELIVERED_BY_POST,
    _S.COLLECTED: Move.DELIVERED_BY_POST,
    _S.SENT_BACK: Move.SENT_BACK,
    _S.LOST: Move.LOST_IN_POST,
}
"""What the end of an outgoing item does to its dossier."""

NOT_ARRIVED: Final = frozenset({_S.SENT_BACK, _S.LOST})


def moves(now: PostalState, reported: PostalState) -> bool:
    """Whether a report moves the item on. A second failed attempt does; a repeat of the same state otherwise does not."""
    return reported in NEXT[now] and (reported is not now or reported is PostalState.ATTEMPT_FAILED)
