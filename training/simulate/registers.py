"""Registers: the small tables of changes, returns, labels, offers and declarations, written."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any, Final

import numpy as np
import numpy.typing as npt
import pyarrow as pa

from features import contract
from training.simulate.calendars import DAY, HOUR, MINUTE
from training.simulate.export import EVENT_OFFSET, Writer, reals, take, times, whole
from training.simulate.missions import MISSIONS
from training.simulate.paperwork import ADDRESS, DEVICE, PAYOUT, PHONE, REASONS
from training.simulate.sheet import NONE

if TYPE_CHECKING:
    from training.simulate.missions import Decisions
    from training.simulate.program import World
    from training.simulate.stage import Stage

Array = npt.NDArray[Any]

SUBJECTS: Final = {"shared_device": "device", "shared_payout": "payout", "shared_ip": "ip",
                   "event_place": "outlet", "bulk_channel": "member", "handheld_client": "device",
                   "own_shop": "member"}
"""What the subject of each kind of declaration is."""
POLICY: Final = "random-1"
FAILURES: Final = ("131049", "131026", "timeout")
"""Codes of failed deliveries: 131049 is WhatsApp's limit on marketing messages."""


def rows_of(stage: Stage, table: str, *names: str) -> dict[str, Array]:
    """The rows logged for a table, in order of logging; empty columns where there are none."""
    parts = stage.logs.get(table, [])
    return {name: np.concatenate([part[name] for part in parts]) if parts
            else np.empty(0, dtype=np.int64) for name in names}


def write_registers(writer: Writer, stage: Stage) -> None:
    """Returns, account changes, adjustments and merges."""
    back = rows_of(stage, "returns", "event", "time", "quantity")
    order = np.lexsort((back["event"], back["time"]))
    writer.table("returns", {
        "return_id": writer.id("return", np.arange(len(order))[np.argsort(order)]),
        "event_id": writer.id("event", back["event"]), "returned_at": times(back["time"]),
        "quantity": whole(back["quantity"])}, order)
    _write_changes(writer, stage)
    _write_adjustments(writer, stage)
    made = rows_of(stage, "merges", "member", "into", "time")
    writer.table("merges", {
        "merge_id": writer.id("merge", np.arange(len(made["time"]))),
        "member_id": writer.id("member", made["member"]),
        "into_member_id": writer.id("member", made["into"]), "merged_at": times(made["time"])})


def _write_changes(writer: Writer, stage: Stage) -> None:
    made = rows_of(stage, "account_changes", "member", "time", "what", "value", "agent", "device")
    late = made["time"] > stage.members.joined[made["member"].astype(np.int64)]
    late &= made["time"] < stage.world.calendar.end
    made = {name: column[late] for name, column in made.items()}
    kinds = {PHONE: "phone", PAYOUT: "payout", DEVICE: "device", ADDRESS: "address"}
    value = pa.nulls(len(made["time"]), pa.string())
    for what in range(len(contract.CHANGES)):
        here = np.where(made["what"] == what, made["value"], NONE)
        value = pa.compute.coalesce(value, writer.id(kinds.get(what, "word"), here))
    order = np.lexsort((made["member"], made["time"]))
    writer.table("account_changes", {
        "change_id": writer.id("change", np.arange(len(order))[np.argsort(order)]),
        "member_id": writer.id("member", made["member"]), "changed_at": times(made["time"]),
        "what": take(contract.CHANGES, made["what"]), "value": value,
        "agent_id": writer.id("agent", made["agent"]),
        "device_id": writer.id("device", made["device"])}, order)


def _write_adjustments(writer: Writer, stage: Stage) -> None:
    made = rows_of(stage, "adjustments", "member", "time", "points", "agent", "reason", "ticket")
    order = np.lexsort((made["member"], made["time"]))
    number = np.arange(len(order))[np.argsort(order)] + EVENT_OFFSET * 2
    writer.table("adjustments", {
        "event_id": writer.id("event", number), "member_id": writer.id("member", made["member"]),
        "occurred_at": times(made["time"]), "points": whole(made["points"]),
        "agent_id": writer.id("agent", made["agent"]), "reason": take(REASONS, made["reason"]),
        "ticket": writer.id("ticket", made["ticket"])}, order)


