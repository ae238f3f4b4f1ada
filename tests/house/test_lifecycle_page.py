"""The page that shows the whole life is the tables' own; nothing of it is remembered by hand."""

from tests.house.lifecycle_page import PAGE, moves, page


def test_the_page_is_drawn_from_the_tables_as_they_are() -> None:
    """After a change of a lifecycle: python -m tests.house.lifecycle_page."""
    assert PAGE.read_text("utf-8") == page()


def test_every_move_names_who_makes_it_and_by_what_right() -> None:
    assert not [move for move in moves() if not move.who or not move.basis.citation]
