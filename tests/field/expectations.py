"""What is so of each real history, each finding read and judged.

:mod:`tests.field.findings` says what the parts mean.
"""

from __future__ import annotations

from tests.field.findings import (
    CHECKS,
    MODELS,
    NO_TRACE,
    OTHER_ORDER,
    REGISTERED,
    SINGLE_HEAD,
    UP_DOWN,
    UPGRADE,
    Expected,
    Finding,
    History,
    fails,
    passes,
    skips,
)
from tests.field.further import FURTHER
from tests.field.postgresql_only import CKAN

__all__ = [
    "CHECKS", "HISTORIES", "LIGHT", "MODELS", "NO_TRACE", "REGISTERED",
    "SINGLE_HEAD", "UPGRADE", "UP_DOWN", "Expected", "Finding", "History",
    "fails", "passes", "skips",
]

OPTUNA = History(
    name="optuna",
    lock="light",
    production="alembic.db",
    revisions=(
        "v0.9.0.a", "v1.2.0.a", "v1.3.0.a", "v2.4.0.a", "v2.6.0.a",
        "v3.0.0.a", "v3.0.0.b", "v3.0.0.c", "v3.0.0.d", "v3.2.0.a",
    ),
    heads=("v3.2.0.a",),
    findings=(
        Finding(
            "downgrade() is `pass` under a TODO: all that the upgrade made "
            "stays, all that it dropped stays away, and the next upgrade "
            "reads a column that is gone",
            (
                "v2.4.0.a trace lost in table studies: "
                "direction varchar(8)not null",
                "v2.4.0.a trace left table study_directions",
                "v2.4.0.a trace left table trial_intermediate_values",
                "v2.4.0.a trace lost in table trial_values: step integer",
                "v2.4.0.a trace lost in table trial_values: "
                "unique(trial_id,step)",
                "v2.4.0.a trace left in table trial_values: "
                "objective integer not null",
                "v2.4.0.a trace left in table trial_values: constraint "
                "uq_trial_values_trial_id_objective "
                "unique(trial_id,objective)",
                "v2.4.0.a trace lost in table trials: value float",
                "v2.4.0.a second-upgrade OperationalError: "
                "no such column: studies.direction",
            ),
        ),
        Finding(
            "the upgrade makes trial_values.value NOT NULL; the downgrade "
            "says existing_nullable=False where nullable=True was meant",
            (
                "v3.0.0.b trace lost in table trial_values: value float",
                "v3.0.0.b trace left in table trial_values: "
                "value float not null",
            ),
        ),
        Finding(
            "the downgrade drops an enum by a name that the class never "
            "had, FloatTypeEnum for TrialIntermediateValueType",
            (
                "v3.0.0.c downgrade AttributeError: type object "
                "'IntermediateValueModel' has no attribute "
                "'FloatTypeEnum'",
            ),
        ),
        Finding(
            "no migration makes this table: optuna makes it by create_all",
            ("- drift add_table trial_heartbeats",),
        ),
        Finding(
            "the migration names the index trials_study_id_key, the model "
            "ix_trials_study_id",
            (
                "- drift add_index trials.ix_trials_study_id (study_id)",
                "- drift remove_index trials.trials_study_id_key "
                "(study_id)",
            ),
        ),
        Finding(
            "nullable in the first migration, not nullable in the model",
            ("- drift modify_nullable trial_values.trial_id: "
             "True -> False",),
        ),
    ),
    checks={
        SINGLE_HEAD: passes(),
        UPGRADE: passes(),
        MODELS: fails(),
        UP_DOWN: fails(
            ("v2.4.0.a", "v3.0.0.c"),
            "studies.direction",
            "FloatTypeEnum",
        ),
        NO_TRACE: fails(
            ("v2.4.0.a", "v3.0.0.b", "v3.0.0.c"),
            "study_directions",
            "trial_intermediate_values",
            "objective",
            "step",
        ),
        REGISTERED: passes(),
    },
)

