"""The legal sources our rules rest on, each at the certainty with which it was established."""

from dataclasses import dataclass
from enum import StrEnum
from typing import Final


class Certainty(StrEnum):
    """How well a source is known to say what we make of it; the value is what people read."""

    SEEN = "theo văn bản"
    BY_ANALOGY = "áp dụng tương tự"
    OUR_READING = "cách hiểu của hệ thống"
    PRACTICE = "theo thông lệ"


@dataclass(frozen=True, slots=True)
class Source:
    """Where a rule comes from, in the words of a Vietnamese reader."""

    citation: str
    certainty: Certainty = Certainty.SEEN

    def __str__(self) -> str:
        return self.citation if self.certainty is Certainty.SEEN else f"{self.citation} ({self.certainty})"


# The Civil Code speaks of time limits in general; Decree 118 does not refer to it.
CLOCK_STARTS: Final = Source("Nghị định 118/2025/NĐ-CP, Điều 17 khoản 3")
HOURS_START_AT_ONCE: Final = Source("Bộ luật Dân sự 2015, Điều 147 khoản 1", Certainty.BY_ANALOGY)
FIRST_DAY_NOT_COUNTED: Final = Source("Bộ luật Dân sự 2015, Điều 147 khoản 2 và 3", Certainty.BY_ANALOGY)
PERIOD_ENDS_WITH_ITS_LAST_DAY: Final = Source("Bộ luật Dân sự 2015, Điều 148 khoản 1 và 6", Certainty.BY_ANALOGY)
END_OF_MONTH: Final = Source("Bộ luật Dân sự 2015, Điều 148 khoản 3", Certainty.BY_ANALOGY)
ROLLS_TO_WORKING_DAY: Final = Source("Bộ luật Dân sự 2015, Điều 148 khoản 5", Certainty.BY_ANALOGY)
NO_WORK_ON_WEEKENDS: Final = Source("Quyết định 188/1999/QĐ-TTg, Điều 1")
PUBLIC_HOLIDAYS: Final = Source("Bộ luật Lao động 2019, Điều 112")
COMPENSATORY_DAY: Final = Source("Bộ luật Lao động 2019, Điều 111 khoản 3")
CULTURE_DAY: Final = Source("Nghị quyết 28/2026/QH16, Điều 2 khoản 1")
SAME_CLOCK: Final = Source("Giờ hẹn trùng giờ tiếp nhận", Certainty.PRACTICE)
EIGHT_HOUR_DAY: Final = Source("01 ngày làm việc bằng 08 giờ làm việc (Quyết định 95/2025/QĐ-UBND tỉnh Nghệ An)", Certainty.PRACTICE)
CUTOFF: Final = Source("Giờ chốt tiếp nhận do thủ tục quy định", Certainty.PRACTICE)
RESTART_AFTER_SUPPLEMENT: Final = Source("Nghị định 118/2025/NĐ-CP, Điều 19 khoản 5")
PAUSE_BY_PROCEDURE: Final = Source("Tạm dừng tính thời gian theo quy định của thủ tục", Certainty.PRACTICE)
APOLOGY_ONE_DAY_BEFORE: Final = Source("Nghị định 118/2025/NĐ-CP, Điều 19 khoản 6")
APPOINTED_ONCE_MORE: Final = Source("Nghị định 118/2025/NĐ-CP, Điều 19 khoản 6")
NOTICE_WITHIN_3_DAYS: Final = Source("Nghị định 118/2025/NĐ-CP, Điều 19 khoản 5")
SUPPLEMENT_LOOKED_AT: Final = Source("Kiểm tra giấy tờ bổ sung trong 08 giờ làm việc kể từ khi nộp đủ", Certainty.OUR_READING)
UNCLAIMED_RESULT: Final = Source("Nhắc nhận kết quả còn lưu tại quầy", Certainty.PRACTICE)
LATE_APOLOGY: Final = Source("Nghị định 118/2025/NĐ-CP, Điều 12 khoản 5")
SUPPLEMENT_WITHIN: Final = Source("Nghị định 118/2025/NĐ-CP, Điều 19 khoản 5")
SUSPENSION: Final = Source("Căn cứ tạm dừng theo pháp luật chuyên ngành, ghi cùng quyết định tạm dừng", Certainty.PRACTICE)
FEE_PAUSE: Final = Source("Căn cứ tạm dừng thời hạn khi chờ nộp phí theo pháp luật chuyên ngành, ghi cùng thủ tục", Certainty.PRACTICE)
FEE_REMINDER: Final = Source("Nhắc nộp phí, lệ phí sau 15 ngày hoặc thời gian do thủ tục quy định", Certainty.PRACTICE)
FEE_DURING_PROCESSING: Final = Source("Yêu cầu thực hiện nghĩa vụ tài chính theo pháp luật chuyên ngành", Certainty.PRACTICE)
INDEX_766_PAID_ONLINE: Final = Source(
    "Quyết định 766/QĐ-TTg, chỉ số 3.6 (theo mô tả của Cổng Dịch vụ công quốc gia)", Certainty.OUR_READING
)
INDEX_766: Final = Source("Quyết định 766/QĐ-TTg, chỉ số 2.1 (theo mô tả của Cổng Dịch vụ công quốc gia)", Certainty.OUR_READING)
ANSWER_WITHIN_8_HOURS: Final = Source("Nghị định 118/2025/NĐ-CP, Điều 17 khoản 2")
LAST_WORKING_DAY_BEFORE: Final = Source("Ngày làm việc cuối cùng trước ngày đó", Certainty.OUR_READING)

