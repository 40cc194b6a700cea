"""What is so of further histories on PostgreSQL and MariaDB.

dagster's migrations for them are in packages of their own. dstack and
prefect are not made for MariaDB.
"""

from __future__ import annotations

from tests.field.elsewhere import same, told
from tests.field.findings import (
    FORGOT_UNIQUE,
    MARIADB,
    MODELS,
    NO_TRACE,
    OTHER_ORDER,
    POSTGRESQL,
    UP_DOWN,
    UPGRADE,
    Finding,
    History,
    fails,
    passes,
)
from tests.field.further import each, each_of, words

AGAIN = (
    "the tables stay, and the first of them, or an enum of it, is made again"
)


def _squashed(
    name: str,
    family: str,
    errors: dict[str, str],
    types: tuple[str, ...] = (),
) -> History:
    """nova's, whose downgrades are `pass`.

    :param errors: a revision -> how its second upgrade fails.
    :param types: the lines of the enums that stay.
    """
    other = [f"{revision} second-upgrade" for revision in errors]
    if family == MARIADB:
        # Its dumps tell an index with its table.
        other += each_of(" ".join(errors), "trace left index")
    again = tuple(
        f"{revision} second-upgrade {error}"
        for revision, error in errors.items()
    )
    return same(
        name,
        without=tuple(other),
        findings=(Finding(AGAIN, (*types, *again)),),
        checks={
            UP_DOWN: fails(errors, "already exists"),
            NO_TRACE: fails(errors),
        },
    )


def _there_already(thing: str) -> str:
    return f"ProgrammingError: {thing} already exists"


_MLFLOW_BOTH = {
    "2b4d017a5e9b": "it drops a table before one that refers to it",
    "181f10493468": "downgrade() is `pass`: metrics keep is_nan, in the "
    "primary key too, and values their new type",
}
_CANNOT_AGAIN = words(
    "451aebb31d03 181f10493468 df50e92ffc5e 2b4d017a5e9b 728d730b5ebd "
    "27a6a02d2cf1 84291f40a231 bd07f7e963c5 0c779009ac13 97727af70f4d "
    "7f2a7d5fae7d acf3f17fdcc7 867495a8f9d4 400f98739977 6953534de441"
)
_LEAVES = words(
    "451aebb31d03 181f10493468 df50e92ffc5e 7ac759974ad8 2b4d017a5e9b "
    "cfd24bdc0731 728d730b5ebd 27a6a02d2cf1 84291f40a231 a8c4a736bde6 "
    "bd07f7e963c5 0c779009ac13 cc1f77228345 97727af70f4d 3500859a5d39 "
    "7f2a7d5fae7d 2d6e25af4d3e acf3f17fdcc7 867495a8f9d4 5b0e9adcef9c "
    "f5a4f2784254 0584bdc529eb 400f98739977 6953534de441 bda7b8c39065 "
    "1b5f0d9ad7c1 17e22815139b"
)
MLFLOW_POSTGRESQL = told(
    "mlflow",
    POSTGRESQL,
    {
        **_MLFLOW_BOTH,
        "cfd24bdc0731 second-upgrade": "downgrade() is `pass`, and the check "
        "that the upgrade drops by its name is gone",
        "1b5f0d9ad7c1": "the downgrade gives constraints names of its own "
        "which the server had named",
    },
    {
        UP_DOWN: fails(
            (*_CANNOT_AGAIN, "cfd24bdc0731"),
            "because other objects depend on it",
        ),
        NO_TRACE: fails(_LEAVES, "experiments_name_key"),
    },
)

