"""Whose a step is, read from the actor its process prints. Our reading: the catalogue has no mark for it."""

import re
from enum import StrEnum
from typing import Final


class StepRole(StrEnum):
    """Who does what a step says."""

    APPLICANT = "applicant"
    OFFICER = "officer"
    LEADER = "leader"


BETWEEN_ACTORS: Final = re.compile(r"[/;,]| và | hoặc ")

# Words a published actor begins with where it is whoever applies.
APPLICANTS: Final = (
    "tổ chức",
    "cá nhân",
    "công dân",
    "người nộp",
    "người dân",
    "người yêu cầu",
    "người sử dụng đất",
    "hộ gia đình",
    "doanh nghiệp",
    "nhà đầu tư",
    "chủ đầu tư",
    "applicant",
)
OFFICIALS: Final = (
    *("cán bộ", "công chức", "viên chức", "chuyên viên", "nhân viên", "bộ phận", "lãnh đạo", "văn thư", "tổ chức bộ máy"),
    *("sở", "phòng", "ban ", "ubnd", "ủy ban", "uỷ ban", "trung tâm", "văn phòng", "chi cục", "chi nhánh", "cục", "hội đồng", "đơn vị"),
    *("cơ quan có thẩm quyền", "cơ quan thuế", "ttpvhcc", "officer", "department"),
)
# And where it is a head: of a division, an agency, a people's committee.
LEADERS: Final = re.compile(
    r"(lãnh đạo|(phó )?(chủ tịch|(tổng )?giám đốc|(chi )?cục trưởng|hiệu trưởng|chánh văn phòng|thủ tướng|bộ trưởng)|(phó )?trưởng \w"
    r"|thủ trưởng|người đứng đầu|người có thẩm quyền ký|ký duyệt|leader|(vice[- ])?chair|(deputy )?director|head of)"
)


def role_of(actor: str | None) -> StepRole | None:
    """None: no actor is printed. Of several actors a head counts before others, an official before who applies."""
    if not actor:
        return None
    actors = [one.strip(" -.").casefold() for one in BETWEEN_ACTORS.split(actor)]
    if any(LEADERS.match(one) for one in actors):
        return StepRole.LEADER
    applies = any(one.startswith(APPLICANTS) for one in actors) and not any(one.startswith(OFFICIALS) for one in actors)
    return StepRole.APPLICANT if applies else StepRole.OFFICER
