"""Which warnings a command has told."""

from alembic_plugins._warnings import is_untold, tell_once


def test_warning_is_told_once_in_a_command() -> None:
    with tell_once():
        assert [is_untold(words) for words in ("a", "b", "a")] == [True, True, False]


def test_another_command_tells_it_again() -> None:
    for _ in range(2):
        with tell_once():
            assert is_untold("a")


def test_command_inside_another_one_tells_only_what_is_new() -> None:
    with tell_once():
        assert is_untold("a")
        with tell_once():
            assert not is_untold("a")


def test_outside_of_commands_each_is_told() -> None:
    assert is_untold("a")
    assert is_untold("a")
