"""What a case is made of, read from a journal with a ring, a twin invoice and a far-off scan."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import numpy as np
import pandas as pd
import pytest

from features.contract import EVENT_TABLES
from features.store.home import Home
from features.store.ingest import ingest
from serving.archive import Archive
from serving.review.alerts import FILE, OpenAlerts
from serving.review.declared import declared_in_force
from serving.review.evidence import Evidence
from serving.review.files import Files
from serving.review.neighbours import Neighbours, is_weak
from serving.review.normal import FEWEST, span
from serving.review.policyeffect import PolicyEffect
from serving.review.trail import AT, Trail

if TYPE_CHECKING:
    from pathlib import Path

    from features.store.journal import Journal

DAY = "2025-01-{:02}T08:00:00Z"
KIOSK = 30
"""Members on one device: more than a link of its own may have."""


def write(folder: Path) -> Path:
    """Five members of one wallet, two of them on one phone; a kiosk; one invoice twice."""
    folder.mkdir()
    (folder / "program.yaml").write_text("program_id: acme\ncurrency: IDR\n")
    members = [{"member_id": f"r-{n}", "payout_id": "wallet", "phone_hash": f"p-{n}"}
               for n in range(5)] + [{"member_id": f"k-{n}"} for n in range(KIOSK)]
    members.append({"member_id": "far", "phone_hash": "p-0"})
    frame = pd.DataFrame(members).assign(program_id="acme", persona="retailer", region="java",
                                         joined_at=DAY.format(1))
    frame.to_csv(folder / "members.csv", index=False)
    again = pd.DataFrame([{
        "member_id": "far", "program_id": "acme", "persona": "promoter", "region": "bali",
        "joined_at": DAY.format(1), "known_at": DAY.format(3)}])
    pd.concat([frame, again]).to_csv(folder / "members.csv", index=False)
    scans = [{"member_id": f"k-{n}", "device_id": "kiosk"} for n in range(KIOSK)]
    scans += [{"member_id": f"r-{n % 2}", "device_id": "phone"} for n in range(4)]
    scans += [
        {"member_id": "r-0", "proof": "invoice", "seller_id": "s", "invoice_no": "INV 1",
         "amount": 500, "attachment_url": "https://x.example/1.jpg"},
        {"member_id": "far", "proof": "invoice", "seller_id": "s", "invoice_no": "inv-1",
         "amount": 700, "attachment_url": "https://x.example/2.jpg"},
        {"member_id": "far", "code_id": "C-1", "lat": -7.25, "lon": 112.75},
        {"member_id": "r-1", "code_id": "C-1"}]
    pd.DataFrame([{
        "event_id": f"s-{n}", "occurred_at": f"2025-01-02T{n // 4:02}:{n % 4 * 15:02}:00Z",
        "program_id": "acme", "points": 40, "proof": "qr", "ip": "carrier", **row}
        for n, row in enumerate(scans)]).to_csv(folder / "scans.csv", index=False)
    pd.DataFrame([{"code_id": "C-1", "batch_id": "B-1", "status": "dispatched",
                   "dispatched_at": DAY.format(1), "dispatched_outlet_id": "shop",
                   "dispatched_lat": -6.2, "dispatched_lon": 106.8}]
                 ).to_csv(folder / "codes.csv", index=False)
    pd.DataFrame([
        {"kind": "shared_payout", "subject_id": "wallet", "valid_from": DAY.format(1),
         "valid_to": DAY.format(9), "note": "One family."},
        {"kind": "shared_device", "subject_id": "phone", "valid_from": DAY.format(5)}]
    ).to_csv(folder / "declarations.csv", index=False)
    return folder


@pytest.fixture(scope="module")
def journal(tmp_path_factory: pytest.TempPathFactory) -> Any:
    """The journal of that export."""
    folder = tmp_path_factory.mktemp("reads")
    home = Home(folder / "home")
    ingest(home, write(folder / "export"))
    yield home.journal()
    home.close()


@pytest.fixture(scope="module")
def trail(journal: Journal) -> Trail:
    made = Trail(journal)
    made.read()
    return made


@pytest.fixture(scope="module")
def files(journal: Journal) -> Files:
    made = Files(journal)
    made.read()
    return made


def ms(day: int) -> int:
    return int(pd.Timestamp(DAY.format(day)).timestamp() * 1000)


def test_the_trail_finds_what_the_tables_hold(journal: Journal, trail: Trail) -> None:
    """By every column and number that there is, as a query of the tables does."""
    for column, stored in (("member", "member_id"), ("device", "device_id"), ("ip", "ip"),
                           ("event", "event_id")):
        with journal.database.reading() as store:
            rows = [row for table in EVENT_TABLES for row in store.rows(
                f"SELECT {stored}, event_id, place FROM {table} WHERE program = ?",
                (journal.key,))]
        for number in {row[0] for row in rows} - {None, 0}:
            wanted = [event for own, event, _ in sorted(rows, key=lambda row: row[2])
                      if own == number]
            assert trail.column("event", trail.rows(column, [number])).tolist() == wanted
    assert trail.rows("device", [0, 999_999]).tolist() == []
    assert len(trail.rows("ip", trail.column("ip").tolist(), newest=3)) == 3


def test_the_trail_reads_on_and_forgets_what_was_erased(tmp_path: Path) -> None:
    """New rows are found before a column's order is made anew; an erasure makes all anew."""
    home = Home(tmp_path / "home")
    ingest(home, write(tmp_path / "export"))
    journal = home.journal()
    own = Trail(journal)
    own.read()
    before = len(own)
    more = pd.read_csv(tmp_path / "export" / "scans.csv").head(2)
    more.assign(event_id=["n-1", "n-2"], occurred_at=DAY.format(9)).to_csv(
        tmp_path / "export" / "scans.csv", index=False)
    ingest(home, tmp_path / "export")
    own.read()
    assert len(own) == before + 2
    places = own.column("place", own.rows("device", own.column("device").tolist()))
    assert (np.diff(places) > 0).all()
    assert len(own.rows("event", journal.numbers("event", ["n-1", "n-2"]).tolist())) == 2
    with home.database.writing() as store:
        store.run("INSERT INTO erasures (program, entry, salt, digest) VALUES (?, 7, ?, ?)",
                  (journal.key, b"s", b"d"))
        store.run("UPDATE programs SET mark = mark + 1 WHERE program = ?", (journal.key,))
        store.run("DELETE FROM scans WHERE program = ? AND event_id = ?",
                  (journal.key, int(journal.number("event", "n-2"))))
    own.read()
    assert len(own) == before + 1
    home.close()


