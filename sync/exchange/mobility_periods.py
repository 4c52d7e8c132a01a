"""What a notice of departure begins on each side: the stay, as the lists of that side know it."""

from gongguan.sync.records import Member, MobilityPeriod


def of_our_member(subject: str, agreement: str, pairing_id: str, member: Member) -> MobilityPeriod:
    """We are the origin: whom the pseudonym stands for."""
    return MobilityPeriod(
        subject=subject,
        agreement=agreement,
        pairing_id=pairing_id,
        side="origin",
        member_id=member.member_id,
        body_code=member.branch_code,
    )


def of_their_member(subject: str, agreement: str, pairing_id: str) -> MobilityPeriod:
    """We are the destination: nobody here has taken the member in yet."""
    return MobilityPeriod(
        subject=subject,
        agreement=agreement,
        pairing_id=pairing_id,
        side="destination",
        member_id=None,
        body_code=None,
    )