# The life of a dossier. Articles are those of the decree as first issued; show no article numbers to citizens.
SUBMISSION: Final = Source("Nghị định 118/2025/NĐ-CP, Điều 17 khoản 1 và 2")
RECEPTION: Final = Source("Nghị định 118/2025/NĐ-CP, Điều 17 khoản 1 và 3")
ON_THE_SPOT: Final = Source("Nghị định 118/2025/NĐ-CP, Điều 17 khoản 4")
SUPPLEMENT_BEFORE_ACCEPTANCE: Final = Source("Nghị định 118/2025/NĐ-CP, Điều 16 khoản 3, Điều 17 khoản 2")
FEES: Final = Source("Nghị định 118/2025/NĐ-CP, Điều 24")
FEE_SETTLEMENT: Final = Source("Nghị định 118/2025/NĐ-CP, Điều 12 khoản 9")
NO_FEE_BEYOND_THE_PUBLISHED: Final = Source("Nghị định 118/2025/NĐ-CP, Điều 5 khoản 1")
LAPSED_SUBMISSION: Final = Source("Hồ sơ không được bổ sung trong thời gian do nơi tiếp nhận quy định", Certainty.OUR_READING)
REDIRECTION: Final = Source("Nghị định 118/2025/NĐ-CP, Điều 17 khoản 2")
ANNULMENT: Final = Source("Hủy việc tiếp nhận nhầm hoặc trùng ngay trong ngày", Certainty.PRACTICE)
CORRECTION: Final = Source("Nghị định 118/2025/NĐ-CP, Điều 23 khoản 1")
REPAIR: Final = Source("Sửa trạng thái ghi nhầm, hai người giám sát cùng xác nhận", Certainty.OUR_READING)
AMENDMENT: Final = Source("Đính chính sai sót trong thông tin đã ghi, in lại giấy hẹn", Certainty.PRACTICE)
REFUSAL_AT_RECEPTION: Final = Source("Nghị định 118/2025/NĐ-CP, Điều 17 khoản 1")
WITHDRAWAL: Final = Source("Nghị định 118/2025/NĐ-CP, Điều 21")
INTERLINKED: Final = Source("Nghị định 118/2025/NĐ-CP, Điều 20 khoản 2")
ADJUSTMENT: Final = Source("Nghị định 118/2025/NĐ-CP, Điều 21 khoản 2")
STOPPED_BY_LAW: Final = Source("Căn cứ dừng giải quyết theo pháp luật chuyên ngành, ghi cùng quyết định dừng", Certainty.PRACTICE)
REWORK: Final = Source("Trả lại để xử lý lại khi chưa trao kết quả", Certainty.PRACTICE)
HAND_OVER_OF_PAPERS: Final = Source("Nghị định 118/2025/NĐ-CP, Điều 18 khoản 2")
PROCESSING: Final = Source("Nghị định 118/2025/NĐ-CP, Điều 19")
CONSULTATION: Final = Source("Nghị định 118/2025/NĐ-CP, Điều 19 khoản 4 điểm d")
CONSULTATION_SILENT: Final = Source("Nghị định 118/2025/NĐ-CP, Điều 19 khoản 4 điểm c")
DEEMED_CONSENT: Final = Source("Quy định của chính thủ tục: hết thời hạn mà không trả lời được coi là đồng ý", Certainty.PRACTICE)
ATTENDANCE: Final = Source("Nghị định 118/2025/NĐ-CP, Điều 19 khoản 4 điểm a")
PROCESS_AS_PUBLISHED: Final = Source("Quy trình nội bộ đã công bố của thủ tục", Certainty.PRACTICE)
ASSIGNMENT: Final = Source("Phân công xử lý trong nội bộ cơ quan giải quyết", Certainty.PRACTICE)
REMINDER: Final = Source("Nghị định 118/2025/NĐ-CP, Điều 20 khoản 1", Certainty.OUR_READING)
COMPLETION: Final = Source("Nghị định 118/2025/NĐ-CP, Điều 19 và 22")
RETURN_OF_RESULT: Final = Source("Nghị định 118/2025/NĐ-CP, Điều 22")
ELECTRONIC_RESULT: Final = Source("Nghị định 118/2025/NĐ-CP, Điều 22 khoản 1 và 3")
RESULT_BY_POST: Final = Source("Quyết định 45/2016/QĐ-TTg")
FAILED_DELIVERY: Final = Source("Thông tư 17/2017/TT-BTTTT, Điều 5")
