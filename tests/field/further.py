"""Further real histories, each finding read and judged."""

from __future__ import annotations

from tests.field.findings import (
    MODELS,
    NO_TRACE,
    REGISTERED,
    SINGLE_HEAD,
    UP_DOWN,
    UPGRADE,
    Finding,
    History,
    fails,
    passes,
    skips,
)


def words(text: str) -> tuple[str, ...]:
    return tuple(text.split())


def each(beginning: str, names: str) -> tuple[str, ...]:
    """A line for each name that it may end with."""
    return tuple(f"{beginning} {name}" for name in names.split())


def each_of(revisions: str, ending: str) -> tuple[str, ...]:
    """The same line of several revisions."""
    return tuple(f"{revision} {ending}" for revision in revisions.split())


DAGSTER = History(
    name="dagster",
    lock="dagster",
    revisions=words(
        "567bc23fd1ac da7cd32b690d 8f8dba68fd3b 9fe9e746268c 1ebdd7a9686f "
        "3b1e175a2be3 c63a27054f08 727ffe943a9f c39c047fa021 5c18fd3c2957 "
        "07f83cc13695 c34498c29964 c9159e740d7e 224640159acf 3e0770016702 "
        "9483999bad92 f3e43ff66603 375e95bad550 b32a4f3036d2 b22f16781a7c "
        "140198fdfe65 5ae53cd67d0c f5bac2c36fad a0234163e0e3 942138e33bf9 "
        "493871843165 8ccbed5060b8 4ea2b1f6f67b 0da417ae1b81 a914fb6ccdf9 "
        "6d366a41b4be 3e71cf573ba6 521d4caca7ad ba4050312958 3ca619834060 "
        "b4e0c470acb3 6e1f65d78b92 3778078a3582 72686963a802 f0367d611631 "
        "7cba9eeaaf1d 3b529ad30626 45fa602c43dc ddcc6d7244c6 7f2b1a4ca7a5 "
        "1a2d72f6b24e 7b8304b4429d e784752027a6 29a8e9d74220 f4b6a4885876 "
        "05844c702676 f78059038d01 42add02bf976 f4eed4c26e2c 17154c80d885 "
        "9c5f00e80ef2 b37316bf5584 130b087bc274 d538c9496c01 8d66aa722f94 "
        "54666da3db5c 5b467f7af3f6 16e3115a602a c892b3fe0a9f d32d1d6de793 "
        "b601eb913efa 721d858e1dda 6860f830e40c 5e139331e376 a00dd8d936a1 "
        "958a9495162d 6df03f4b1efb 16689497301f e62c379ac8f4 d9092588866f "
        "701913684cb4 d3a4c9e87af3 5771160a95ad ec80dd91891a 46b412388816 "
        "284a732df317 63d7a8ec641a 1aca709bba64 16e3655b4d9b 6b7fb194ff9c "
        "7e2f3204cf8e f495c27d5019 29b539ebc72a"
    ),
    heads=("29b539ebc72a",),
    findings=(
        Finding(
            "downgrade() raises: the script says that it is the base and "
            "that nothing leads back",
            (
                "567bc23fd1ac downgrade Exception: Base revision, no "
                "downgrade is possible",
            ),
        ),
        Finding(
            "the upgrade gives kvs a primary key, the downgrade is `pass`",
            (
                "d9092588866f trace left in table kvs: id integer not null",
                "d9092588866f trace left in table kvs: primary key(id)",
            ),
        ),
        Finding(
            "env.py lists two storage classes where Alembic wants their "
            "metadata; the database of runs is compared with its own",
            (
                "- check AttributeError: type object 'SqlRunStorage' has no "
                "attribute 'sorted_tables'",
            ),
            harmless=True,
        ),
        Finding(
            "create_all makes these tables and stamps the head; the "
            "migrations only change them where they are there",
            (
                "- drift add_index bulk_actions.idx_bulk_actions (key)",
                "- drift add_index bulk_actions.idx_bulk_actions_action_type "
                "(action_type)",
                "- drift add_index bulk_actions.idx_bulk_actions_selector_id "
                "(selector_id)",
                "- drift add_index bulk_actions.idx_bulk_actions_status "
                "(status)",
                "- drift add_index run_tags.idx_run_tags (key,value)",
                "- drift add_index run_tags.idx_run_tags_run_idx (run_id,id)",
                "- drift add_index runs.idx_run_partitions "
                "(partition_set,partition)",
                "- drift add_index runs.idx_run_range "
                "(status,update_timestamp,create_timestamp)",
                "- drift add_index runs.idx_run_status (status)",
                "- drift add_index runs.idx_runs_by_backfill_id "
                "(backfill_id,id)",
                "- drift add_index runs.idx_runs_by_job (pipeline_name,id)",
                *each(
                    "- drift add_table",
                    "bulk_actions daemon_heartbeats instance_info run_tags "
                    "runs secondary_indexes snapshots",
                ),
            ),
        ),
        Finding(
            "one history for three databases, and these scripts do not ask "
            "which: the tables of the event log are made with the runs too",
            (
                "- drift remove_index "
                "asset_check_executions.idx_asset_check_executions "
                "(asset_key,check_name,materialization_event_storage_id,"
                "partition)",
                "- drift remove_index "
                "asset_check_executions.idx_asset_check_executions_unique "
                "(asset_key,check_name,run_id,partition)",
                "- drift remove_index "
                "asset_daemon_asset_evaluations.idx_asset_daemon_asset_evalua"
                "tions_asset_key_evaluation_id (asset_key,evaluation_id)",
                "- drift remove_index "
                "asset_daemon_asset_evaluations.ix_asset_daemon_asset_evaluat"
                "ions_evaluation_id (evaluation_id)",
                "- drift remove_index asset_event_tags.idx_asset_event_tags "
                "(asset_key,key,value)",
                "- drift remove_index "
                "asset_event_tags.idx_asset_event_tags_event_id (event_id)",
                "- drift remove_index "
                "dynamic_partitions.idx_dynamic_partitions "
                "(partitions_def_name,partition)",
                "- drift remove_index pending_steps.idx_pending_steps "
                "(concurrency_key,run_id,step_key)",
                *each(
                    "- drift remove_table",
                    "asset_check_executions asset_daemon_asset_evaluations "
                    "asset_event_tags concurrency_limits concurrency_slots "
                    "dynamic_partitions pending_steps",
                ),
            ),
        ),
    ),
    checks={
        SINGLE_HEAD: passes(),
        UPGRADE: passes(),
        MODELS: fails(),
        UP_DOWN: fails(
            ("567bc23fd1ac",),
            "Base revision, no downgrade is possible",
        ),
        NO_TRACE: fails(
            ("567bc23fd1ac", "d9092588866f"),
            "Base revision, no downgrade is possible",
            "kvs",
        ),
        REGISTERED: skips("model_package"),
    },
)

FURTHER: tuple[History, ...] = (DAGSTER,)
