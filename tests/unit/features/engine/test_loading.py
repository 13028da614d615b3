"""A program's own declarations, read from YAML: what they give, and what is refused where."""

from __future__ import annotations

import re

import numpy as np
import pytest

from features.catalog import CATALOG, program_catalog
from features.engine.definition import Aggregate, Elapsed, Expression, Fresh, Pair
from features.engine.loading import read_declarations
from features.engine.state import State
from features.errors import BadConfig
from features.store.home import Home

COUNT = """- name: manual_7d
  meaning: Codes typed by hand in 7d
  entity: member
  aggregate: count
"""
SHARE = """- name: manual_share
  meaning: Typed by hand per event
  unit: share
  formula: manual_7d / member_count_7d
"""
NOON = 1_750_000_000_000


@pytest.fixture
def read(tmp_path):
    """Read a text as the only file of a program."""
    folder = tmp_path / "features"

    def build(text, name="acme/own.yaml", program="acme"):
        path = folder / name
        path.parent.mkdir(parents=True, exist_ok=True)
        path.write_text(text, encoding="utf-8")
        return program_catalog(folder, program)

    return build


def test_an_own_declaration_is_a_feature_after_all_others(read):
    """It has its hash, texts and place; the others keep theirs."""
    catalog = read(COUNT + "  where: [capture == manual]\n  window: 7d\n  family: velocity\n"
                   + SHARE)
    assert catalog.names == (*CATALOG.names, "manual_7d", "manual_share")
    assert {name: catalog.hashes[name] for name in CATALOG.names} == CATALOG.hashes
    assert (catalog.families["manual_7d"], catalog.units["manual_7d"]) == ("velocity", "events")
    assert catalog.own_meanings == {"manual_7d": "Codes typed by hand in 7d",
                                    "manual_share": "Typed by hand per event"}
    assert [re.sub(r".*/", "", one.origin) for one in catalog.own] == ["own.yaml:1", "own.yaml:8"]


def test_an_own_feature_is_computed_like_any_other(read, record):
    """Aggregate, difference, pair, gap and first time, on a story told by hand."""
    catalog = read(COUNT + """  where: ["capture == manual"]
  window: 7d
- name: step
  meaning: Points against the scan before
  unit: points
  entity: member
  aggregate: difference
  argument: points
- name: member_sku
  pair: [member, sku]
- name: same_sku
  meaning: Earlier scans of the product by the member
  entity: member_sku
  aggregate: count
  before: true
- name: device_gap_s
  elapsed: device
- name: first_sku
  fresh: sku
- name: told
  meaning: Both at once
  unit: s
  formula: default(device_gap_s, -1) * 10 + first_sku
""")
    records = [record("scan", NOON + 1000 * i, member=1, capture=capture, points=points, sku=sku,
                      device=5)
               for i, (capture, points, sku) in enumerate([(2, 5, 1), (0, 9, 1), (2, 7, 2)])]
    rows = State(catalog, "UTC").replay(np.array(records))
    own = rows[:, len(CATALOG.names):]
    assert np.nan_to_num(own, nan=-99).tolist() == [
        [1, -99, 0, -9], [1, 4, 1, 10], [2, -2, 0, 11]]


def test_files_of_the_home_come_before_those_of_the_program(read):
    """A program's file may read what the home's files declare; other programs see only those."""
    read(COUNT, "shared.yaml")
    catalog = read(SHARE)
    assert catalog.names[-2:] == ("manual_7d", "manual_share")
    assert read("", "other/none.yaml", "other").names[-1] == "manual_7d"
    assert read("", "other/none.yaml", None).names[-1] == "manual_7d"


def test_other_files_are_left_alone(read):
    """Only .yaml and .yml are read, hidden files and code never."""
    read("not: declarations", ".draft.yaml")
    read("raise SystemExit", "acme/own.py")
    assert read(COUNT, "acme/own.yml").names[-1] == "manual_7d"


def test_a_home_reads_its_own_folder(tmp_path):
    """`HOME/features/PROGRAM/*.yaml` is read; without any file the catalogue is everybody's."""
    home = Home(tmp_path)
    assert home.catalog("acme") is CATALOG
    (tmp_path / "features/acme").mkdir(parents=True)
    (tmp_path / "features/acme/own.yaml").write_text(COUNT)
    assert home.catalog("acme").names[-1] == "manual_7d"
    assert home.catalog("rival") is CATALOG


