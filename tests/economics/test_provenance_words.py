from economics.calc.profit import Provenance as Tag
from economics.models import Provenance


def test_the_tags_of_stored_lines_are_the_tags_that_calculations_rank():
    assert {tag.value for tag in Tag} == set(Provenance.values)
