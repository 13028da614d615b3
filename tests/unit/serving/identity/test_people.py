"""People: passwords, roles, sessions and their ends."""

from __future__ import annotations

from typing import TYPE_CHECKING, Any

import pytest

from features.errors import BadInput, Conflict, NotFound
from features.exports.program import Program
from features.store.chain import HOME, Chain
from features.store.home import Home
from serving.errors import Unauthorised
from serving.identity import passwords
from serving.identity.administering import act, list_users
from serving.identity.bucket import MOST_KEPT, Throttle
from serving.identity.passwords import check_strength, hash_password, is_password, make_password
from serving.identity.sessions import HOUR_MS, MINUTE_MS, Sessions
from serving.identity.signin import SignIn, TooManyAttempts
from serving.identity.users import Person, known_person

if TYPE_CHECKING:
    from collections.abc import Iterator
    from pathlib import Path

NOW = 1_750_000_000_000
WORD = "eleven brown geese walking"


@pytest.fixture
def home(tmp_path: Path) -> Iterator[Home]:
    home = Home(tmp_path)
    for program in ("acme", "globex"):
        home.create(Program(program_id=program))
    yield home
    home.close()


class Desk:
    """Sign-in with clocks that a test moves."""

    def __init__(self, home: Home) -> None:
        self.home = home
        self.at_ms = NOW
        self.seconds = 0.0
        self.sessions = Sessions(home.database, idle_minutes=60, hours=12)
        self.sign_in = SignIn(home.database, self.sessions, lambda: self.seconds)

    def add(self, name: str = "rina", role: str = "manager@acme") -> dict[str, Any]:
        return act(self.home, "add", name, [role], None, NOW, password=WORD)

    def enter(self, name: str = "rina", password: str = WORD, address: str = "192.0.2.1") -> str:
        return self.sign_in.enter(name, password, address, self.at_ms)

    def find(self, token: str) -> Person | None:
        return self.sessions.find(token, self.at_ms)


@pytest.fixture
def desk(home: Home) -> Desk:
    return Desk(home)


def test_the_hash_is_argon2id_of_rfc_9106() -> None:
    """Stored text names its parameters; the password is not in it, and two hashes differ."""
    from argon2 import PasswordHasher, extract_parameters
    from argon2.profiles import RFC_9106_LOW_MEMORY

    assert extract_parameters(PasswordHasher().hash(WORD)) == RFC_9106_LOW_MEMORY
    first, second = hash_password(WORD), hash_password(WORD)
    assert first.startswith("$argon2id$")
    assert first != second
    assert WORD not in first
    assert is_password(first, WORD)
    assert not is_password(first, WORD + ".")
    assert not is_password(first, WORD * 100)
    assert not is_password("no hash", WORD)


def test_an_unknown_name_costs_a_hash_too(monkeypatch: pytest.MonkeyPatch) -> None:
    """Where there is no hash, one is checked all the same, so that the time tells nothing."""
    checked = []
    real = passwords._hasher

    class Counting:
        def verify(self, hashed: str, password: str) -> bool:
            checked.append(hashed)
            return real.verify(hashed, password)

        def hash(self, password: str) -> str:
            return real.hash(password)

    monkeypatch.setattr(passwords, "_hasher", Counting())
    assert not is_password(None, WORD)
    assert not is_password(hash_password("another " + WORD), WORD)
    assert len(checked) == 2
    assert not is_password(None, "")


@pytest.mark.parametrize("weak", ["short", "aaaaaaaaaaaaaaaa", "Rina-at-the-desk", "x" * 300])
def test_a_password_that_would_be_guessed_is_refused(weak: str) -> None:
    """Too short, too long, one letter, or the name; what came is not told."""
    with pytest.raises(BadInput) as refused:
        check_strength(weak, "rina@acme.example")
    assert weak not in str(refused.value)
    check_strength(make_password(), "rina")


