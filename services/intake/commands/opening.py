"""How every change of a dossier begins: is it there for the caller, was it asked before, is it still as the caller saw it?"""

from services.intake import tables
from services.intake.domain.dossier import Dossier
from shared.errors import Changed
from shared.officers import Officer
from shared.runtime import Transaction


async def dossier_to_change(tx: Transaction, name: str, *, by: Officer, version: int | None = None) -> Dossier:
    """The dossier, for an officer of its receiving or returning office. `version` is the one they decided on, where they must say.

    The office is asked first, each time; then a repeat gets its first answer, never 412. Raises NotFound, NotPermitted, Changed.
    """
    dossier = await tables.load_dossier(tx, name)
    desk = (dossier.offices.receiving, dossier.offices.returning)
    by.must_act_for(desk, dossier.offices.all(), f"dossier {name}")
    await tx.once()
    tx.about = dossier
    if version is not None and version != dossier.version:
        raise Changed(f"The dossier is at version {dossier.version} now; you decided on {version}.")
    return dossier


async def dossier_to_tell_of(tx: Transaction, name: str, *, by: Officer, alone: bool = False) -> Dossier:
    """The dossier, for anyone in whose scope it lies: facts and requests from the other side need no version. `alone`: one by one."""
    dossier = await tables.load_dossier(tx, name, alone=alone)
    by.must_see(dossier.offices.all(), f"dossier {name}")
    await tx.once()
    tx.about = dossier
    return dossier