def test_files_keep_what_a_later_version_left_open(journal: Journal, files: Files) -> None:
    """The newest persona and region; the phone of the version before; the same by index."""
    far = journal.number("member", "far")
    bali = journal.number("region", "bali")
    phone = journal.number("phone", "p-0")
    assert files.of("region", [far]).tolist() == [bali]
    assert files.of("persona", [far]).tolist() == [2]
    assert set(files.members("phone", [phone]).tolist()) == {far, journal.number("member", "r-0")}
    assert files.of("payout", [10**6]).tolist() == [0]
    with journal.database.reading() as store:
        read = OpenAlerts(store, journal.key).files(np.array([far, far]))
    assert read[0].tolist() == read[1].tolist()
    assert read[0][FILE.index("region")] == bali


def test_an_invoice_that_came_twice_is_shown_side_by_side(journal: Journal, trail: Trail) -> None:
    """Whatever its spelling, with what differs and both attachments."""
    event = journal.number("event", f"s-{KIOSK + 5}")
    with journal.database.reading() as store:
        found = Evidence(store, journal.key, trail).twins([event])
    assert [one.what for one in found] == ["invoice"]
    first, second = found[0].claims
    assert (first.member_id, second.member_id) == ("r-0", "far")
    assert (first.amount, second.amount) == (50_000, 70_000)
    assert [one.attachment for one in found[0].claims] == [
        "https://x.example/1.jpg", "https://x.example/2.jpg"]
    assert found[0].mine == frozenset({f"s-{KIOSK + 5}"})
    assert {"member_id", "amount", "attachment"} <= set(found[0].differs)


def test_a_code_says_where_it_was_sent_and_who_claimed_it_too(journal: Journal, trail: Trail
                                                              ) -> None:
    """Jakarta to Surabaya is 667 km; the second claim of the code is beside the first."""
    event = journal.number("event", f"s-{KIOSK + 6}")
    with journal.database.reading() as store:
        evidence = Evidence(store, journal.key, trail)
        trip, = evidence.trips([event])
        twins, = evidence.twins([event])
    assert (trip.batch, trip.sent_to, trip.code_status, round(trip.km or 0)) == (
        "B-1", "shop", "dispatched", 667)
    assert (twins.what, [one.member_id for one in twins.claims]) == ("code", ["far", "r-1"])