QUETZ = History(
    name="quetz",
    lock="light",
    production="quetz.sqlite",
    revisions=(
        "a80fb051a659", "a3ffa287d074", "db1c56bf4d57", "794249a0b1bd",
        "8d1e9a9e0b1f", "98c04a65df4a", "8dfb7c4bfbd7", "303ff70c27fc",
        "cd404ed93cc0", "30241b33d849", "53f81aba78ce", "0653794b6252",
        "b9886d9cadb0", "ebe550f9fbbe", "ea6eba9a9ffc", "3c3288034362",
        "0a0ab48887ab", "cddba8e6e639", "d212023a8e0b", "3ba25f23fb7d",
    ),
    heads=("3ba25f23fb7d",),
    findings=(
        Finding(
            "the downgrade makes a table with postgresql.BYTEA(), which "
            "SQLite has not; the upgrade runs on both",
            (
                "8dfb7c4bfbd7 downgrade CompileError: (in table "
                "'package_version_metrics', column 'package_version_id'): "
                "Compiler <sqlalchemy.dialects.sqlite.base."
                "SQLiteTypeCompiler object> can't render element of type "
                "BYTEA",
            ),
        ),
        Finding(
            "the downgrade gives a column the type postgresql.INTERVAL(), "
            "which SQLite has not; the upgrade runs on both",
            (
                "0653794b6252 downgrade CompileError: (in table "
                "'_alembic_tmp_aggregated_metrics', column 'period'): "
                "Compiler <sqlalchemy.dialects.sqlite.base."
                "SQLiteTypeCompiler object> can't render element of type "
                "INTERVAL",
            ),
        ),
        Finding(
            "53f81aba78ce makes them BigInteger on PostgreSQL alone, and "
            "env.py compares types",
            (
                "- drift modify_type channels.size: "
                "INTEGER() -> BigInteger()",
                "- drift modify_type channels.size_limit: "
                "INTEGER() -> BigInteger()",
                "- drift modify_type package_versions.size: "
                "INTEGER() -> BigInteger()",
            ),
        ),
        Finding(
            "env.py imports quetz.db_models alone; quetz.metrics.db_models "
            "and quetz.jobs.models, which use the same metadata, it never "
            "imports, so that autogenerate would drop their tables",
            (
                "- drift remove_index aggregated_metrics."
                "package_version_metric_index (channel_name,platform,"
                "filename,metric_name,period,timestamp)",
                "- drift remove_table aggregated_metrics",
                "- drift remove_table jobs",
                "- drift remove_table tasks",
                "- unregistered aggregated_metrics",
                "- unregistered jobs",
                "- unregistered tasks",
            ),
        ),
    ),
    checks={
        SINGLE_HEAD: passes(),
        UPGRADE: passes(),
        MODELS: fails(),
        UP_DOWN: fails(
            ("8dfb7c4bfbd7", "0653794b6252"), "BYTEA", "INTERVAL"
        ),
        NO_TRACE: fails(
            ("8dfb7c4bfbd7", "0653794b6252"), "BYTEA", "INTERVAL"
        ),
        REGISTERED: fails(),
    },
)

_KEYSTONE = (
    "27e647c0fad4", "29e87d24a316", "b4f8b3f584e0", "11c3b243b4cb",
    "47147121", "e8725d6fa226", "742c857f1dfb", "e25ffa003242",
    "99de3849d860", "c88cdce8f248",
)

KEYSTONE = History(
    name="keystone",
    lock="keystone",
    production="keystone.db",
    revisions=_KEYSTONE,
    heads=("742c857f1dfb", "c88cdce8f248"),
    findings=(
        Finding(
            "keystone does not support downgrades: no script has one",
            tuple(
                f"{revision} no-downgrade no such function"
                for revision in _KEYSTONE
            ),
            harmless=True,
        ),
    ),
    checks={
        SINGLE_HEAD: passes(),
        UPGRADE: passes(),
        MODELS: passes(),
        UP_DOWN: skips("downgrade"),
        NO_TRACE: skips("downgrade"),
        REGISTERED: passes(),
    },
)

TASKFLOW = History(
    name="taskflow",
    lock="light",
    revisions=(
        "1cea328f0f65", "1c783c0c2875", "84d6e888850", "14b227d79a87",
        "589dccdf2b6e", "3162c0f3f8e4", "2ad4984f2864", "0bc3e1a3c135",
        "6df9422fcb43", "40fc8c914bd2", "00af93df9d77",
    ),
    heads=("00af93df9d77",),
    findings=(
        Finding(
            OTHER_ORDER,
            (
                "1c783c0c2875 order other order of columns in "
                "table taskdetails",
            ),
            harmless=True,
        ),
        Finding(
            "these two scripts change MySQL alone and have no downgrade()",
            (
                "6df9422fcb43 no-downgrade no such function",
                "40fc8c914bd2 no-downgrade no such function",
            ),
            harmless=True,
        ),
        Finding(
            "env.py says target_metadata = None",
            ("- no-models env.py names no metadata",),
            harmless=True,
        ),
    ),
    checks={
        SINGLE_HEAD: passes(),
        UPGRADE: passes(),
        MODELS: skips("metadata"),
        UP_DOWN: passes(),
        NO_TRACE: passes(),
        REGISTERED: skips("model_package"),
    },
)

