"""Thirty things that must be true of the pages, and the browser test that holds each (tests/test_house.py compares)."""

STATEMENTS: dict[int, tuple[str, str]] = {
    1: (
        "opening a claim link changes nothing",
        "test_journey.py::test_opening_the_link_ten_times_uses_nothing_up",
    ),
    2: (
        "one press, nothing typed",
        "test_journey.py::test_from_the_link_to_the_share_step_with_exactly_one_press",
    ),
    3: ("trust is not presumed", "test_statements.py::test_the_shield_is_grey_until_trust_is_ticked"),
    4: (
        "for me only means so",
        "test_statements.py::test_for_me_only_is_unknown_to_others_until_it_is_shared",
    ),
    5: (
        "trust lets later badges in, until it ends",
        "test_statements.py::test_trusted_badges_arrive_and_after_the_trust_they_wait",
    ),
    6: (
        "an address of another account is added by code",
        "test_statements.py::test_an_invitation_for_another_address",
    ),
    7: (
        "declining asks once and can be undone",
        "test_statements.py::test_declining_asks_once_and_is_undone",
    ),
    8: (
        "Manage shows when needed",
        "test_journey.py::test_manage_appears_under_pointer_and_focus_and_always_on_touch",
    ),
    9: ("Manage is a dialog", "test_statements.py::test_manage_is_a_dialog_that_gives_the_focus_back"),
    10: (
        "everything works without JavaScript",
        "test_statements.py::test_all_of_it_works_without_scripts",
    ),
    11: ("the title opens the certificate", "test_whole_way.py::test_the_whole_way"),
    12: ("the served HTML says it all", "test_statements.py::test_the_served_page_holds_what_crawlers_read"),
    13: (
        "check again tells a new time",
        "test_certificate.py::test_check_again_tells_a_newer_time_in_the_status",
    ),
    14: ("a revocation shows at once everywhere", "test_statements.py::test_a_revocation_shows_at_once"),
    15: (
        "what was not checked is not green",
        "test_statements.py::test_an_award_whose_list_cannot_be_read_is_not_green",
    ),
    16: (
        "one changed byte shows nothing",
        "test_statements.py::test_one_changed_byte_is_red_and_shows_nothing",
    ),
    17: (
        "a genuine badge of a stranger is amber",
        "test_statements.py::test_an_issuer_that_nobody_knows_is_amber",
    ),
    18: ("a photograph of a badge is explained", "test_statements.py::test_a_photograph_holds_no_proof"),
    19: ("three groups of links", "test_whole_way.py::test_the_whole_way"),
    20: ("LinkedIn gets every field", "test_statements.py::test_linkedin_gets_each_field_as_it_is"),
    21: (
        "sharing opens a tab and tells nobody before",
        "test_statements.py::test_share_links_open_a_tab_of_their_own",
    ),
    22: (
        "embeds are framed, certificates are not",
        "test_statements.py::test_the_frame_may_be_framed_and_nothing_else",
    ),
    23: ("axe finds nothing", "test_every_page.py::test_pages_of_a_stranger"),
    24: (
        "nothing scrolls sideways",
        "test_every_page.py::test_pages_of_an_earner_with_one_of_everything",
    ),
    25: (
        "what is pressed is large enough",
        "test_every_page_of_an_issuer.py::test_pages_of_an_owner_with_one_of_everything",
    ),
    26: ("the focus is seen", "test_statements.py::test_the_focus_is_seen_wherever_it_goes"),
    27: ("paper holds no verdict", "test_certificate.py::test_on_paper_it_is_one_page_without_a_verdict"),
    28: ("five hundred rows, two bad", "test_statements.py::test_five_hundred_rows_of_which_two_are_bad"),
    29: (
        "removing an address keeps its badges",
        "test_statements.py::test_removing_an_address_names_its_badges",
    ),
    30: ("a certificate page is light", "test_budget.py::test_a_certificate_page_is_light_and_holds_still"),
}
