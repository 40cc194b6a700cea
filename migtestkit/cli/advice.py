"""How is a finding repaired?"""

from __future__ import annotations

from migtestkit.context.there_and_back import (
    DOWNGRADE,
    SECOND_UPGRADE,
    TRACE,
)
from migtestkit.context.walks import UPGRADE_ALONE, UPGRADE_AT_ONCE

__unittest = True

_BY_CHECK = {
    "test_single_head_revision": "Join the heads with `alembic merge heads`; "
    "branches that are to stay apart need a branch label each.",
    "test_model_definitions_match_ddl": "Let `alembic revision "
    "--autogenerate` write the missing revision, or correct the model; a "
    "difference that is meant goes into `ignore`, with its reason.",
    "test_all_models_register_on_metadata": "Import the module of the model "
    "in env.py, before it passes target_metadata on.",
    "test_upgrades_populated": "Let upgrade() deal with the rows that may be "
    "there: a default, a data migration first, or a clear error. Rows that "
    "cannot be are kept away with `intended`: seed or unfillable.",
    "test_downgrades_populated": "Let downgrade() deal with rows that the "
    "revision allows and the one before does not, or declare in `intended` "
    "what is lossy.",
    "test_no_data_loss": "Copy what the rows hold before it is dropped or "
    "converted; a loss that is meant goes into `intended` as lossy, with its "
    "reason.",
    "test_offline_matches_online": "Write the revision so that it does the "
    "same in both modes; where a % comes out doubled, give env.py's offline "
    'configure() dialect_opts={"paramstyle": "named"}.',
    "test_upgrades_are_atomic_or_retryable": "Leave the statement within the "
    "transaction, or give what has to run outside of it a revision of its "
    "own, with IF NOT EXISTS, so that it can be run again.",
    "test_backward_compatible": "Expand first, contract in a later release: "
    "add what is new beside what is old, and take the old away once no "
    "release uses it; that step is declared in `intended` as contract.",
    "test_no_blocking_work": "Let the work on rows hold no lock that others "
    "wait for: CREATE INDEX CONCURRENTLY, NOT VALID and VALIDATE in a later "
    "revision, small batches; what is meant goes into `intended` as "
    "blocking.",
    "test_schema_is_healthy": "Finish in a new revision what was begun: drop "
    "the table, create the index again, validate the constraint.",
    "test_foreign_keys_are_indexed": "Create the index in a new revision, on "
    "PostgreSQL CONCURRENTLY.",
}
_BY_PHASE = {
    UPGRADE_ALONE: "Let the revision make by itself what it needs of the one "
    "before: nothing of the connection or the process outlives a run.",
    UPGRADE_AT_ONCE: "Set transaction_per_migration=True in env.py's "
    "configure(), or run the statement within "
    "op.get_context().autocommit_block().",
    DOWNGRADE: "Correct downgrade(); if there is no way back, let it raise "
    "NotImplementedError with the reason, or name the revision in "
    "`irreversible_revisions`.",
    SECOND_UPGRADE: "downgrade() leaves something that upgrade() trips over: "
    "undo there all that upgrade() does.",
    TRACE: "Undo in downgrade() all that upgrade() does, in reverse order; a "
    "difference that is meant goes into `ignore`, with its reason.",
}


def how_to_fix(check: str, phase: str = "", text: str = "") -> str:
    """Return what to do about a finding.

    :param check: which check found it.
    :param phase: what was done to the revision.
    :param text: what happened.
    """
    if check in _BY_CHECK:
        return _BY_CHECK[check]
    if phase == TRACE:
        return _of_trace(text)
    if phase in _BY_PHASE:
        return _BY_PHASE[phase]
    return (
        "Correct upgrade() at the line named; a new database, and each that "
        "is still below this revision, cannot get past it."
    )


def _of_trace(text: str) -> str:
    hints = []
    if "is there only after the downgrade" in text:
        hints.append("drop in downgrade() what upgrade() creates")
    if "is there only before the upgrade" in text:
        hints.append("create again in downgrade() what upgrade() drops")
    if not hints:
        return _BY_PHASE[TRACE]
    advice = "; ".join(hints)
    return (
        f"{advice[0].upper()}{advice[1:]}. A difference that is meant goes "
        "into `ignore`, with its reason."
    )