def test_people_are_known_by_one_spelling(desk: Desk) -> None:
    """Case and width make no second person; the list tells roles and no hash."""
    desk.add("Rina@Acme.Example")
    with pytest.raises(Conflict):
        desk.add("ＲＩＮＡ@acme.example")
    assert known_person(desk.home.database, "RINA@ACME.EXAMPLE").name == "rina@acme.example"
    for name in ("", "two words", "tab\t", "nul\0", "x" * 201):
        with pytest.raises(BadInput):
            desk.add(name)
    assert list_users(desk.home) == {"users": {"rina@acme.example": {
        "roles": "manager@acme", "signs_in_by": "password", "status": "may come in"}}}


def test_roles_are_of_a_program(desk: Desk) -> None:
    """A role names its program; one that is none, or the machine's, is refused and adds nobody."""
    made = act(desk.home, "add", "budi", ["manager@acme", "auditor@globex"], None, NOW)
    assert len(made["password"]) > 20
    person = known_person(desk.home.database, "budi")
    assert person.programs() == ["acme", "globex"]
    assert person.programs("/retention") == ["globex"]
    for roles in ([], ["manager"], ["manager@nowhere"], ["points-engine@acme"], ["king@acme"]):
        with pytest.raises((BadInput, NotFound)):
            act(desk.home, "add", "sari", roles, None, NOW)
    assert list(list_users(desk.home)["users"]) == ["budi"]
    act(desk.home, "roles", "budi", ["marketer@globex"], None, NOW)
    assert known_person(desk.home.database, "budi").roles == {("globex", "marketer")}


def test_a_session_is_a_random_token_of_which_the_hash_is_kept(desk: Desk) -> None:
    """Two sign-ins are two tokens, and neither is in the store."""
    desk.add()
    first, second = desk.enter(), desk.enter("RINA")
    assert first != second
    assert len(first) >= 43
    with desk.home.database.reading() as store:
        text = str(store.rows("SELECT * FROM sessions"))
    assert first not in text
    assert second not in text
    person = desk.find(first)
    assert person is not None
    assert person.name == "rina"
    assert desk.find(first + "x") is None
    assert desk.find("") is None


def test_a_session_ends_when_it_is_idle_and_in_any_case(desk: Desk) -> None:
    """Sixty minutes without a page, or twelve hours with one every half hour."""
    desk.add()
    idle, used = desk.enter(), desk.enter()
    for _ in range(24):
        assert desk.find(used) is not None
        desk.at_ms += 30 * MINUTE_MS
    assert desk.find(idle) is None
    assert desk.at_ms == NOW + 12 * HOUR_MS
    assert desk.find(used) is not None
    desk.at_ms += 1
    assert desk.find(used) is None
    desk.enter()
    with desk.home.database.reading() as store:
        assert store.rows("SELECT COUNT(*) FROM sessions") == [(1,)]


def test_signing_in_ends_the_session_before(desk: Desk) -> None:
    """A token that somebody planted in a browser is worth nothing after a sign-in."""
    desk.add()
    before = desk.enter()
    after = desk.sign_in.enter("rina", WORD, "192.0.2.1", desk.at_ms, before)
    assert desk.find(before) is None
    assert desk.find(after) is not None
    desk.sessions.end(after)
    assert desk.find(after) is None


@pytest.mark.parametrize("action", ["reset", "disable"])
def test_a_reset_ends_every_session(desk: Desk, action: str) -> None:
    """Whoever stole one is out, and the old password opens nothing."""
    desk.add()
    tokens = [desk.enter() for _ in range(3)]
    made = act(desk.home, action, "rina", [], None, NOW)
    assert [desk.find(token) for token in tokens] == [None] * 3
    with pytest.raises(Unauthorised):
        desk.enter()
    if action == "reset":
        assert desk.find(desk.enter(password=made["password"])) is not None
    else:
        act(desk.home, "enable", "rina", [], None, NOW)
        assert desk.find(desk.enter()) is not None