_NEEDED = (
    "the downgrade drops an index that a foreign key needs before its table, "
    "which would take it along"
)
_DOUBLE = (
    "Alembic's own: a FLOAT(53) is a DOUBLE to the server, and Alembic takes "
    "them for two types"
)
_LONGER = "the migrations make these texts longer for MySQL, the models do not"
MLFLOW_MARIADB = told(
    "mlflow",
    MARIADB,
    {
        **_MLFLOW_BOTH,
        "cfd24bdc0731": "downgrade() is `pass`, with a comment that one "
        "should take a backup: KILLED stays a status, and the second upgrade "
        "adds its check once more",
        "0a8213491aaa": "downgrade() is `pass`: the check on the status, "
        "which the upgrade drops on MySQL, does not come back",
        "39d1c3be5f05": "downgrade() is `pass`: the checks stay, each upgrade "
        "adds one more; and is_nan has lost its default, which MODIFY takes "
        "away when it is not named",
        "c48cb773bb87": "downgrade() is `pass`: on MySQL the upgrade gives "
        "is_nan its default back, and one check more each time",
        "4465047574b1": "downgrade() is `pass`: on MySQL the text stays "
        "longer",
        "5d2d30f0abce": "the upgrade renames a column without "
        "existing_nullable, and on MySQL that makes it nullable",
        "1b5f0d9ad7c1": "the downgrade gives constraints names that had "
        "none, and forgets that names of registered models are unique "
        "beside the primary key",
        "ae8bbe7743c9": _NEEDED,
        "7d34483879f0": "the server takes the new index in place of the key "
        "that it had made for a foreign key, and so the downgrade cannot drop "
        "it",
        "a8b9c0d1e2f3": _NEEDED,
        "dc11669786a5": _NEEDED,
        "c1d2e3f4a5b6": OTHER_ORDER,
        "- drift modify_nullable jobs.job_name": "5d2d30f0abce renames a "
        "column without existing_nullable, and on MySQL that makes it "
        "nullable",
        **{
            f"- drift modify_type {one}: DOUBLE": _DOUBLE
            for one in words(
                "assessments.aggregate_value jobs.timeout "
                "latest_metrics.value logged_model_metrics.metric_value "
                "metrics.value online_scoring_configs.sample_rate "
                "span_metrics.value spans.input_cost spans.output_cost "
                "spans.total_cost sql_assessment_daily_rollups.max_value "
                "sql_assessment_daily_rollups.min_value "
                "sql_assessment_daily_rollups.sum_value "
                "sql_span_cost_daily_rollups.max_value "
                "sql_span_cost_daily_rollups.min_value "
                "sql_span_cost_daily_rollups.sum_value "
                "sql_trace_metric_daily_rollups.max_value "
                "sql_trace_metric_daily_rollups.min_value "
                "sql_trace_metric_daily_rollups.p50_value "
                "sql_trace_metric_daily_rollups.p90_value "
                "sql_trace_metric_daily_rollups.p99_value "
                "sql_trace_metric_daily_rollups.sum_value "
                "trace_info.input_cost trace_info.output_cost "
                "trace_info.total_cost trace_metrics.value"
            )
        },
        "- drift modify_type datasets.dataset_profile": _LONGER,
        "- drift modify_type datasets.dataset_schema": _LONGER,
        "- drift modify_type spans.content": _LONGER,
    },
    {
        UP_DOWN: fails(
            (
                *_CANNOT_AGAIN, "ae8bbe7743c9", "7d34483879f0",
                "a8b9c0d1e2f3", "dc11669786a5",
            ),
            "needed in a foreign key constraint",
        ),
        NO_TRACE: fails(
            (
                *_LEAVES, "0a8213491aaa", "39d1c3be5f05", "c48cb773bb87",
                "4465047574b1", "5d2d30f0abce", "ae8bbe7743c9",
                "7d34483879f0", "a8b9c0d1e2f3", "dc11669786a5",
            ),
            "CONSTRAINT_2",
        ),
    },
    harmless=(_DOUBLE, OTHER_ORDER),
)

_ENUMS_STAY = (
    "the downgrade leaves the enums of the tables that it drops, and the "
    "upgrade makes them again"
)
DSTACK = told(
    "dstack",
    POSTGRESQL,
    {
        "a060e2440936": _ENUMS_STAY,
        "d0bb68e48b9f": "the migration takes for text what is an enum on "
        "PostgreSQL: the downgrade makes text of it, and text is no enum "
        "without a USING",
        "27d3e55759fa": "create_table makes an enum again; in one run with "
        "a060e2440936 SQLAlchemy remembers that it is there",
    },
    {
        UPGRADE: fails(("27d3e55759fa",), "backendtype"),
        UP_DOWN: fails(
            words("a060e2440936 d0bb68e48b9f 27d3e55759fa"), "globalrole"
        ),
        NO_TRACE: fails(
            words("a060e2440936 d0bb68e48b9f 27d3e55759fa"), "backendtype"
        ),
    },
)

