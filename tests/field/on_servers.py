"""What is so of the histories on PostgreSQL and MariaDB, where they go up.

optuna, quetz and meltano do not on MariaDB: the first has the value of an
enum without quotes in SQL of its own, the second a VARCHAR without length,
the third an ALTER COLUMN that does not say the type. ckan goes up on
PostgreSQL alone: it drops columns with their foreign keys, which SQLite
refuses, and makes primary keys of TEXT, for which MariaDB wants a length.
"""

from __future__ import annotations

from collections.abc import Mapping

from tests.field.elsewhere import enum_stays, same
from tests.field.expectations import HISTORIES
from tests.field.findings import (
    MARIADB,
    NO_TRACE,
    POSTGRESQL,
    SQLITE,
    UP_DOWN,
    UPGRADE,
    Expected,
    Finding,
    History,
    fails,
)
from tests.field.further_on_servers import FURTHER_ON_SERVERS

#: Histories that do not go up there, see above.
NOT_UP = {
    ("ckan", SQLITE),
    ("dagster", POSTGRESQL),
    *(
        (name, MARIADB)
        for name in (
            "ckan", "dagster", "dstack", "meltano", "optuna", "prefect",
            "quetz",
        )
    ),
}

# Nothing is known of what comes behind one that cannot be applied alone.
OPTUNA = same(
    "optuna",
    without=("v",),
    findings=(
        enum_stays("v0.9.0.a", "studydirection", "trialstate"),
        Finding(
            "it makes the enum that v0.9.0.a has made: in one run with it "
            "Alembic remembers that, in a run of its own it does not",
            ("v2.4.0.a step ProgrammingError: "
             'type "studydirection" already exists',),
        ),
    ),
    checks={
        UPGRADE: fails(("v2.4.0.a",), "studydirection"),
        UP_DOWN: fails(("v0.9.0.a", "v2.4.0.a"), "studydirection"),
        NO_TRACE: fails(("v0.9.0.a", "v2.4.0.a"), "trialstate"),
    },
)
MELTANO = same(
    "meltano",
    without=("d135f52a6f49",),
    findings=(
        enum_stays("b4c05e463b53", "job_state"),
        Finding(
            "it drops a table before those that refer to it",
            ("6ef30ab7b8e5 downgrade InternalError: cannot drop table "
             '"user" because other objects depend on it',),
        ),
        Finding(
            "the upgrade adds the column to job, the downgrade drops it "
            "from user",
            ("d135f52a6f49 downgrade ProgrammingError: column "
             '"last_heartbeat_at" of relation "user" does not exist',),
        ),
        Finding(
            "the upgrade makes text of an enum and drops its type; the "
            "downgrade gives nothing back",
            (
                "13e8639c6d2b trace lost type job_state",
                "13e8639c6d2b trace lost in table job: state job_state",
                "13e8639c6d2b trace left in table job: "
                "state character varying",
                "13e8639c6d2b second-upgrade ProgrammingError: "
                'type "job_state" does not exist',
            ),
        ),
    ),
    checks={
        UP_DOWN: fails(
            ("b4c05e463b53", "6ef30ab7b8e5", "d135f52a6f49", "13e8639c6d2b"),
            "job_state",
            "last_heartbeat_at",
        ),
        NO_TRACE: fails(
            (
                "b4c05e463b53", "6ef30ab7b8e5", "d135f52a6f49",
                "13e8639c6d2b", "c0efb3c314eb",
            ),
            "embed_tokens",
            "role_permissions",
            "roles_users",
        ),
    },
)

QUETZ = same(
    "quetz",
    without=("8dfb7c4bfbd7", "0653794b6252", "- drift modify_type"),
    findings=(
        enum_stays("a80fb051a659", "packageformatenum"),
        enum_stays("794249a0b1bd", "itemsselection", "jobstatus",
                   "taskstatus"),
        Finding(
            "no downgrade takes a value out of an enum, and the upgrade "
            "adds it without IF NOT EXISTS",
            (
                "30241b33d849 trace lost in type taskstatus: create type "
                "taskstatus as enum('pending','running','success','failed',"
                "'skipped');",
                "30241b33d849 trace left in type taskstatus: create type "
                "taskstatus as enum('pending','running','success','failed',"
                "'skipped','created');",
                "30241b33d849 second-upgrade ProgrammingError: "
                'enum label "created" already exists',
            ),
        ),
        Finding(
            "the downgrade makes an INTERVAL of text, and says no USING",
            ('0653794b6252 downgrade ProgrammingError: column "period" '
             "cannot be cast automatically to type interval",),
        ),
    ),
    checks={
        check: fails(
            ("a80fb051a659", "794249a0b1bd", "30241b33d849", "0653794b6252"),
            "itemsselection",
            "INTERVAL",
        )
        for check in (UP_DOWN, NO_TRACE)
    },
)

