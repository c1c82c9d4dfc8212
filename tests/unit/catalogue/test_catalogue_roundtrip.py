"""A catalogue survives every form in which it is kept."""

import tempfile
from pathlib import Path

from hypothesis import HealthCheck, given, settings
from hypothesis import strategies as st

from shelfstream.catalogue.catalogue import Catalogue
from shelfstream.catalogue.folder.read import check_folder, read_folder
from shelfstream.catalogue.folder.write import write_folder
from tests.unit.catalogue.catalogue_samples import picture
from tests.unit.catalogue.catalogue_strategies import catalogues

PICTURES = {"front.jpg": picture("jpg"), "side.png": picture("png"), "more/back.jpg": picture("jpg", (20, 30))}


@settings(max_examples=60, deadline=None, suppress_health_check=[HealthCheck.too_slow, HealthCheck.data_too_large])
@given(catalogues(st.lists(st.sampled_from(sorted(PICTURES)), max_size=2, unique=True)))
def test_a_folder_written_out_reads_back_equal(catalogue: Catalogue) -> None:
    """Whatever a catalogue holds, its folder says the same and has no fault."""
    with tempfile.TemporaryDirectory() as folder:
        write_folder(catalogue, Path(folder), PICTURES.__getitem__)
        assert check_folder(Path(folder)).faults == ()
        assert read_folder(Path(folder)) == catalogue
