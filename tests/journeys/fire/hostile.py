"""Requests that nobody means well with, drawn from a seed."""

from __future__ import annotations

import json
import random
from dataclasses import dataclass
from typing import TYPE_CHECKING, Any, Final
from urllib.parse import quote

if TYPE_CHECKING:
    from collections.abc import Callable, Iterator

VALUES: Final[tuple[Any, ...]] = (
    None, True, False, 0, -1, 2**31, 2**53 + 1, 2**63 - 1, 2**63, -2**63, -2**63 - 1, 2**64,
    10**400, 0.1, -0.0, 1e308, 5e-324, float("nan"), float("inf"), float("-inf"), "", " ", "0",
    "null", "\0", "a\0b", "\ud800", "\udfff x", "\ufeff", "\u202eabc", "e\u0301", "\u00e9", "\n",
    "\r\nX-Injected: 1", "../../../etc/passwd", "..", ".", "a/b", "a%2Fb", "a?b#c", "a b",
    "'; DROP TABLE verdicts; --", "%s%n{0}{{7*7}}${jndi:x}", "<script>alert(1)</script>", "x" * 300,
    "x" * 70_000, "\U0001f4a5" * 50, "\x7f\x1b[2J", [], [[]], [1, 2], {}, {"a": 1},
    {"$ne": None}, "0000-01-01T00:00:00Z", "0001-01-01T00:00:00Z", "9999-12-31T23:59:59.999Z",
    "10000-01-01T00:00:00Z", "2025-02-30T00:00:00Z", "2025-01-01T25:00:00Z",
    "2025-01-01T00:00:00+99:00", "2025-01-01", "1970-01-01T00:00:00Z", "-2025-01-01T00:00:00Z",
    "2025-06-01T10:15:60Z", "2025-06-01T10:15:00.123456789Z", "scan", "referral", "m-1", "C-1",
)
"""What a field may hold that should not, or hardly ever."""
BODIES: Final[tuple[bytes, ...]] = (
    b"", b" ", b"\n\n\n", b"null", b"1", b'"x"', b"[]", b"{}", b"{", b"}", b'{"kind"', b"nan",
    b"NaN", b"\xff\xfe{\x00}\x00", b"\xef\xbb\xbf{}", b'{"kind":"scan",}', b"{'kind':'scan'}",
    b"// x\n{}",
    b'{"kind":"scan","kind":"referral","event_id":"dup","event_id":"dup-2"}', b'{"\\ud800":1}',
    b'{"event_id":"\xc3\x28"}', b"\x00" * 100, b"{}{}", b"[" * 100_000, b'{"a":' * 100_000,
    b"[" * 100_000 + b"]" * 100_000, b'{"points":' + b"9" * 5_000 + b"}",
    b'{"points":1' + b"0" * 200_000 + b"}", b'{"points":1e' + b"9" * 400 + b"}",
    b'{"a":"' + b"\\u0000" * 10_000 + b'"}', b'{"x":"' + b"y" * 1_500_000 + b'"}',
    b"\r\n" * 50_000, b'{"a":1}\n' * 300,
)
"""Whole bodies that are no event."""
VALID: Final[dict[str, dict[str, Any]]] = {
    "/v1/verdicts": {"kind": "scan", "event_id": "x", "member_id": "m-1", "points": 20,
                     "occurred_at": "2025-03-05T10:00:00Z", "proof": "qr", "code_id": "C-1",
                     "lat": -6.2, "lon": 106.8, "amount": 5.5, "quantity": 2, "outlet_id": "o-1",
                     "invoice_no": "7", "seller_id": "s", "device_id": "d-1", "ip": "10.0.0.1",
                     "mock_location": False, "channel": "app", "capture": "camera"},
    "/v1/events": {"kind": "redemption", "event_id": "x", "member_id": "m-1", "points": 20,
                   "occurred_at": "2025-03-05T10:00:00Z", "reward_id": "r", "outcome": "credited"},
    "/v1/feedback": {"event_id": "h-1", "label": "fraud", "decided_at": "2025-03-05T10:00:00Z"},
    "/v1/declarations": {"kind": "shared_device", "subject_id": "d-1"},
    "/v1/lists": {"list": "deny", "kind": "device", "subject_id": "zz", "note": "x", "by": "rina"},
    "/v1/suggestions": {"limit": 3, "budget_points": 100},
    "/v1/missions": {"decision_ids": ["d-1"]},
    "/v1/events/held/appeal": {"text": "mine", "link": "https://a.example/b", "hash": "9f"},
    "/v1/events/held/evidence": {"text": "mine", "link": "https://a.example/b", "hash": "9f"},
    "/v1/cases/held/decisions": {"decision": "keep", "reason": "papers", "by": "rina"},
    "/verdict": {"kind": "scan", "event_id": "x", "member_id": "m-1", "points": 20,
                 "occurred_at": "2025-03-05T10:00:00Z", "proof": "qr"},
    "/inactivity": {"member_id": "m-1"},
    "/suggestions": {"limit": 3, "segment": {"persona": "retailer"}},
    "/v1/deliveries": {"decision_id": "d-1", "status": "sent", "at": "2025-03-05T10:00:00Z"},
}
ROUTES: Final = (
    *VALID, "/v1/verdicts/batch", "/v1/records/members", "/v1/records/codes", "/v1/records/returns",
    "/v1/records/merges", "/v1/records/account_changes", "/v1/records/feedback",
    "/v1/records/{id}", "/v1/events/{id}/appeal", "/v1/events/{id}/evidence",
    "/v1/cases/{id}/decisions", "/v1/{id}", "/{id}",
)
READS: Final = (
    "/v1/events/{id}", "/v1/members/{id}", "/v1/members/{id}/inactivity", "/v1/outcomes?after={id}",
    "/v1/outcomes?limit={id}", "/v1/cases?limit={id}&offset={id}", "/v1/lists", "/v1/nudges",
    "/v1/events/{id}?reasons=all", "/v1/{id}", "/{id}", "/review/{id}", "/docs.json",
    "/v1/openapi.json", "/livez", "/readyz", "/v1/campaigns", "/v1/campaigns/{id}",
)
METHODS: Final = ("GET", "HEAD", "PUT", "PATCH", "DELETE", "OPTIONS", "TRACE", "CONNECT", "BREW",
                  "get", "POST" * 20)