MELTANO = History(
    name="meltano",
    lock="light",
    revisions=(
        "b4c05e463b53", "6ef30ab7b8e5", "53e97221d99f", "a3e2b0a4937d",
        "990c0665f3ce", "ceb00d7ff3bd", "23ea52e6d784", "87d9638f6ac6",
        "367228df6a43", "e4fbabc3fed6", "d135f52a6f49", "13e8639c6d2b",
        "5b43800443d1", "f4c225a9492f", "6828cc5b1a4f", "c0efb3c314eb",
    ),
    heads=("c0efb3c314eb",),
    findings=(
        Finding(
            "the upgrade adds the column to job, the downgrade drops it "
            "from user",
            (
                "d135f52a6f49 downgrade OperationalError: "
                'no such column: "last_heartbeat_at"',
            ),
        ),
        Finding(
            "the upgrade drops seven tables, the downgrade is a docstring "
            "that says that nobody wants them back",
            (
                "c0efb3c314eb trace lost index ix_user_username",
                "c0efb3c314eb trace lost table embed_tokens",
                "c0efb3c314eb trace lost table oauth",
                "c0efb3c314eb trace lost table role",
                "c0efb3c314eb trace lost table role_permissions",
                "c0efb3c314eb trace lost table roles_users",
                "c0efb3c314eb trace lost table subscriptions",
                "c0efb3c314eb trace lost table user",
            ),
        ),
        Finding(
            "env.py hands over no metadata",
            ("- no-models env.py names no metadata",),
            harmless=True,
        ),
    ),
    checks={
        SINGLE_HEAD: passes(),
        UPGRADE: passes(),
        MODELS: skips("metadata"),
        UP_DOWN: fails(("d135f52a6f49",), "last_heartbeat_at"),
        NO_TRACE: fails(
            ("d135f52a6f49", "c0efb3c314eb"),
            "embed_tokens",
            "oauth",
            "role_permissions",
            "roles_users",
            "subscriptions",
            "user",
        ),
        REGISTERED: skips("model_package"),
    },
)

IHATEMONEY = History(
    name="ihatemoney",
    lock="light",
    production="ihatemoney.db",
    revisions=(
        "b9a10d5d63ce", "26d6a218c329", "f629c8ef4ab0", "b78f8a8bdb16",
        "afbf27e6ef20", "a67119aa3ee5", "6c6fb2b7f229", "2dcb0c0048dc",
        "cb038f79982e", "927ed575acbd", "7a9b38559992", "06884b17c50f",
        "c941aaca38c2",
    ),
    heads=("c941aaca38c2",),
    findings=(
        Finding(
            "the upgrade widens project.password, the downgrade forgets it",
            (
                "c941aaca38c2 trace lost in table project: "
                "password varchar(128)",
                "c941aaca38c2 trace left in table project: "
                "password varchar(256)",
            ),
        ),
        Finding(
            "both are in the model's primary key; the first migration gave "
            "the table none",
            (
                "- drift modify_nullable billowers.bill_id: True -> False",
                "- drift modify_nullable billowers.person_id: "
                "True -> False",
            ),
        ),
        Finding(
            "made as text in 7a9b38559992; the versioned model has an Enum",
            (
                "- drift modify_type bill_version.bill_type: TEXT() -> "
                "Enum('EXPENSE', 'REIMBURSEMENT', name='billtype')",
            ),
        ),
        Finding(
            "c941aaca38c2 takes RECORD_IP out of the column, the model "
            "kept it",
            (
                "- drift modify_type project.logging_preference: "
                "VARCHAR(length=8) -> Enum('DISABLED', 'ENABLED', "
                "'RECORD_IP', name='loggingmode')",
            ),
        ),
        Finding(
            "06884b17c50f widens it on other databases than SQLite; "
            "c941aaca38c2 catches up for project alone",
            (
                "- drift modify_type project_version.password: "
                "VARCHAR(length=128) -> String(length=256)",
            ),
        ),
    ),
    checks={
        SINGLE_HEAD: passes(),
        UPGRADE: passes(),
        MODELS: fails(),
        UP_DOWN: passes(),
        NO_TRACE: fails(("c941aaca38c2",), "password"),
        REGISTERED: passes(),
    },
)

_PLACEMENT = (
    "b4ed3a175331", "611cd6dffd7b", "b5c396305c25", "422ece571366",
    "a082b8bb98d0",
)

PLACEMENT = History(
    name="placement",
    lock="light",
    production="placement.db",
    revisions=_PLACEMENT,
    heads=("a082b8bb98d0",),
    findings=(
        Finding(
            "placement does not support downgrades: no script has one",
            tuple(
                f"{revision} no-downgrade no such function"
                for revision in _PLACEMENT
            ),
            harmless=True,
        ),
    ),
    checks={
        SINGLE_HEAD: passes(),
        UPGRADE: passes(),
        MODELS: passes(),
        UP_DOWN: skips("downgrade"),
        NO_TRACE: skips("downgrade"),
        REGISTERED: passes(),
    },
)

_LIGHT = (OPTUNA, QUETZ, KEYSTONE, TASKFLOW, MELTANO, IHATEMONEY, PLACEMENT)
HISTORIES = {
    history.name: history for history in (*_LIGHT, *FURTHER, CKAN)
}
#: Those that are run when no name is given.
LIGHT = tuple(history.name for history in _LIGHT)
