"""Variables win over the file, and a mistake names its setting."""

from pathlib import Path

import pytest

from cadenza.base.config import read


def test_variables_win_over_the_file(tmp_path):
    file = tmp_path / "cadenza.toml"
    file.write_text('port = 9000\nhost = "0.0.0.0"\ndemo = true\n')
    found = read({"CADENZA_CONFIG": str(file), "CADENZA_PORT": "9001"})
    assert (found.port, found.host, found.demo) == (9001, "0.0.0.0", True)


def test_a_folder_becomes_absolute():
    assert read({"CADENZA_DATA": "~/x"}).data == Path.home() / "x"


@pytest.mark.parametrize("wrong", ["x", "", "1.5", "--1", "²"])
def test_a_bad_number_names_its_setting(wrong):
    with pytest.raises(ValueError, match="CADENZA_PORT"):
        read({"CADENZA_PORT": wrong})


def test_an_unknown_setting_is_refused(tmp_path):
    file = tmp_path / "cadenza.toml"
    file.write_text("prot = 1\n")
    with pytest.raises(ValueError, match="prot"):
        read({"CADENZA_CONFIG": str(file)})


@pytest.mark.parametrize("wrong", ["shop.example.com", "ftp://shop.example.com", "//x"])
def test_the_public_address_says_how_it_is_reached(wrong):
    with pytest.raises(ValueError, match="CADENZA_PUBLIC_URL"):
        read({"CADENZA_PUBLIC_URL": wrong})
