"""The catalogue's own queries, and taking one entry in."""

from typing import Any

from sqlalchemy import select

from services.intake import tables
from services.intake.catalogue import catalogue_of
from services.intake.commands.reference import load_catalogue
from services.intake.domain.catalogue_file import read_entry
from services.intake.domain.choices import PlainDay, choices_of
from shared.errors import Flaw, InvalidInput, NotFound
from shared.runtime import Transaction


async def procedures(tx: Transaction, *, code: str | None, jurisdiction: str | None, limit: int, after: str | None) -> list[Any]:
    version, current = tables.procedure_version, tables.procedure
    content = version.c.content
    columns = [content[name].astext.label(name) for name in ("code", "name", "field", "jurisdiction")]
    statement = select(version.c.key, version.c.id.label("version_id"), version.c.number, *columns)
    statement = statement.join(current, current.c.version_id == version.c.id).order_by(version.c.key).limit(limit + 1)
    if code:
        statement = statement.where(content["code"].astext.startswith(code[: len("1.014464")], autoescape=True))
    if jurisdiction:
        statement = statement.where(content["jurisdiction"].astext == jurisdiction)
    if after:
        statement = statement.where(version.c.key > after)
    return list((await tx.run(statement)).all())


async def procedure(tx: Transaction, key: str) -> dict[str, Any]:
    version, current = tables.procedure_version, tables.procedure
    statement = select(version).join(current, current.c.version_id == version.c.id).where(version.c.key == key)
    row = (await tx.run(statement)).mappings().one_or_none()
    if row is None:
        raise NotFound(f"There is no procedure {key} in the catalogue.")
    entry = await catalogue_of(tx.runtime).entry(tx, key)
    choices = choices_of(entry.procedure)
    return {
        **row,
        "version_id": row["id"],
        "competent_offices": entry.competent,
        "choices": {
            "case": choices.cases,
            "level": choices.levels,
            "applicant_kind": choices.applicants,
            "paper_cases": choices.paper_cases,
        },
    }


async def publish(tx: Transaction, key: str, body: bytes, plain_day: str) -> dict[str, Any]:
    """Raises CatalogueRefused for what is no entry, InvalidInput for an entry of another key."""
    entry = read_entry(body)
    if entry.key != key:
        raise InvalidInput(f"The entry's id is {entry.key}, but the path names {key}.", Flaw("/id", f"must be {key}, as in the path"))
    await load_catalogue(tx, [entry], plain_day=PlainDay(plain_day))
    await catalogue_of(tx.runtime).look(tx, now=True)
    return await procedure(tx, key)
