"""Offices are read line by line, form a tree, have validity, and open to a token what lies under them or came before them."""

import csv
from datetime import date
from pathlib import Path

import pytest

from services.intake.domain.catalogue_file import read_catalogue
from services.intake.domain.offices import read_offices
from shared.office_tree import Office, OfficesRefused, OfficeTree

DATA = Path(__file__).parents[2] / "demo" / "data"
HEAD = "code,name,parent,level,valid_from,valid_to,predecessors,sessions\n"


def refusal(rows: str) -> str:
    with pytest.raises(OfficesRefused) as refused:
        read_offices(HEAD + rows)
    return refused.value.detail


def test_a_row_is_read_with_all_it_says():
    rows = 'H50,"UBND tỉnh, Quảng Trị",,cấp tỉnh,2025-07-01,,H46;H47, 07:30-11:30 13:00-17:00 \n'

    (office,) = read_offices("\ufeff" + HEAD + rows)

    assert office == Office(
        code="H50", name="UBND tỉnh, Quảng Trị", level="cấp tỉnh", valid_from=date(2025, 7, 1),
        predecessors=("H46", "H47"), sessions="07:30-11:30 13:00-17:00",
    )  # fmt: skip


@pytest.mark.parametrize(
    ("row", "said"),
    [
        ("Z14,n,,,,,,", "line 2 code: 'Z14' is not an identification code"),
        ("h14,n,,,,,,", "line 2 code: 'h14'"),
        ("H14..1,n,,,,,,", "line 2 code"),
        ("H14." + "A" * 32 + ",n,,,,,,", "line 2 code"),
        ("H14,n,h,,,,,", "line 2 parent: 'h'"),
        ("H14,,,,,,,", "line 2 the name is missing"),
        ("H14,n,,,2025-13-01,,,", "line 2 valid_from: '2025-13-01' is not a date"),
        ("H14,n,,,2025-07-01,2025-06-30,,", "it ends on 2025-06-30, before it begins on 2025-07-01"),
        ("H14,n,,,,,H1,", "line 2 predecessors: 'H1'"),
        ("H14,n,,,,,,7-11", "line 2 sessions"),
        ("H14,n,,,,,,,more", "line 2 there are more cells than columns"),
        ("H14,n,,,,,,\nH15,n,,,,,,\nH14,m,,,,,,", "line 4 H14 stands already in line 2"),
        ('H14,"n,,,,,,', "Line 2"),
    ],
)
def test_a_wrong_row_is_refused_with_its_line(row: str, said: str):
    assert said in refusal(row + "\n")


def test_a_missing_column_is_named():
    with pytest.raises(OfficesRefused, match="parent, sessions"):
        read_offices("code,name,level,valid_from,valid_to,predecessors\n")


def test_an_office_exists_on_the_first_and_the_last_day_of_its_validity():
    tree = OfficeTree.of([Office("H14", "n", valid_from=date(2025, 7, 1), valid_to=date(2025, 12, 31))])

    there = [tree.offices["H14"].is_valid(on) for on in (date(2025, 6, 30), date(2025, 7, 1), date(2025, 12, 31), date(2026, 1, 1))]

    assert there == [False, True, True, False]


def test_the_scope_holds_what_lies_under_and_what_came_before_with_what_lay_under_that():
    tree = OfficeTree.of(
        [
            Office("H50", "Quảng Trị", predecessors=("H46",)),
            Office("H50.010", "Sở", parent="H50"),
            Office("H50.010.01", "Phòng", parent="H50.010", predecessors=("H50.099",)),
            Office("H50.099", "Phòng cũ"),
            Office("H46", "Quảng Bình"),
            Office("H46.010", "Sở cũ", parent="H46"),
            Office("H14", "Cao Bằng"),
        ]
    )

    assert tree.scope(["H50"]) == {"H50", "H50.010", "H50.010.01", "H50.099", "H46", "H46.010"}
    assert tree.scope(["H50.010"]) == {"H50.010", "H50.010.01", "H50.099"}
    assert tree.scope(["H46"]) == {"H46", "H46.010"}


def test_a_code_that_only_looks_like_a_child_is_none():
    tree = OfficeTree.of([Office("H14", "n"), Office("H14.010", "elsewhere")])

    assert tree.scope(["H14"]) == {"H14"}


def test_offices_that_succeed_each_other_in_a_circle_end_somewhere():
    tree = OfficeTree.of([Office("H14", "n", predecessors=("H15",)), Office("H15", "n", predecessors=("H14",))])

    assert tree.scope(["H14"]) == {"H14", "H15"}


def test_a_parent_that_is_not_listed_is_refused():
    with pytest.raises(OfficesRefused, match=r"H14\.010 lies under H14, which is not listed"):
        OfficeTree.of([Office("H14.010", "n", parent="H14")]).must_hold_together()


def test_an_office_under_itself_is_refused():
    with pytest.raises(OfficesRefused, match="H14 lies under itself"):
        OfficeTree.of([Office("H14", "n", parent="H15"), Office("H15", "n", parent="H14")]).must_hold_together()


def test_every_published_entry_has_a_competent_office_of_the_demo_that_exists_today():
    tree = OfficeTree.of(read_offices((DATA / "offices.csv").read_text("utf-8")))
    rows = list(csv.DictReader((DATA / "competence.csv").read_text("utf-8").splitlines()))

    assert {row["procedure"] for row in rows} == {entry.key for entry in read_catalogue((DATA / "procedures.yaml").read_bytes())}
    assert [row for row in rows if not tree.offices[row["office"]].is_valid(date(2026, 3, 9))] == []
