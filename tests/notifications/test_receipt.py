"""From `dossier.received` to the SMS and the email, and back to the peers."""

from tests.notifications.conftest import Voice
from tests.notifications.peers import SECRET


async def test_a_received_dossier_is_told_by_sms_and_email(voice: Voice) -> None:
    dossier = await voice.peers.a_received_dossier()

    await voice.speaks()

    [sms], [mail] = voice.sms.delivered, voice.mail.delivered
    assert sms.to == "+84912345678"
    assert sms.text == (
        "Hồ sơ H26.22-260309-0001 đã được tiếp nhận. "
        "Hẹn trả kết quả tại Trung tâm Phục vụ hành chính công xã Hòa Bình: 09 giờ 30 ngày 12/03/2026."
    )
    assert mail.to == "hoa.nguyen@example.org"
    assert mail.subject == "Đã tiếp nhận hồ sơ H26.22-260309-0001"
    assert "Hẹn trả kết quả: 09 giờ 30 ngày 12/03/2026" in mail.text
    assert SECRET in mail.text
    assert await voice.messages(dossier) == {("dossier_received", "sms", "sent"), ("dossier_received", "email", "sent")}
    told = await voice.tells(dossier)
    assert [(sequence, type) for sequence, type, _ in told] == [(1, "vn.motcua.message.sent.v1"), (2, "vn.motcua.message.sent.v1")]
    assert {data["channel"] for _, _, data in told} == {"sms", "email"}
