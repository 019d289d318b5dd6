"""Files lie under names that we make, in their workspace's folder, and nowhere else."""

from io import BytesIO

import pytest

from cadenza.base import files
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
