"""When it is time to capture, and what is told of it."""

from alembic_plugins.errors import CaptureDiffers
from alembic_plugins.integration.watching import Settling, Told


def look(settling: Settling, *looks: tuple[str, float]) -> list[bool]:
    """Return what is answered, look by look."""
    return [settling.look(activity, now) for activity, now in looks]


def test_what_is_there_at_the_beginning_is_captured_after_a_pause() -> None:
    assert look(Settling(3), ("a", 0), ("a", 2), ("a", 3), ("a", 4)) == [False, False, True, False]


def test_changes_in_a_row_are_one() -> None:
    settling = Settling(3)
    look(settling, ("a", 0), ("a", 3))
    looks = ("b", 4), ("c", 6), ("c", 8), ("c", 9), ("c", 20)
    assert look(settling, *looks) == [False, False, False, True, False]


def test_each_change_is_captured_without_a_pause() -> None:
    assert look(Settling(0), ("a", 0), ("a", 1), ("b", 2)) == [True, False, True]


def test_what_was_not_done_is_due_again() -> None:
    settling = Settling(3)
    look(settling, ("a", 0), ("a", 3))
    settling.begin_anew()
    assert look(settling, ("a", 4), ("a", 7)) == [False, True]


def test_problem_of_a_branch_is_told_once() -> None:
    told, problem = Told(), CaptureDiffers("audit", ("operator -",))
    assert [told.is_new("audit", problem) for _ in range(2)] == [True, False]
    assert told.is_new("audit", CaptureDiffers("audit", ("operator +",)))


def test_problem_is_told_again_after_it_was_solved() -> None:
    told, problem = Told(), CaptureDiffers("audit", ("operator -",))
    told.is_new("audit", problem)
    assert told.is_new("audit", None)
    assert told.is_new("audit", problem)


def test_success_of_one_branch_lets_no_other_one_be_told_again() -> None:
    told, problem = Told(), CaptureDiffers("audit", ("operator -",))
    told.is_new("audit", problem)
    told.is_new("billing", None)
    assert not told.is_new("audit", problem)
