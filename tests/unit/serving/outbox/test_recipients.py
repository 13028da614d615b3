"""Who may be written to: what one account said holds for the account it was merged into."""

from serving.recipients import Recipients


def refusals(desk):
    with desk.journal.database.reading() as store:
        numbers = desk.journal.numbers("member", ["m-1", "m-2", "m-3"]).tolist()
        found = Recipients(store, desk.journal.key).refusals(numbers, desk.now)
    return [found.get(number, "") for number in numbers]


def test_an_opt_out_outlives_a_merge(desk):
    """m-1 opted out and was merged into m-2, by way of m-4; m-3 is somebody else."""
    desk.send(*desk.decide("d-1", member="m-1"))
    desk.row("deliveries", decision_id="d-1", status="opted_out", at="2025-06-02T06:00:00Z")
    assert refusals(desk) == ["opted_out", "", ""]
    for number, (one, other) in enumerate([("m-1", "m-4"), ("m-4", "m-2")]):
        desk.row("merges", merge_id=f"g-{number}", member_id=one, into_member_id=other,
                 merged_at="2025-06-02T07:00:00Z")
    assert refusals(desk) == ["opted_out", "opted_out", ""]
