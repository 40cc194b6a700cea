"""What must come of each test of the sample, whoever runs it?"""

from __future__ import annotations

PASSED, FAILED, ERROR, SKIPPED, EXPECTED = (
    "passed", "failed", "error", "skipped", "expected failure"
)

SAMPLE = {
    "sample.test_bases.TestAsync.test_fails_in_a_loop": FAILED,
    "sample.test_bases.TestAsync.test_moves": PASSED,
    "sample.test_bases.TestDjango.test_fails_with_django": FAILED,
    "sample.test_bases.TestDjango.test_moves": PASSED,
    "sample.test_bases.TestOslo.test_moves": PASSED,
    "sample.test_bases.TestTesttools.test_moves": PASSED,
    "sample.test_checks.TestFaulty.test_breaks_in_a_migration": ERROR,
    "sample.test_checks.TestFaulty.test_fails_to_upgrade": FAILED,
    "sample.test_checks.TestFaulty.test_is_known_to_fail": PASSED,
    **{
        f"sample.test_checks.{name}.{test}": verdict
        for name, second in (("TestService", PASSED), ("TestTraces", FAILED))
        for test, verdict in {
            "test_all_models_register_on_metadata": SKIPPED,
            "test_downgrade_leaves_no_trace": second,
            "test_model_definitions_match_ddl": (
                PASSED if name == "TestService" else SKIPPED
            ),
            "test_single_head_revision": PASSED,
            "test_up_down_consistency": second,
            "test_upgrade": PASSED,
        }.items()
    },
    "sample.test_expected.TestExpected.test_expected_to_fail": EXPECTED,
    "sample.test_moves.TestData.test_and_changed_back": PASSED,
    "sample.test_moves.TestData.test_fails_on_rows": FAILED,
    "sample.test_moves.TestData.test_names_are_changed": PASSED,
    "sample.test_moves.TestData.test_nobody_else_s_rows": PASSED,
    "sample.test_moves.TestForgotten.test_needs_no_super": PASSED,
    "sample.test_moves.TestMoves.test_fails_on_a_column": FAILED,
    "sample.test_moves.TestMoves.test_one_by_one": PASSED,
    "sample.test_moves.TestMoves.test_skipped_by_decorator": SKIPPED,
    "sample.test_moves.TestMoves.test_skipped_inside": SKIPPED,
    "sample.test_moves.TestMoves.test_starts_at_base": PASSED,
    "sample.test_moves.TestMoves.test_up_and_down": PASSED,
    "sample.test_moves.TestSetUp.test_breaks_in_set_up": ERROR,
    "sample.test_servers.TestServers.test_fails_on_a_table": FAILED,
    "sample.test_servers.TestServers.test_roundtrip": PASSED,
    "sample.test_servers.TestServers_postgresql.test_fails_on_a_table":
        FAILED,
    "sample.test_servers.TestServers_postgresql.test_roundtrip": PASSED,
    "sample.test_testtools.TestTesttools.test_fails_with_testtools": FAILED,
}
#: Tests of Django's own, which want a database that Django's runner makes.
DJANGO = {
    "shop.tests.TestItem.test_is_kept": PASSED,
    "shop.tests.TestItem.test_no_table_of_the_service_is_here": PASSED,
}
#: What the output must hold of a failing check: revisions and files.
TEXTS = (
    "upgrade of revision f808 (Its upgrade fails.) failed",
    "f808_boom.py",
    "nowhere",
    "f606 (Its downgrade leaves the column.): traces left by the downgrade",
    "f606_name.py",
    "f707 (Its downgrade leaves the table.): traces left by the downgrade",
    "f707_book.py",
)
