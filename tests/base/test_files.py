"""Files lie under names that we make, in their workspace's folder, and nowhere else."""

import tempfile
from io import BytesIO

import pytest

from cadenza.base import files
from cadenza.base.config import Config
from cadenza.base.ids import new_id


def test_a_file_is_saved_read_and_forgotten():
    here = new_id()
    name = files.save(here, BytesIO(b"x" * 3_000_000), ".csv")
    assert files.path(here, name).stat().st_size == 3_000_000
    files.delete(here, name)
    files.delete(here, name)
    assert not files.path(here, name).exists()


@pytest.mark.parametrize("name", ["../x", "/etc/passwd", "a/b", "..", ".", "", "../../master.key"])
def test_a_name_leads_nowhere_else(name):
    with pytest.raises(ValueError):
        files.path(new_id(), name)


def test_temporary_files_lie_within_and_what_a_killed_process_left_goes(tmp_path, monkeypatch):
    monkeypatch.setattr(files, "config", lambda: Config(data=tmp_path))
    monkeypatch.setattr(tempfile, "tempdir", None)
    (tmp_path / "tmp").mkdir()
    (tmp_path / "tmp" / "left.raw").write_text("ann@example.com")
    files.keep_temporary_files_within()
    assert not (tmp_path / "tmp" / "left.raw").exists()
    with tempfile.NamedTemporaryFile() as made:
        assert made.name.startswith(str(tmp_path / "tmp"))
