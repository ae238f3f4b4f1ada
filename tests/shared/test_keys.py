"""The ledger of keys: one claim wins, repeats get the first answer, other bodies are told so, and old keys are forgotten."""

import asyncio
from collections.abc import AsyncIterator

import pytest
from sqlalchemy import text
from sqlalchemy.ext.asyncio import AsyncEngine, create_async_engine

from shared.contracts.peers import Service
from shared.errors import KeyMissing, KeyReused
from shared.keys import FirstAnswer, Key, KeyLedger, canonical, hash_of

LEDGER = KeyLedger("processing")


@pytest.fixture
async def engine(database_urls: dict[Service, str]) -> AsyncIterator[AsyncEngine]:
    engine = create_async_engine(database_urls[Service.PROCESSING])
    async with engine.begin() as connection:
        await connection.execute(text("truncate processing.key"))
    yield engine
    await engine.dispose()


def a_key(key: str = "k-1", body: bytes = b"{}", **changed: str) -> Key:
    told = {"caller": "officer-7", "method": "POST", "path": "/v1/cases"} | changed
    return Key(**told, key=key, body_hash=hash_of(body))


async def answer(engine: AsyncEngine, key: Key, body: bytes = b'{"id": 1}') -> None:
    async with engine.begin() as connection:
        await LEDGER.claim(connection, key)
        await LEDGER.remember(connection, key, 201, body, '"1"')


async def test_a_repeat_gets_the_first_answer(engine: AsyncEngine) -> None:
    await answer(engine, a_key())

    with pytest.raises(FirstAnswer) as first:
        await answer(engine, a_key(), b'{"id": 2}')

    assert (first.value.status, first.value.body, first.value.etag) == (201, '{"id": 1}', '"1"')


async def test_another_body_under_the_same_key_is_told_so(engine: AsyncEngine) -> None:
    await answer(engine, a_key())

    with pytest.raises(KeyReused, match="k-1"):
        await answer(engine, a_key(body=b'{"x": 1}'))


@pytest.mark.parametrize("changed", [{"caller": "officer-8"}, {"method": "PUT"}, {"path": "/v1/other"}])
async def test_a_key_belongs_to_caller_method_and_path(engine: AsyncEngine, changed: dict[str, str]) -> None:
    await answer(engine, a_key())

    await answer(engine, a_key(**changed))


async def test_a_claim_that_was_rolled_back_leaves_the_key_free(engine: AsyncEngine) -> None:
    async with engine.connect() as connection:
        await LEDGER.claim(connection, a_key())
        await connection.rollback()

    await answer(engine, a_key())


async def test_a_second_claim_waits_for_the_first_and_then_gets_its_answer(engine: AsyncEngine) -> None:
    async with engine.connect() as first:
        await LEDGER.claim(first, a_key())
        second = asyncio.create_task(answer(engine, a_key()))
        await asyncio.sleep(0.1)
        assert not second.done()
        await LEDGER.remember(first, a_key(), 200, b"{}", None)
        await first.commit()

    with pytest.raises(FirstAnswer):
        await second


async def test_keys_are_forgotten_after_thirty_days(engine: AsyncEngine) -> None:
    await answer(engine, a_key("young"))
    await answer(engine, a_key("old"))
    async with engine.begin() as connection:
        await connection.execute(text("update processing.key set written_at = now() - interval '31 days' where key = 'old'"))
        await LEDGER.forget_old(connection)
        left = (await connection.execute(text("select key from processing.key"))).scalars().all()

    assert left == ["young"]


@pytest.mark.parametrize("key", ["", "x" * 201])
def test_a_request_needs_a_key_of_one_to_two_hundred_characters(key: str) -> None:
    with pytest.raises(KeyMissing, match="1 to 200"):
        a_key(key).belongs_to("officer-7")


def test_one_json_value_has_one_spelling() -> None:
    assert canonical({"b": [1, "ồ"], "a": None}) == canonical({"a": None, "b": [1, "ồ"]}) == '{"a":null,"b":[1,"ồ"]}'.encode()
