"""A pure result is given again only to one who asks with equal parts."""

from economics.selectors.kept import Kept


class Counted:
    """Doubles what it is given, and counts how often it was asked to."""

    def __init__(self) -> None:
        self.kept: Kept[int] = Kept(most=2)
        self.made = 0

    def doubled(self, name: str, number: int) -> int:
        def make() -> int:
            self.made += 1
            return 2 * number

        return self.kept.of(name, (number,), make)


def test_equal_parts_are_worked_out_once():
    counted = Counted()

    assert [counted.doubled("a", 3), counted.doubled("a", 3)] == [6, 6]
    assert counted.made == 1


def test_another_part_is_worked_out_anew():
    counted = Counted()

    assert [counted.doubled("a", 3), counted.doubled("a", 4)] == [6, 8]
    assert counted.doubled("a", 3) == 6


def test_names_do_not_see_one_another():
    counted = Counted()
    counted.doubled("a", 3)
    counted.doubled("b", 4)

    assert [counted.doubled("a", 3), counted.doubled("b", 4)] == [6, 8]
    assert counted.made == 2


def test_the_name_that_was_not_asked_for_longest_goes():
    counted = Counted()
    for name in ("a", "b", "a", "c"):
        counted.doubled(name, 1)

    counted.doubled("a", 1)
    assert counted.made == 3
    counted.doubled("b", 1)
    assert counted.made == 4
