"""Who takes part in a dossier, and the ways it comes in and its result goes out: words the services share."""

from enum import StrEnum

from pydantic import BaseModel, ConfigDict


class Channel(StrEnum):
    """How a dossier came in."""

    DESK = "desk"
    ONLINE = "online"
    POST = "post"


class ReturnWay(StrEnum):
    """How the result goes back; chosen freely of the channel it came in by."""

    DESK = "desk"
    ONLINE = "online"
    POST = "post"


class Part(StrEnum):
    """The part a person plays in a dossier."""

    APPLICANT = "applicant"
    REPRESENTATIVE = "representative"


class PersonKind(StrEnum):
    """What kind of person the law sees."""

    CITIZEN = "citizen"
    ENTERPRISE = "enterprise"
    STATE_BODY = "state_body"
    OTHER = "other"


class Person(BaseModel):
    """Personal data. In an event it stands in `people` and nowhere else, so that it can be encrypted or erased in place."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    part: Part
    kind: PersonKind = PersonKind.CITIZEN
    name: str
    identity_number: str | None = None
    phone: str | None = None
    email: str | None = None
    address: str | None = None


class Offices(BaseModel):
    """The four offices every dossier carries from its first event, by code."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    receiving: str
    competent: str
    supervising: str
    returning: str

    def all(self) -> frozenset[str]:
        return frozenset((self.receiving, self.competent, self.supervising, self.returning))


class ReturnWish(BaseModel):
    """How and where the applicant wants the result. `electronic_only`: no paper is owed."""

    model_config = ConfigDict(frozen=True, extra="ignore")

    way: ReturnWay = ReturnWay.DESK
    electronic_only: bool = False