def test_no_answer_tells_which_names_exist(desk: Desk) -> None:
    """An unknown name, a wrong password, a closed account, one without a password: one answer."""
    desk.add()
    desk.add("closed")
    act(desk.home, "disable", "closed", [], None, NOW)
    act(desk.home, "add", "elsewhere", ["manager@acme"], None, NOW, by_provider=True)
    said = set()
    for name, password in (("nobody", WORD), ("rina", "wrong"), ("closed", WORD), ("", ""),
                           ("elsewhere", ""), ("elsewhere", WORD), ("x\0y", WORD), (" ", WORD)):
        with pytest.raises(Unauthorised) as refused:
            desk.enter(name, password, address=f"192.0.2.{len(name)}")
        said.add(str(refused.value))
    assert len(said) == 1


@pytest.mark.parametrize("name", ["rina", "nobody-of-that-name"])
def test_guessing_is_slowed_down_for_a_name(desk: Desk, name: str) -> None:
    """Ten attempts at once from anywhere, then one a minute, whether the name exists or not."""
    desk.add()

    def attempts() -> int:
        heard = 0
        for address in range(20):
            with pytest.raises((TooManyAttempts, Unauthorised)) as refused:
                desk.enter(name, "wrong", f"198.51.100.{address}")
            if isinstance(refused.value, TooManyAttempts):
                assert 0 < refused.value.wait_s <= 60
            else:
                heard += 1
        return heard

    assert attempts() == 10
    desk.seconds += 180
    assert attempts() == 3
    with pytest.raises(TooManyAttempts):
        desk.enter(name, WORD)
    desk.add("budi")
    assert desk.find(desk.enter("budi")) is not None


def test_guessing_is_slowed_down_for_an_address(desk: Desk) -> None:
    """Thirty names at once from one address, the same for one network of IPv6."""
    for network in ("192.0.2.7", "2001:db8:1:2::{:x}"):
        heard = 0
        for number in range(60):
            try:
                desk.enter(f"name-{number}", "wrong", network.format(number + 1))
            except TooManyAttempts:
                continue
            except Unauthorised:
                heard += 1
        assert heard == 30


def test_who_gives_his_password_is_not_slowed_down(desk: Desk) -> None:
    """Attempts that succeed do not count."""
    desk.add()
    assert len({desk.enter() for _ in range(40)}) == 40


def test_a_throttle_forgets_who_was_quiet_longest() -> None:
    """What it keeps is bounded; the one who goes on trying stays slowed down."""
    throttle = Throttle(rate=0.001, size=1, clock=lambda: 0.0)
    assert throttle.take("persistent") == 0
    for number in range(MOST_KEPT - 1):
        throttle.take(number)
        if number % 100 == 0:
            assert throttle.take("persistent") > 0
    assert throttle.take("persistent") > 0
    assert len(throttle._buckets) == MOST_KEPT
    throttle.take("one more")
    assert len(throttle._buckets) == MOST_KEPT
    assert throttle.take("persistent") > 0


def test_a_hash_of_weaker_times_is_renewed(desk: Desk, monkeypatch: pytest.MonkeyPatch) -> None:
    """Signing in replaces a hash whose parameters are below today's; the password stays."""
    from argon2 import PasswordHasher, extract_parameters

    desk.add()
    monkeypatch.setattr(passwords, "_hasher", PasswordHasher(2, 16, 1))
    desk.enter()
    stored = known_person(desk.home.database, "rina").password_hash
    assert stored is not None
    assert extract_parameters(stored).time_cost == 2
    assert desk.find(desk.enter()) is not None


def test_what_admins_do_about_people_is_in_the_audit_log(desk: Desk) -> None:
    """By number and never by name: a name may have to be forgotten, the log may not change."""
    desk.add()
    for action in ("reset", "disable", "enable"):
        act(desk.home, action, "rina", [], None, NOW)
    act(desk.home, "roles", "rina", ["auditor@acme"], None, NOW)
    with desk.home.database.reading() as store:
        entries = list(Chain(store, HOME).entries())
    assert [entry.act for entry in entries] == [
        "user_added", "password_reset", "user_disabled", "user_enabled", "roles_changed"]
    assert {entry.about for entry in entries} == {'{"user":1}'}
    assert "rina" not in str(entries)
