"""A service whose inbox says of every event that it is its turn: the harness must see events applied twice."""

from shared import messaging
from tests.torture.broken import run

ALWAYS_OURS = """
with moved as (
    insert into {schema}.position as mine (source, subject, last) values (:source, :subject, :sequence)
    on conflict (source, subject) do update set last = greatest(mine.last, excluded.last))
select true as ours, false as had from (select :sources as sources, :lasts as lasts) as causes
"""

if __name__ == "__main__":
    messaging._TURN = ALWAYS_OURS  # pyright: ignore
    run()