def test_every_shape_is_read_as_what_it_declares(tmp_path):
    """The key says what an entry is."""
    path = tmp_path / "own.yaml"
    path.write_text(COUNT + SHARE + "- {name: a, pair: [member, sku]}\n"
                    "- {name: b, elapsed: device, kinds: [scan]}\n"
                    "- {name: c, fresh: sku, where: [sku known]}\n")
    found = read_declarations(path)
    assert [type(one) for one in found] == [Aggregate, Expression, Pair, Elapsed, Fresh]
    assert found[3].kinds == ("scan",)
    assert found[4].where == ("sku known",)


@pytest.mark.parametrize(("text", "line", "said"), [
    (COUNT + "  wnidow: 7d\n", 5, "'wnidow'"),
    (COUNT + "  name: again\n", 5, "'name' twice"),
    (COUNT + "  window: 91d\n", 1, "a window of 90 days at most; came 91d"),
    (COUNT + "  window: 30s\n", 1, "whole number of m, h or d; came '30s'"),
    (COUNT + "  window: 60000\n", 5, "whole number of m, h or d; came the number '60000'"),
    (COUNT + "  window: 1.5h\n", 1, "'1.5h'"),
    (COUNT + "  kinds: scan\n", 5, "a list as kinds; came the text 'scan'"),
    (COUNT + "  kinds: [scam]\n", 1, "came 'scam'"),
    (COUNT + "  kinds: []\n", 1, "came none"),
    (COUNT + "  kinds:\n  - 1\n", 6, "came the number '1'"),
    (COUNT + '  where: ["points > 1.5"]\n', 1, "an integer of at most 63 bits; came '1.5'"),
    (COUNT + '  where: ["points > 99999999999999999999"]\n', 1, "an integer of at most 63 bits"),
    (COUNT + '  where: ["capture == camra"]\n', 1, "one of camera, gallery"),
    (COUNT + '  where: ["colour == 1"]\n', 1, "'colour'"),
    (COUNT + "  before: 1\n", 5, "true or false as before"),
    (COUNT + "  unit: 5\n", 5, "a text as unit; came the number '5'"),
    (COUNT + f"  unit: {'x' * 201}\n", 5, "at most 200 characters as unit; came 201"),
    (COUNT + "  unit:\n", 5, "a text as unit; came nothing"),
    (COUNT + "  family: speed\n", 1, "a family among account"),
    (COUNT + "  argument: points\n", 1, "'points' with count"),
    (COUNT + "  at: shop\n", 1, "'shop'"),
    (COUNT + "  formula: points\n", 1, "exactly one of aggregate"),
    (COUNT + "  meaning2: x: y\n", 5, "mapping values are not allowed here"),
    (COUNT + "\tunit: x\n", 5, "cannot start any token"),
    (COUNT + COUNT, 5, "a second 'manual_7d'"),
    (COUNT.replace("entity: member", "entity: memebr"), 1, "'memebr'"),
    (COUNT.replace("entity: member", "entity: points"), 1, "'points'"),
    (COUNT.replace("count", "median"), 1, "a unit; came an entry without unit"),
    (COUNT.replace("count", "median") + "  unit: x\n", 1, "'median'"),
    (COUNT.replace("manual_7d", "member_count_1h"), 1, "a second 'member_count_1h'"),
    (COUNT.replace("manual_7d", "Manual"), 1, "'Manual'"),
    (COUNT.replace("manual_7d", "floor"), 1, "'floor'"),
    (COUNT.replace("manual_7d", "event_id"), 1, "'event_id'"),
    (COUNT.replace("manual_7d", "lambda"), 1, "'lambda'"),
    (COUNT.replace("  meaning: Codes typed by hand in 7d\n", ""), 1, "a meaning"),
    (COUNT.replace("name: manual_7d", "hidden: true"), 1, "a name"),
    (COUNT + "  window: 7d\n  hidden: maybe\n", 6, "true or false as hidden"),
    (SHARE, 1, "'manual_7d'"),
    (SHARE.replace("manual_7d /", "0.5 *"), 1, "'0.5'"),
    (SHARE.replace("manual_7d /", "points ++/"), 1, "'points ++/ member_count_7d'"),
    (SHARE.replace("manual_7d", "9" * 17), 1, "at most 2 ** 53"),
    (SHARE.replace("manual_7d", "(" * 600), 1, "a formula"),
    (SHARE.replace("manual_7d", "-" * 1200 + "points"), 1, "at most 1000 characters"),
    (SHARE.replace("manual_7d", "outcome"), 1, "'outcome'"),
    (SHARE.replace("  unit: share\n", ""), 1, "a unit"),
    (SHARE + "  window: 7d\n", 5, "'window'"),
    (COUNT + SHARE + SHARE.replace("manual_share", "a").replace("manual_7d", "b")
     + SHARE.replace("manual_share", "b").replace("manual_7d", "a"), 13, "does not read itself"),
    ("- {name: spot, pair: [member, sku]}\n", 1, "a second column 'spot'"),
    ("- {name: now_ms, elapsed: member}\n", 1, "a second column 'now_ms'"),
    ("- {name: a, pair: [member]}\n", 1, "two columns; came 1"),
    ("- {name: a, pair: member}\n", 1, "a list as pair"),
    ("- {name: a, fresh: points}\n", 1, "'points'"),
    ("- {name: a, aggregate: difference, entity: member, argument: device, unit: x, meaning: y}\n",
     1, "an argument that holds a value; came 'device'"),
    ("- {name: a, aggregate: difference, entity: member, argument: points, unit: x, meaning: y,\n"
     "   window: 7d}\n", 2, "a difference without window"),
    ("name: a\n", 1, "a list of declarations; came a group of keys"),
    ("\n\n- 1\n", 3, "a declaration with a key a line"),
    ('- name: "a\n', 2, "unexpected end of stream"),
    ("--- []\n--- []\n", 2, "but found another document"),
    ("!!python/object/apply:os.system [id]\n", 1, "a list of declarations"),
    ("- !!python/name:os.system {}\n", 1, "a declaration with a key a line"),
    ("- {name: x, <<: {pair: [a, b]}}\n", 1, "'<<'"),
    (COUNT + "  kinds: !!seq scan\n", 5, "a list as kinds"),
    (COUNT + "  unit: !!str [x]\n", 5, "a text as unit"),
    (COUNT + "  before: !!bool maybe\n", 5, "true or false as before"),
    ("- !!map [a]\n", 1, "a declaration with a key a line"),
    ("&a [*a]\n", 1, "a declaration with a key a line"),
    ("[" * 1500, 1, "recursion"),
    ("- {[a]: 1}\n", 1, "'a list'"),
])
def test_what_is_wrong_is_refused_with_file_and_line(read, text, line, said):
    """The sentence names what was wanted, what came, the file, the line and a remedy."""
    with pytest.raises(BadConfig) as refused:
        read(text)
    sentence = str(refused.value)
    assert said in sentence
    assert f"acme/own.yaml:{line}" in sentence
    assert " To do: " in sentence


def test_bytes_that_are_no_text_are_refused(tmp_path):
    """A file in another encoding is named."""
    (tmp_path / "own.yaml").write_bytes(b"- name: \xff\n")
    with pytest.raises(BadConfig, match=r"own\.yaml in UTF-8"):
        program_catalog(tmp_path)


def test_formulas_that_double_each_other_are_refused_soon(read):
    """Forty formulas that read the one before twice would have a million million steps."""
    chain = "".join(SHARE.replace("manual_share", f"f{i}").replace(
        "manual_7d / member_count_7d", f"f{i - 1} + f{i - 1}" if i else "points")
        for i in range(40))
    with pytest.raises(BadConfig, match="a shallower formula"):
        read(chain)


def test_nothing_in_a_file_runs(read, tmp_path):
    """A formula is data: what is no number, name, operator or function is refused."""
    for formula in ("__import__('os')", "points.real", "[points]", "points if 1 else 2",
                    "lambda: 1", "f'{points}'", "points[0]", "(points := 1)"):
        with pytest.raises(BadConfig):
            read(SHARE.replace("manual_7d / member_count_7d", f"\"{formula}\""))
