"""Are all required papers there? What is missing is said by name, with how many of which kind."""

from collections.abc import Iterable
from dataclasses import dataclass

from services.intake.domain.choices import Need, RequiredPaper
from services.intake.domain.deciding import ChoiceNeeded, spelled
from shared.errors import NotUnderstood


class PaperUnknown(NotUnderstood):
    """The list of this procedure has no paper of that name or number."""


@dataclass(frozen=True, slots=True)
class PaperBrought:
    """A paper laid on the desk. `paper` is its number in the published list, or its name.

    `electronic`: it came as a file, or its content stands in a database already; nothing more is asked of it then.
    """

    paper: int | str
    originals: int = 0
    copies: int = 0
    electronic: bool = False


@dataclass(frozen=True, slots=True)
class MissingPaper:
    """What is still wanted of a paper. Both counts 0: the source prints none, and the paper is not there at all."""

    number: int
    name: str
    originals: int
    copies: int


def missing_papers(
    required: Iterable[RequiredPaper], brought: Iterable[PaperBrought], *, applicable: Iterable[int | str] = ()
) -> tuple[MissingPaper, ...]:
    """What is missing, in the order of the list; nothing where no list is published.

    An optional or conditional paper counts only if declared `applicable` (by number or name). Originals and copies count
    apart. Raises ChoiceNeeded where it depends on a heading nobody named, and PaperUnknown where `applicable` names none.
    """
    papers = tuple(required)
    there = tuple(brought)
    declared = {_found(papers, paper).number for paper in applicable}
    wanting = tuple(missing for paper in papers if _counts(paper, declared) and (missing := _missing(paper, there)))
    open_cases = {paper.case: None for paper in papers if paper.case and paper.need is Need.IF_ITS_CASE_APPLIES}
    undecided = {missing.number for missing in wanting} & {p.number for p in papers if p.need is Need.IF_ITS_CASE_APPLIES}
    if undecided:
        raise ChoiceNeeded("paper_cases", open_cases, "Which papers are required depends on the case; say which headings apply.")
    return wanting


def _counts(paper: RequiredPaper, declared: set[int]) -> bool:
    return paper.need is not Need.IF_IT_APPLIES or paper.number in declared


def _missing(paper: RequiredPaper, brought: Iterable[PaperBrought]) -> MissingPaper | None:
    given = [one for one in brought if _is(paper, one.paper)]
    if any(one.electronic for one in given):
        return None
    originals = max(0, paper.originals - sum(one.originals for one in given))
    copies = max(0, paper.copies - sum(one.copies for one in given))
    if originals or copies or not any(one.originals or one.copies for one in given):
        return MissingPaper(paper.number, paper.name, originals, copies)
    return None


def _found(papers: tuple[RequiredPaper, ...], wanted: int | str) -> RequiredPaper:
    for paper in papers:
        if _is(paper, wanted):
            return paper
    raise PaperUnknown(f"The list of this procedure has no paper {wanted!r}.", papers=[paper.name for paper in papers])


def _is(paper: RequiredPaper, wanted: int | str) -> bool:
    return paper.number == wanted if isinstance(wanted, int) else spelled(paper.name) == spelled(wanted)
