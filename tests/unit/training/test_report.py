import re
import shutil
from pathlib import Path

import pandas as pd
import pytest

from features.errors import BadInput
from training.report import Report, report


@pytest.fixture(scope="module")
def told(world: Path, tmp_path_factory: pytest.TempPathFactory) -> Report:
    return report(world, tmp_path_factory.mktemp("out") / "deep" / "report.html")


def test_the_page_needs_nothing_else(told: Report) -> None:
    """One file: no script, and nothing fetched from anywhere."""
    page = told.path.read_text(encoding="utf-8")
    assert "<script" not in page
    assert not re.search(r"(src|href)\s*=\s*[\"'](?!#)", page)
    assert "url(" not in page


def test_the_page_holds_every_section(told: Report) -> None:
    """Cases, duplicates, who slips, data health and what could not be seen are all there."""
    page = told.path.read_text(encoding="utf-8")
    for anchor in ("cases", "duplicates", "slipping", "health", "blind"):
        assert f'id="{anchor}"' in page
    assert told.page.headline in page


def test_at_most_ten_cases_with_reasons_and_events(told: Report) -> None:
    """Each case names a member, says why and where to begin."""
    assert 0 < len(told.page.cases) <= 10
    for case in told.page.cases:
        assert case.member
        assert case.reasons
        assert case.events
        assert case.count >= 1


def test_the_same_export_gives_the_same_page(
    three_members: Path, tmp_path: Path
) -> None:
    """No clock and no chance is on the page."""
    one, two = (report(three_members, tmp_path / name).path.read_bytes()
                for name in ("a.html", "b.html"))
    assert one == two


def test_three_members_are_no_error(three_members: Path, tmp_path: Path) -> None:
    """A tiny export gives a page that says how little can be seen."""
    told = report(three_members, tmp_path / "r.html").as_dict()
    assert told["events"] == 4
    assert "Devices on scans" in told["not_seen"]
    assert "Cases already decided" in told["not_seen"]


def test_what_an_export_says_is_never_markup(three_members: Path, tmp_path: Path) -> None:
    """Names from the export are escaped."""
    (three_members / "program.yaml").write_text(
        'program_id: tiny\nname: "<b onmouseover=alert(1)>Club</b>"\n')
    page = report(three_members, tmp_path / "r.html").path.read_text(encoding="utf-8")
    assert "<b onmouseover" not in page
    assert "&lt;b onmouseover" in page


def test_bad_rows_are_counted_and_told(three_members: Path, tmp_path: Path) -> None:
    """A row that can't be taken is on the page with its reason, the rest is reported."""
    scans = three_members / "scans.csv"
    scans.write_text(scans.read_text() + "e9,tiny,m1,2025-02-09T10:00:00Z,-5,qr\n")
    told = report(three_members, tmp_path / "r.html")
    assert told.as_dict()["rejects"] == 1
    assert any("points" in refusal.text for refusal in told.page.health.refusals)


def test_a_code_credited_to_two_members_is_found(three_members: Path, tmp_path: Path) -> None:
    """The second claim of a code counts with its points, and its member is a case."""
    scans = pd.read_csv(three_members / "scans.csv")
    scans["code_id"] = ["c1", "c1", "c2", "c3"]
    scans.to_csv(three_members / "scans.csv", index=False)
    told = report(three_members, tmp_path / "r.html")
    [found] = [one for one in told.page.duplicates if one.noun == "codes"]
    assert (found.count, found.points) == (1, 50)
    assert [case.member for case in told.page.cases] == ["m3"]
    assert "credited" in told.page.cases[0].proofs[0]


def test_no_export_is_said_and_nothing_written(tmp_path: Path) -> None:
    """A folder without tables is refused before the page is begun."""
    empty = tmp_path / "empty"
    empty.mkdir()
    with pytest.raises(BadInput):
        report(empty, tmp_path / "r.html")
    assert not (tmp_path / "r.html").exists()


def test_truth_beside_an_export_is_never_read(world: Path, tmp_path: Path) -> None:
    """Without its sealed truth an export gives the same page."""
    bare = tmp_path / world.name
    shutil.copytree(world, bare, ignore=shutil.ignore_patterns("truth"))
    with_truth, without = (report(folder, tmp_path / f"{n}.html").path.read_bytes()
                           for n, folder in enumerate((world, bare)))
    assert with_truth == without