_VALUE_STAYS = (
    "downgrade() is `pass`: an enum does not give up a value unless its "
    "column is made anew"
)
_NULLABLE = "the downgrade lets columns be NULL that could not be before"
PREFECT = told(
    "prefect",
    POSTGRESQL,
    {
        "4799f657a6a1": FORGOT_UNIQUE,
        "1c9390e2f9c6 trace lost in index": FORGOT_UNIQUE,
        "1c9390e2f9c6 trace left in index": FORGOT_UNIQUE,
        "1c9390e2f9c6 trace lost in table": _NULLABLE,
        "1c9390e2f9c6 trace left in table": _NULLABLE,
        "4ff2f2bf81f4": FORGOT_UNIQUE,
        "2d5e000696f1": FORGOT_UNIQUE,
        "b68b3cad6b8a": _NULLABLE,
        "2a88656f4a23": _NULLABLE,
        **dict.fromkeys(
            words("0cf7311d6ea6 5e4f924ff96c 9326a6aee18b"), _VALUE_STAYS
        ),
        "2882cd2df466 trace": "the downgrade adds the columns again without "
        "their foreign keys",
        "8905262ec07f": "the downgrade drops the column and leaves its enum, "
        "which the upgrade takes",
        "4160a4841eed": "the downgrade makes the table again with another "
        "name for the foreign key, which an old migration that renamed the "
        "table had kept",
        **{
            f"{revision} order": OTHER_ORDER
            for revision in words(
                "724e6dcc6b5d 2f46fc3f3beb 0f27d462bf6d e085c9cbf8ce "
                "2882cd2df466 94622c1663e8 5d03c01be85e"
            )
        },
        "- drift remove_index flow_run.ix_flow_run__schedule_id_scheduler":
        "the migration makes this index, the models do not name it",
    },
    {
        MODELS: fails(),
        UP_DOWN: passes(),
        NO_TRACE: fails(
            words(
                "4799f657a6a1 b68b3cad6b8a 1c9390e2f9c6 0cf7311d6ea6 "
                "4ff2f2bf81f4 2d5e000696f1 5e4f924ff96c 9326a6aee18b "
                "2882cd2df466 2a88656f4a23 8905262ec07f 4160a4841eed"
            ),
            "worker_status",
            "CRASHED",
        ),
    },
)

FURTHER_ON_SERVERS: dict[str, dict[str, History]] = {
    POSTGRESQL: {
        "nova": _squashed(
            "nova",
            POSTGRESQL,
            {
                "8f2f1571d55b": _there_already('type "instances0locked_by"'),
                "13863f4e1612": _there_already('relation "share_mapping"'),
            },
            each(
                "8f2f1571d55b trace left type",
                "instances0locked_by keypair_types migration_type "
                "shadow_instances0locked_by",
            ),
        ),
        "nova_api": _squashed(
            "nova_api",
            POSTGRESQL,
            {"d67eeaabee36": _there_already('relation "cell_mappings"')},
            each(
                "d67eeaabee36 trace left type",
                "build_requests0locked_by keypair_types",
            ),
        ),
        "dstack": DSTACK,
        "mlflow": MLFLOW_POSTGRESQL,
        "glance": same("glance"),
        "prefect": PREFECT,
    },
    MARIADB: {
        "nova": _squashed(
            "nova",
            MARIADB,
            {
                revision: f"OperationalError: (1050, \"Table '{table}' "
                'already exists")'
                for revision, table in (
                    ("8f2f1571d55b", "instances"),
                    ("13863f4e1612", "share_mapping"),
                )
            },
        ),
        "nova_api": _squashed(
            "nova_api",
            MARIADB,
            {
                "d67eeaabee36": "OperationalError: (1050, \"Table "
                "'cell_mappings' already exists\")",
            },
        ),
        "mlflow": MLFLOW_MARIADB,
        "glance": same("glance"),
    },
}