@dataclass(frozen=True)
class Attack:
    """Bytes to send, and what is known of them."""

    what: str
    raw: bytes
    route: str = ""
    body: bytes = b""
    expects: int = 1
    """How many answers there may be; 0: the connection may just be closed."""


def attacks(seed: int, count: int, key: str) -> Iterator[Attack]:
    """Draw requests: first cell by cell and value by value, then at random.

    Most are hostile in what they hold, some in how they are sent.
    """
    chance = random.Random(seed)
    grid = list(_grid())
    chance.shuffle(grid)
    for number, (route, name, value) in enumerate(grid[:count // 2]):
        yield _one_cell(number, key, route, name, value)
    for number in range(min(len(grid), count // 2), count):
        make = chance.choices((_cells, _bodies, _reads, _transport), (58, 20, 11, 11))[0]
        yield make(chance, number, key)


def _grid() -> Iterator[tuple[str, str, Any]]:
    for route, valid in VALID.items():
        for name in (*valid, "program_id", "recorded_at", "valid_to", "outcome", "note"):
            yield from ((route, name, value) for value in VALUES)


def _one_cell(number: int, key: str, route: str, name: str, value: Any) -> Attack:
    """A valid body but for one cell."""
    told = _text(_fresh(route, f"g-{number}") | {name: value})
    return Attack("cells", _request("POST", route, key, told), route, told)


def _fresh(route: str, name: str) -> dict[str, Any]:
    """A valid body, of an event that is new where it is one."""
    return VALID[route] | ({"event_id": name} if "kind" in VALID[route]
                           and "event_id" in VALID[route] else {})


def _request(
    method: str, path: str, key: str, body: bytes = b"", extra: tuple[str, ...] = ()
) -> bytes:
    lines = [f"{method} {path} HTTP/1.1", "Host: jaga", f"Authorization: Bearer {key}", *extra]
    if body or method == "POST":
        lines += ["Content-Type: application/json", f"Content-Length: {len(body)}"]
    return "\r\n".join(lines).encode("latin-1", "replace") + b"\r\n\r\n" + body


def _text(value: Any) -> bytes:
    """JSON as a hostile client writes it: NaN as it is, surrogates escaped or as raw bytes."""
    return json.dumps(value).encode()


def _id(chance: random.Random) -> str:
    texts = [value for value in VALUES if isinstance(value, str)] + ["9" * 30, "-1", "h-1", "m-1"]
    text = chance.choice(texts)[:3_000]
    if chance.random() < 0.2:
        return text.encode("latin-1", "ignore").decode("latin-1").translate(
            dict.fromkeys(range(33))) or "x"
    return quote(text, safe="", errors="surrogatepass")


def _path(chance: random.Random, route: str) -> str:
    return route.replace("{id}", _id(chance)) if "{id}" in route else route


def _cells(chance: random.Random, number: int, key: str) -> Attack:
    """A valid body in which some cells hold what they should not."""
    route = chance.choice([*VALID, "/v1/verdicts", "/v1/verdicts", "/v1/verdicts"])
    body = _fresh(route, f"a-{number}")
    for _ in range(chance.choice([1, 1, 1, 2, 3])):
        name = chance.choice([*body, "program_id", "recorded_at", "unknown", "valid_to", "outcome"])
        if chance.random() < 0.1:
            body.pop(name, None)
        else:
            body[name] = chance.choice(VALUES)
    told = _text(body)
    return Attack("cells", _request("POST", route, key, told), route, told)


def _bodies(chance: random.Random, number: int, key: str) -> Attack:
    """A body that is none, on any route."""
    route = chance.choice(ROUTES)
    body = chance.choice(BODIES)
    if chance.random() < 0.4:
        told = bytearray(_text(VALID.get(route, VALID["/v1/verdicts"]) | {
            "event_id": f"b-{number}"}))
        for _ in range(chance.randrange(1, 4)):
            told[chance.randrange(len(told))] = chance.randrange(256)
        body = bytes(told[:chance.choice([len(told), chance.randrange(len(told))])])
    return Attack("body", _request("POST", _path(chance, route), key, body), route, body)


def _reads(chance: random.Random, number: int, key: str) -> Attack:
    """A read of what is not there, or a method that is not for it."""
    route = _path(chance, chance.choice(READS))
    method = chance.choice(METHODS) if chance.random() < 0.3 else "GET"
    return Attack("read", _request(method, route, key), route)


def _transport(chance: random.Random, number: int, key: str) -> Attack:
    """A request that is hostile in how it is sent."""
    event = _text(VALID["/v1/verdicts"] | {"event_id": f"t-{number}"})
    route = "/v1/verdicts"
    ways: dict[str, Callable[[], tuple[bytes, int]]] = {
        "length too short": lambda: (_sized(key, event, len(event) - 5), 1),
        "length negative": lambda: (_sized(key, event, -1), 1),
        "length no number": lambda: (_sized(key, event, "ten"), 1),
        "length huge": lambda: (_sized(key, event, 10**19), 1),
        "length far above the limit": lambda: (_sized(key, event, 10_000_000), 1),
        "length above what comes": lambda: (_sized(key, event, len(event) + 50), 0),
        "two lengths": lambda: (_request("POST", route, key, event, ("Content-Length: 3",)), 1),
        "length and chunks": lambda: (
            _request("POST", route, key, event, ("Transfer-Encoding: chunked",)), 0),
        "chunks": lambda: (_chunked(key, event, 7), 1),
        "chunks of a wrong size": lambda: (_chunked(key, event, 7, b"zz"), 1),
        "chunks that end early": lambda: (_chunked(key, event, 7)[:-9], 0),
        "gzip that is none": lambda: (
            _request("POST", route, key, event, ("Content-Encoding: gzip",)), 1),
        "gzip cut off": lambda: (
            _request("POST", route, key, _GZIP, ("Content-Encoding: gzip",)), 1),
        "a header injected": lambda: (
            _request("POST", route, key, event, ("X-A: b\nX-C: d",)), 1),
        "a long header": lambda: (
            _request("POST", route, key, event, ("X-Long: " + "a" * 100_000,)), 1),
        "many headers": lambda: (_request("POST", route, key, event, tuple(
            f"X-{n}: {n}" for n in range(2_000))), 1),
        "a long path": lambda: (_request("GET", "/v1/events/" + "a" * 60_000, key), 1),
        "no host": lambda: (_request("POST", route, key, event).replace(b"Host: jaga\r\n", b""), 1),
        "an old version": lambda: (
            _request("POST", route, key, event).replace(b"HTTP/1.1", b"HTTP/1.0"), 1),
        "no version": lambda: (b"GET /v1/outcomes\r\n\r\n", 1),
        "a wrong version": lambda: (
            _request("POST", route, key, event).replace(b"HTTP/1.1", b"HTTP/9.9"), 1),
        "a proxy's form": lambda: (
            _request("GET", "http://other.example/v1/outcomes", key), 1),
        "traversal": lambda: (_request("GET", "/v1/../../../../etc/passwd", key), 1),
        "traversal, coded": lambda: (
            _request("GET", "/review/%2e%2e/%2e%2e/static/..%2f..%2fetc/passwd", key), 1),
        "bytes in the path": lambda: (
            b"GET /v1/events/\xff\xfe\x00 HTTP/1.1\r\nHost: a\r\n\r\n", 1),
        "no request": lambda: (bytes(chance.randrange(256) for _ in range(200)) + b"\r\n\r\n", 0),
        "a hello of TLS": lambda: (b"\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03" + b"\0" * 50, 0),
        "a hello of HTTP/2": lambda: (b"PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n" + b"\0" * 9, 1),
        "an upgrade": lambda: (_request("GET", "/v1/outcomes", key, b"", (
            "Connection: Upgrade", "Upgrade: websocket", "Sec-WebSocket-Version: 13",
            "Sec-WebSocket-Key: dGhlIHNhbXBsZSBub25jZQ==")), 1),
        "continue": lambda: (
            _request("POST", route, key, event, ("Expect: 100-continue",)), 1),
        "a strange key": lambda: (_request("POST", route, "\u00ff\u00fe" * 50, event), 1),
        "two keys": lambda: (_request("POST", route, key, event, ("Authorization: Bearer x",)), 1),
        "another scheme": lambda: (_request("POST", route, key, event).replace(
            b"Bearer", b"Basic"), 1),
        "pipelined": lambda: (_request("POST", route, key, event) * 3, 3),
    }
    what = chance.choice(list(ways))
    raw, expects = ways[what]()
    return Attack(what, raw, route, event, expects)


_GZIP: Final = b"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\x03\xab\x56\xca\x4e\xcd\x4b"


def _sized(key: str, body: bytes, length: object) -> bytes:
    whole = _request("POST", "/v1/verdicts", key, body)
    return whole.replace(b"Length: %d" % len(body), f"Length: {length}".encode())


def _chunked(key: str, body: bytes, size: int, mark: bytes = b"") -> bytes:
    head = _request("POST", "/v1/verdicts", key, b"", ("Transfer-Encoding: chunked",))
    head = head.replace(b"Content-Length: 0\r\n", b"")
    parts = [body[at:at + size] for at in range(0, len(body), size)]
    return head + b"".join(
        (mark or f"{len(part):x}".encode()) + b"\r\n" + part + b"\r\n" for part in parts
    ) + b"0\r\n\r\n"


def reading(name: str, key: str) -> Attack:
    """The request that reads an event back, as raw as it must be: no client mends its path."""
    return Attack("read", _request("GET", f"/v1/events/{quote(name, safe='')}", key))


def again(attack: Attack, key: str) -> Attack:
    """The same body once more, sent as it should be."""
    return Attack("body", _request("POST", attack.route, key, attack.body), attack.route)