KEYSTONE = same("keystone")
PLACEMENT = same("placement")


def _taskflow(error: str, *findings: Finding) -> History:
    traces = [line.split()[0] for one in findings for line in one.lines]
    return same(
        "taskflow",
        findings=(
            Finding(
                "it drops a table before those that refer to it",
                (f"1cea328f0f65 downgrade {error}",),
            ),
            *findings,
        ),
        checks={
            UP_DOWN: fails(("1cea328f0f65",), "logbooks"),
            NO_TRACE: fails(("1cea328f0f65", *traces), "logbooks"),
        },
    )


_REFERRED = (
    "IntegrityError: (1451, 'Cannot delete or update a parent row: a "
    "foreign key constraint fails')"
)


def _ihatemoney(
    kept: str, words: Mapping[str, str], checks: Mapping[str, Expected],
    *findings: Finding, without: tuple[str, ...] = (),
) -> History:
    """``kept`` is the enum in the schema, ``words`` the rest of a column's
    definition."""
    varchar = words["varchar"]
    return same(
        "ihatemoney",
        without=(
            "c941aaca38c2", "- drift modify_type project.",
            "- drift modify_type project_version.", *without,
        ),
        findings=(
            Finding(
                "the upgrade changes an enum, the downgrade makes it text",
                tuple(
                    f"c941aaca38c2 trace {verb} in table {table}: "
                    f"logging_preference {type_}{words[table]}"
                    for table in ("project", "project_version")
                    for verb, type_ in (("lost", kept), ("left", varchar))
                ),
            ),
            *findings,
        ),
        checks=checks,
    )


IHATEMONEY = _ihatemoney(
    "loggingmode ",
    {
        "varchar": "character varying(9)",
        "project": "default 'ENABLED'::loggingmode not null",
        "project_version": "default 'ENABLED'::loggingmode",
    },
    {
        UP_DOWN: fails(("2dcb0c0048dc", "c941aaca38c2"), "loggingmode"),
        NO_TRACE: fails(("2dcb0c0048dc", "c941aaca38c2"), "loggingmode"),
    },
    enum_stays("2dcb0c0048dc", "loggingmode"),
    Finding(
        "text is no enum without a USING",
        ("c941aaca38c2 second-upgrade ProgrammingError: column "
         '"logging_preference" cannot be cast automatically to type '
         "loggingmode",),
    ),
)

_ENUM = "Enum('DISABLED', 'ENABLED', 'RECORD_IP', name='loggingmode')"
IHATEMONEY_MARIADB = _ihatemoney(
    "enum('DISABLED','ENABLED','RECORD_IP')",
    {
        "varchar": "varchar(9)",
        "project": "not null default 'ENABLED'",
        "project_version": "default 'ENABLED'",
    },
    {NO_TRACE: fails(("c941aaca38c2",), "logging_preference")},
    Finding(
        "c941aaca38c2 takes RECORD_IP out of the column, the model kept it",
        ("- drift modify_type project.logging_preference: "
         f"ENUM('DISABLED', 'ENABLED') -> {_ENUM}",),
    ),
    Finding(
        "c941aaca38c2 makes text of the other table's",
        ("- drift modify_type project_version.logging_preference: "
         f"VARCHAR(length=9) -> {_ENUM}",),
    ),
)

ON_SERVERS: dict[str, dict[str, History]] = {
    POSTGRESQL: {
        **FURTHER_ON_SERVERS[POSTGRESQL],
        "optuna": OPTUNA,
        "quetz": QUETZ,
        "keystone": KEYSTONE,
        "taskflow": _taskflow(
            "InternalError: cannot drop table logbooks because other "
            "objects depend on it",
            enum_stays("84d6e888850", "atom_types", again=False),
            enum_stays("14b227d79a87", "intention_type", again=False),
        ),
        "meltano": MELTANO,
        "ihatemoney": IHATEMONEY,
        "placement": PLACEMENT,
    },
    MARIADB: {
        **FURTHER_ON_SERVERS[MARIADB],
        "keystone": KEYSTONE,
        "taskflow": _taskflow(_REFERRED),
        "ihatemoney": IHATEMONEY_MARIADB,
        "placement": PLACEMENT,
    },
}


def histories_on(name: str) -> dict[str, History]:
    """A history, as it is on each kind of database that is told of."""
    history = HISTORIES[name]
    found = {history.described_on: history}
    for family, histories in ON_SERVERS.items():
        if name in histories:
            found[family] = histories[name]
    return found