def write_feedback(writer: Writer, labels: dict[str, Array], patterns: tuple[str, ...]) -> None:
    """Labels, in the order in which they were decided."""
    writer.table("feedback", {
        "event_id": writer.id("event", labels["event"]),
        "label": take(contract.LABELS, labels["label"]), "decided_at": times(labels["decided"]),
        "source": take(contract.SOURCES, labels["source"]),
        "pattern": take(patterns, labels["pattern"]),
        "reviewer_id": writer.id("agent", labels["reviewer"]), "opened_at": times(labels["opened"]),
    })


def write_declarations(writer: Writer, stage: Stage) -> None:
    """What the program declared innocent, and from when."""
    made = rows_of(stage, "declarations", "kind", "subject", "first", "last", "note")
    words = list(contract.DECLARATIONS)
    subject = pa.nulls(len(made["first"]), pa.string())
    for kind, entity in SUBJECTS.items():
        here = np.where(made["kind"] == words.index(kind), made["subject"], NONE).astype(np.int64)
        named = writer.address(here) if entity == "ip" else writer.id(entity, here)
        subject = pa.compute.coalesce(subject, named)
    order = np.lexsort((made["subject"], made["kind"], made["first"]))
    notes = ("told by the field team", "asked by the shop", "from the contract", "event calendar")
    writer.table("declarations", {
        "kind": take(words, made["kind"]), "subject_id": subject,
        "valid_from": times(made["first"]), "valid_to": times(made["last"]),
        "note": take(notes, made["note"])}, order)


def write_missions(writer: Writer, world: World, decisions: Decisions) -> None:
    """Offers and what became of them."""
    number = np.arange(len(decisions))
    decided = world.calendar.midnights[decisions["day"]] + 9 * HOUR
    decided = decided + (writer.world.chance(number, 91) * HOUR).astype(np.int64)
    order = np.lexsort((decisions["member"], decided))
    mission = decisions["mission"]
    words = [kind.id for kind in MISSIONS]
    cost = np.array([kind.cost_points for kind in MISSIONS] + [0])[mission]
    channels = [[c for c in kind.channels if c != "app"] or ["app"] for kind in MISSIONS]
    first = [row[0] for row in channels]
    writer.table("missions", {
        "decision_id": writer.id("decision", number),
        "member_id": writer.id("member", decisions["member"]), "decided_at": times(decided),
        "mission_id": take([*words, "none"], np.where(mission < 0, len(words), mission)),
        "propensity": reals(np.round(decisions["propensity"], 6)),
        "holdout": take(contract.HOLDOUTS, decisions["holdout"]),
        "channel": take(first, mission), "cost_points": whole(cost),
        "status": take(["sent", "held_out"], (mission < 0).astype(np.int64)),
        "policy_version": take([POLICY], np.zeros(len(number)))}, order)
    _write_deliveries(writer, world, decisions, number, decided)


def _write_deliveries(writer: Writer, world: World, decisions: Decisions, number: Array,
                      decided: Array) -> None:
    sent = decisions["mission"] >= 0
    steps = []
    at = decided + 2 * MINUTE
    arrived, read = decisions["delivered"].astype(bool), decisions["read"].astype(bool)
    left = decisions["opted_out"].astype(bool)
    later = at + MINUTE + (writer.world.chance(number, 92) * 20 * MINUTE).astype(np.int64)
    opened = later + (writer.world.chance(number, 93) ** 2 * DAY).astype(np.int64)
    for word, rows, when in (("sent", sent, at), ("delivered", arrived, later),
                               ("failed", sent & ~arrived, later), ("read", read, opened),
                               ("opted_out", left, opened + MINUTE)):
        rows = np.flatnonzero(rows & (when < world.calendar.end))
        number_of = contract.DELIVERY_STATUSES.index(word)
        steps.append((rows, np.full(len(rows), number_of), when[rows]))
    row, status, when = (np.concatenate(column) for column in zip(*steps, strict=True))
    why = np.where(status == contract.DELIVERY_STATUSES.index("failed"),
                   (writer.world.chance(row, 94) ** 2 * len(FAILURES)).astype(np.int64), NONE)
    writer.table("deliveries", {
        "decision_id": writer.id("decision", number[row]),
        "status": take(contract.DELIVERY_STATUSES, status), "at": times(when),
        "code": take(FAILURES, why)}, np.lexsort((row, when)))