def test_links_reach_two_hops_and_stop_at_what_everybody_shares(
    journal: Journal, trail: Trail, files: Files
) -> None:
    """From r-1: his wallet's four others, then `far` by a phone number; never over the kiosk."""
    number = {name: journal.number("member", name) for name in ("r-0", "r-1", "far", "k-0")}
    found = Neighbours(trail, files).of([number["r-1"]])
    hop = {node.number: node.hop for node in found.nodes if node.kind == "member"}
    assert (hop[number["r-1"]], hop[number["r-0"]], hop[number["far"]]) == (0, 1, 2)
    assert number["k-0"] not in hop
    kinds = {(edge.kind, edge.weak) for edge in found.edges}
    assert ("payout", False) in kinds
    assert ("device", False) in kinds
    assert ("ip", True) in kinds
    phone, = {(edge.events, edge.first_ms) for edge in found.edges
              if edge.kind == "device" and edge.member == f"member-{number['r-1']}"}
    assert phone[0] == 2
    assert phone[1] == int(pd.Timestamp("2025-01-02T07:45:00Z").timestamp() * 1000)
    kiosk = Neighbours(trail, files).of([number["k-0"]])
    assert all(edge.weak for edge in kiosk.edges)
    assert Neighbours(trail, files).of([number["r-1"]]) == found
    assert is_weak("device", KIOSK)


def test_what_is_declared_counts_within_its_time_only(journal: Journal) -> None:
    """The wallet until the ninth, the phone from the fifth."""
    def declared(day: int) -> set[str]:
        with journal.database.reading() as store:
            return {one.subject_id for one in declared_in_force(store, journal.key, ms(day))}

    assert (declared(2), declared(6), declared(9)) == ({"wallet"}, {"wallet", "phone"}, {"phone"})
    with journal.database.reading() as store:
        limits = OpenAlerts(store, journal.key).limits(ms(2), {})
    assert limits.innocent["payout"] == frozenset({journal.number("payout", "wallet")})
    assert limits.innocent["device"] == frozenset()


def test_usual_values_are_told_from_enough_of_them_only() -> None:
    """Unknown values count for nothing."""
    few = np.array([1.0] * (FEWEST - 1) + [np.nan] * 9)
    assert span(few) is None
    told = span(np.append(few, 9.0))
    assert told is not None
    assert (told.median, told.count) == (1.0, FEWEST)


def test_a_reason_is_followed_by_what_became_of_its_alerts(tmp_path: Path) -> None:
    """Held, proved by a label, released, and still open: each counted once, old ones not."""
    home = Home(tmp_path / "home")
    ingest(home, write(tmp_path / "export"))
    journal = home.journal()
    now = ms(20)
    numbers = [int(journal.number("event", f"s-{n}")) for n in range(5)]
    body = b'{"reasons": [{"code": "reason.a", "x": 1}], "hard_proof": []}'
    with home.database.writing() as store:
        for at, event in enumerate(numbers):
            old = now - 91 * 86_400_000 if at == 4 else now - 1000
            store.run("INSERT INTO verdicts (program, event_id, place, bundle_id, policy_version, "
                      "verdict, points_held, body, vector, decided_ms) VALUES (?, ?, 1, 'b', '1', "
                      "1, 40, ?, ?, 0)", (journal.key, event, body, b""))
            store.run("INSERT INTO cases (program, event_id, place, kind, member_id, points, "
                      "would_have, enforced, priority, opened_ms, is_open) "
                      "VALUES (?, ?, 1, 0, 1, 40, 1, 1, 1, ?, ?)",
                      (journal.key, event, old, int(at == 2)))
    with journal.begin() as writing:
        writing.rows("feedback", pd.DataFrame([{
            "event_id": "s-0", "label": "fraud", "decided_at": DAY.format(19),
            "source": "review"}]), arrival_ms=ms(19))
        writing.decision("s-1", 2, points_final=40, by="rina", reason="fine", at_ms=ms(19))
    effects = PolicyEffect()
    with home.database.reading() as store:
        told = effects.of(store, journal.key, ["reason.a", "reason.b"], now, journal.head)
        assert tuple(told["reason.a"]) == (4, 1, 1, 1)
        assert tuple(told["reason.b"]) == (0, 0, 0, 0)
        assert Archive(store, journal.key).event(numbers[0]) is not None
    assert AT["place"] == 0
    home.close()
