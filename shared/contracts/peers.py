"""The three services; each is told everything by the other two."""

from enum import StrEnum


class Service(StrEnum):
    """A service by the name its events carry as source: `/intake`, `/processing`, `/notifications`."""

    INTAKE = "intake"
    PROCESSING = "processing"
    NOTIFICATIONS = "notifications"

    @property
    def peers(self) -> tuple["Service", ...]:
        return tuple(service for service in Service if service is not self)
