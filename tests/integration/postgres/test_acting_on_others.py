"""What holds on SQLite of acting on others holds on PostgreSQL with two workers."""

from tests.integration.test_acting_on_others import (  # noqa: F401
    test_a_moderator_who_leaves_is_still_named_in_the_log,
    test_a_muted_member_still_reads_reports_takes_back_and_sets_a_password,
    test_a_name_like_a_moderators_is_refused_and_their_own_is_theirs,
    test_a_role_stands_in_what_its_member_wrote_and_changes_there,
    test_nobody_changes_anothers_stars_and_moderators_remove_them,
    test_what_admins_do_to_channels_is_noted_and_stays_known_when_they_are_gone,
    test_what_moderators_remove_of_others_is_noted_and_what_is_their_own_is_not,
    test_what_the_operator_does_is_noted,
)
