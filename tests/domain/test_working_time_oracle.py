"""The fast module against the slow one: 2,000 cases chosen by hypothesis, and 1,000 by seed; 100,000 of these with MOTCUA_LONG=1."""

import os
from random import Random

import pytest
from hypothesis import given, settings
from hypothesis import strategies as st

from tests.domain.random_cases import Case, a_case, found_fast, found_slowly

SEEDS_A_BLOCK = 1_000
BLOCKS = 100 if os.environ.get("MOTCUA_LONG") else 1
CASES = st.randoms(use_true_random=False).map(a_case)


@settings(max_examples=1_200, deadline=None, derandomize=True)
@given(CASES)
def test_every_due_date_is_the_one_found_by_walking_minute_by_minute(case: Case) -> None:
    assert found_fast(case) == found_slowly(case)


@pytest.mark.parametrize("block", range(BLOCKS))
def test_a_thousand_seeds_give_the_dates_found_by_walking(block: int) -> None:
    """Without hypothesis, which would take most of the time of a long run."""
    seeds = range(block * SEEDS_A_BLOCK, (block + 1) * SEEDS_A_BLOCK)

    wrong = [seed for seed in seeds if found_fast(case := a_case(Random(seed))) != found_slowly(case)]

    assert not wrong, a_case(Random(wrong[0]))
