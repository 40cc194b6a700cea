"""What the checks over rows, and those of deployments, find in the histories.

``python -m tests.field --deep [NAME ...]``. Each finding was read in the
script that it names, and has one line that says why it is true; what the
checks find besides, or find no more, fails the test.
"""

from __future__ import annotations

import json
import re
import tempfile
import unittest
from collections.abc import Callable, Mapping, Sequence
from typing import Any, ClassVar, NamedTuple

from tests.field.environments import python_of
from tests.field.expectations import HISTORIES
from tests.field.findings import POSTGRESQL, SQLITE
from tests.field.on_servers import histories_on
from tests.field.running import case_on, run

UPGRADES = "test_upgrades_populated"
DOWNGRADES = "test_downgrades_populated"
LOSSES = "test_no_data_loss"
COMPATIBLE = "test_backward_compatible"
BLOCKING = "test_no_blocking_work"
ATOMIC = "test_upgrades_are_atomic_or_retryable"
OFFLINE = "test_offline_matches_online"
HEALTHY = "test_schema_is_healthy"
INDEXED = "test_foreign_keys_are_indexed"
CHECKS = (
    UPGRADES, DOWNGRADES, LOSSES, COMPATIBLE, BLOCKING, ATOMIC, OFFLINE,
    HEALTHY, INDEXED,
)
PASS, SKIP = "pass", "skip"

#: Where the checks are run on a history that goes up there.
FAMILIES = (SQLITE, POSTGRESQL)


class Found(NamedTuple):
    """What a check finds on each kind of database.

    :ivar first: on SQLite, or where a history goes up on one kind alone, on
        that: "pass", "skip", or for each revision (``"-"`` where it names
        none) why the finding is true.
    :ivar postgresql: the same of PostgreSQL; ``None``: as the first.
    """

    first: str | Mapping[str, str]
    postgresql: str | Mapping[str, str] | None = None

    def on(self, family: str) -> str | Mapping[str, str]:
        if family == POSTGRESQL and self.postgresql is not None:
            return self.postgresql
        return self.first


CASCADES = (
    "batch mode drops the table; with foreign keys checked SQLite refuses, "
    "for others refer to it"
)
DELETES = (
    "batch mode drops the table; with foreign keys checked SQLite deletes "
    "what refers to it ON DELETE CASCADE"
)
ENUM_STAYS = "the downgrade leaves the enum, and the upgrade makes it again"
ALL_STAYS = "downgrade() is `pass`, and the upgrade makes all of it again"
DROPPED = "what the upgrade drops, the downgrade makes again, and empty"
OTHER_KEY = (
    "its model takes experiment_id for the key of runs: one without, which "
    "the column allows, comes as None"
)
NOT_FILLED = (
    "it makes a column NOT NULL that a job of glance's has to fill first"
)
GONE = "what the release before reads or writes is gone or called otherwise"
STRICTER = "what the release before writes is refused"
SCANS = "it adds a constraint, an index or a type under its lock"
WRITES = "it goes through all rows with the lock of an ALTER TABLE"
NO_INDEX = {"-": "no script makes an index for these foreign keys"}
TRANSACTIONS = Found(SKIP, PASS)
NULL_BEFORE = "it makes columns NOT NULL that may be NULL until then"
NULL_AFTER = "it makes a column NOT NULL that may be NULL by then"
NO_JSON = "text that is no JSON, which the column allows, stops it"
LOST = "it drops what the downgrade, which fails, does not make again"
ALIKE = "rows that are alike stop the constraint"
REFERS_AGAIN = (
    "it makes a foreign key again over rows that refer to nothing by then"
)
NO_DEFAULT = "it adds a column NOT NULL without a default"
NO_CAST_BACK = (
    "the downgrade makes text of an enum, and the upgrade gives no cast back"
)

#: What dstack's downgrades do on either database.
DSTACK_BOTH = {
    "23e01c56279a": NULL_AFTER,
    "3dbdce90d0e0": "it makes unique what is in more than one repo by then",
    "e6391ca6a264": "it adds columns NOT NULL without a default",
}

#: What mlflow's downgrades do on either database.
MLFLOW_BOTH = {
    **dict.fromkeys(
        (
            "451aebb31d03", "df50e92ffc5e", "728d730b5ebd", "27a6a02d2cf1",
            "84291f40a231", "bd07f7e963c5", "0c779009ac13", "97727af70f4d",
            "7f2a7d5fae7d", "acf3f17fdcc7", "867495a8f9d4", "400f98739977",
            "6953534de441",
        ),
        ALL_STAYS,
    ),
    "2b4d017a5e9b": "it drops a table before one that refers to it",
    "c9d4e5f6a7b8": "the index that it makes is unique over fewer columns "
    "than the rows by then",
    "1b5f0d9ad7c1": "a guard: it refuses names that are in two workspaces",
}

#: Why prefect's scripts, one for each kind of database, do the same on both.
SAME_CHECKSUM = (
    "block schemas with the same fields, which the columns allow, get one "
    "checksum, which is unique"
)
FILLED = "it fills a column that may be NULL until then"
ONE_TYPE = "the downgrade brings back no dropped type but STORAGE"
NO_SCHEDULES = "it turns all schedules off, as its script says"
ANEW = "it drops tables, and makes them again, empty"
POOLS = "it gives a pool, and a priority, to work queues without a pool"
LIMITS = "it moves what is in one table of limits to the other"
NO_SELVES = "it deletes block documents' references to themselves"
VERSIONS = (
    "the downgrade drops the version, and block schemas that nothing else "
    "tells apart stop the unique index"
)
NEW_KEY = (
    "it makes a foreign key over rows that may refer to nothing until then"
)
UNIQUE_AGAIN = "it makes unique what is in more than one row by then"
COMMITTED = (
    "columns that it adds are committed before the rest, and the next try "
    "adds them again"
)
CONCURRENTLY = (
    "CREATE INDEX CONCURRENTLY outside of the transaction, without IF NOT "
    "EXISTS"
)

PREFECT = {
    UPGRADES: Found(
        {
            "c8ff35f94028": NO_DEFAULT,
            "b75d279ba985": SAME_CHECKSUM,
            "e73c6f1fe752": SAME_CHECKSUM,
            "f335f9633eec": SAME_CHECKSUM,
            "b9bda9f142f1": NULL_BEFORE,
            "35659cc49969": NEW_KEY,
            "2b6c2b548f95": NULL_BEFORE,
            "354f1ede7e9f": NO_DEFAULT,
        },
        {
            "b68b3cad6b8a": NO_DEFAULT,
            "1c9390e2f9c6": SAME_CHECKSUM,
            "2fe6fe6ca16e": SAME_CHECKSUM,
            "4ff2f2bf81f4": SAME_CHECKSUM,
            "2882cd2df465": "a state that has an artifact, which the column "
            "allows, gets another one, and the script can take but one",
            "0a1250a5aa25": NULL_BEFORE,
            "7c453555d3a5": NEW_KEY,
            "954db7517015": NULL_BEFORE,
            "7495a5013e7e": NO_DEFAULT,
        },
    ),
    DOWNGRADES: Found(
        {
            "e757138e954a": VERSIONS,
            "1678f2fb8b33": "it deletes work queues and pools, and leaves "
            "what refers to them",
            "8d148e44e669": REFERS_AGAIN,
            "f3df94dca3cc": REFERS_AGAIN,
            "1d7441c031d0": UNIQUE_AGAIN,
            "05ea6f882b1d": NULL_AFTER,
            "2ac65f1758c2": "it puts JSON that is no text, which the column "
            "takes by then, into a column of text",
        },
        {
            "2f46fc3f3beb": NO_DEFAULT,
            "2d5e000696f1": VERSIONS,
            "f98ae6d8e2cc": "it deletes work queues that agents refer to",
            "cfdfec5d7557": REFERS_AGAIN,
            "7d918a392297": REFERS_AGAIN,
            "aa84ac237ce8": UNIQUE_AGAIN,
            "05ea6f882b1d": NULL_AFTER,
        },
    ),
    LOSSES: Found(
        {
            **dict.fromkeys(
                (
                    "42762c37b7bc", "56be24fdb383", "2fe8ef6a6514",
                    "f92143d30c27", "bfe42b7090d6", "a49711513ad4",
                    "7655f31c5157",
                ),
                DROPPED,
            ),
            **dict.fromkeys(
                (
                    "db6bde582447", "f92143d30c26", "8167af8df781",
                    "22ef3915ccd8",
                ),
                FILLED,
            ),
            "33439667aeea": ONE_TYPE,
            "88c2112b668f": NO_SCHEDULES,
            "bb38729c471a": ANEW,
            "1678f2fb8b33": POOLS,
            "9e83011d1f2a": LIMITS,
            "2095de406cbe": NO_SELVES,
        },
        {
            **dict.fromkeys(
                (
                    "0f27d462bf6d", "e085c9cbf8ce", "2882cd2df466",
                    "2a88656f4a23", "4160a4841eed",
                ),
                DROPPED,
            ),
            **dict.fromkeys(("14dc68cc5853", "4e9a6f93eb6c"), FILLED),
            "724e6dcc6b5d": ONE_TYPE,
            "2f46fc3f3beb": LOST,
            "add97ce1937d": NO_SCHEDULES,
            "d481d5058a19": ANEW,
            "f98ae6d8e2cc": POOLS,
            "5d03c01be85e": "collections without an artifact get an id that "
            "is no artifact's",
            "9e83011d1f2a": LIMITS,
            "7218aad17905": NO_SELVES,
        },
    ),
    COMPATIBLE: Found(
        {
            **dict.fromkeys(
                (
                    "4c4a6a138053", "c8ff35f94028", "fd966d4ad99c",
                    "b75d279ba985", "33439667aeea", "d76326ed0d06",
                    "42762c37b7bc", "56be24fdb383", "2fe8ef6a6514",
                    "bb38729c471a", "f92143d30c27", "b9bda9f142f1",
                    "bfe42b7090d6", "a49711513ad4", "7655f31c5157",
                ),
                GONE,
            ),
            **dict.fromkeys(
                (
                    "f335f9633eec", "1678f2fb8b33", "8167af8df781",
                    "2b6c2b548f95", "354f1ede7e9f", "2095de406cbe",
                ),
                STRICTER,
            ),
        },
        {
            **dict.fromkeys(
                (
                    "d9d98a9ebb6f", "b68b3cad6b8a", "d38c5e6a9115",
                    "1c9390e2f9c6", "724e6dcc6b5d", "cdcb4018dd0e",
                    "2f46fc3f3beb", "0f27d462bf6d", "e085c9cbf8ce",
                    "d481d5058a19", "2882cd2df466", "0a1250a5aa25",
                    "2a88656f4a23", "5d03c01be85e", "4160a4841eed",
                ),
                GONE,
            ),
            **dict.fromkeys(
                (
                    "4ff2f2bf81f4", "f98ae6d8e2cc", "4e9a6f93eb6c",
                    "7c453555d3a5", "954db7517015", "94622c1663e8",
                    "7495a5013e7e", "7218aad17905",
                ),
                STRICTER,
            ),
        },
    ),
    BLOCKING: Found(
        SKIP,
        {
            **dict.fromkeys(
                (
                    "4799f657a6a1", "d115556a8ab6", "b68b3cad6b8a",
                    "2e7e1428ffce", "d38c5e6a9115", "61c76ee09e02",
                    "d335ad57d5ba", "112c68143fc3", "77eb737fc759",
                    "2d5e000696f1", "22b7cb02e593", "ad4b1b4d1e9d",
                    "f7587d6c5776", "d481d5058a19", "2882cd2df463",
                    "2882cd2df464", "0a1250a5aa25", "f98ae6d8e2cc",
                    "aa84ac237ce8", "46bd82c6279a", "3bf47e3ce2dd",
                    "4e9a6f93eb6c", "7c453555d3a5", "bd6efa529f03",
                    "954db7517015", "7495a5013e7e", "5d03c01be85e",
                    "06b7c293bc69", "7a73514ca2d6", "1c9bb7f78263",
                    "7218aad17905",
                ),
                SCANS,
            ),
            **dict.fromkeys(
                (
                    "1c9390e2f9c6", "724e6dcc6b5d", "4ff2f2bf81f4",
                    "add97ce1937d", "8cf4d4933848", "94622c1663e8",
                    "eaec5004771f",
                ),
                WRITES,
            ),
            "2fe6fe6ca16e": "it goes through all rows with the lock of "
            "foreign keys to them",
        },
    ),
    ATOMIC: Found(
        SKIP,
        {
            **dict.fromkeys(
                (
                    "605ebb4e9155", "22b7cb02e593", "2882cd2df464",
                    "cef24af2ec34", "a03d00b8e275",
                ),
                COMMITTED,
            ),
            **dict.fromkeys(
                (
                    "77ebcc9cf355", "29ad9bef6147", "fa985d474982",
                    "41e5ed9e1034", "54c1876c68ae", "8caf7c1fd82c",
                ),
                CONCURRENTLY,
            ),
        },
    ),
    OFFLINE: Found(PASS),
    HEALTHY: Found(PASS),
    INDEXED: Found(NO_INDEX),
}

DEEP: dict[str, dict[str, Found]] = {
    "optuna": {
        UPGRADES: Found(
            {
                "v1.2.0.a": CASCADES,
                "v2.4.0.a": "a value without a trial, which trial_id allows, "
                "becomes an intermediate value, whose trial_id does not",
            },
            {"v2.4.0.a": "it makes the enum that v0.9.0.a has made; in one "
                         "run with it Alembic remembers that, later not"},
        ),
        DOWNGRADES: Found(
            {
                "v1.3.0.a": CASCADES,
                "v3.0.0.b": NULL_AFTER,
                "v3.0.0.c": "it names a class that there is not",
            },
            {"v0.9.0.a": ENUM_STAYS},
        ),
        LOSSES: Found(
            {"v3.0.0.b": "values that are NULL are deleted"}, PASS
        ),
        COMPATIBLE: Found(
            {
                "v2.4.0.a": GONE,
                "v3.0.0.b": STRICTER,
                "v3.0.0.c": STRICTER,
                "v3.0.0.d": STRICTER,
            },
            PASS,
        ),
        BLOCKING: Found(SKIP, PASS),
        ATOMIC: TRANSACTIONS,
        OFFLINE: Found(PASS),
        HEALTHY: Found(PASS),
        INDEXED: Found(PASS),
    },
    "quetz": {
        UPGRADES: Found(
            {
                "a3ffa287d074": CASCADES,
                "b9886d9cadb0": ALIKE,
            },
            {
                "a3ffa287d074": "names of more than 100 characters, which "
                "the column took until then, stop it",
                "b9886d9cadb0": ALIKE,
            },
        ),
        DOWNGRADES: Found(
            {
                "8dfb7c4bfbd7": "it makes a BYTEA, which SQLite has not",
                "0653794b6252": "it makes an INTERVAL, which SQLite has not",
            },
            {
                "a80fb051a659": ENUM_STAYS,
                "794249a0b1bd": ENUM_STAYS,
                "30241b33d849": "the downgrade leaves the enum's new value",
                "53f81aba78ce": "what needs a BIGINT is no INTEGER",
                "0653794b6252": "no cast from text to INTERVAL is given",
            },
        ),
        LOSSES: Found(
            {
                "8dfb7c4bfbd7": DROPPED,
                "0a0ab48887ab": "batch mode drops jobs; with foreign keys "
                "checked SQLite deletes the tasks of each",
            },
            {"8dfb7c4bfbd7": DROPPED},
        ),
        COMPATIBLE: Found(
            {"8dfb7c4bfbd7": GONE, "b9886d9cadb0": STRICTER},
            {
                "a3ffa287d074": STRICTER,
                "8dfb7c4bfbd7": GONE,
                "b9886d9cadb0": STRICTER,
            },
        ),
        BLOCKING: Found(
            SKIP,
            dict.fromkeys(
                ("a3ffa287d074", "53f81aba78ce", "b9886d9cadb0"), SCANS
            ),
        ),
        ATOMIC: Found(
            SKIP,
            {"30241b33d849": "ALTER TYPE ... ADD VALUE outside of the "
                             "transaction, without IF NOT EXISTS"},
        ),
        OFFLINE: Found(PASS),
        HEALTHY: Found(PASS),
        INDEXED: Found(NO_INDEX),
    },
    "keystone": {
        UPGRADES: Found(PASS),
        DOWNGRADES: Found(SKIP),
        LOSSES: Found(
            {"99de3849d860": "batch mode drops access_rule; with foreign "
             "keys checked SQLite deletes what refers to it ON DELETE "
             "CASCADE"},
            PASS,
        ),
        COMPATIBLE: Found(
            {"11c3b243b4cb": "it takes away a default of a NOT NULL column"}
        ),
        BLOCKING: Found(
            SKIP,
            dict.fromkeys(
                ("742c857f1dfb", "b4f8b3f584e0", "e8725d6fa226"), SCANS
            ),
        ),
        ATOMIC: TRANSACTIONS,
        OFFLINE: Found(PASS),
        HEALTHY: Found(PASS),
        INDEXED: Found(NO_INDEX),
    },
    "taskflow": {
        UPGRADES: Found(PASS),
        DOWNGRADES: Found(
            PASS,
            {"1cea328f0f65": "it drops a table before those that refer to "
                             "it"},
        ),
        LOSSES: Found(
            {"1c783c0c2875": "what was in the columns that it drops, the "
                             "downgrade makes again, and empty"}
        ),
        COMPATIBLE: Found(
            {"1c783c0c2875": GONE, "589dccdf2b6e": GONE},
            {
                "1c783c0c2875": GONE,
                "589dccdf2b6e": GONE,
                "2ad4984f2864": "text becomes JSON, which the driver reads "
                "as something else, and which = does not compare",
            },
        ),
        BLOCKING: Found(SKIP, {"2ad4984f2864": SCANS}),
        ATOMIC: TRANSACTIONS,
        OFFLINE: Found(PASS),
        HEALTHY: Found(PASS),
        INDEXED: Found(SKIP, NO_INDEX),
    },
    "meltano": {
        UPGRADES: Found(
            {
                "53e97221d99f": "it sets a member of a row that cannot be "
                "set; any row stops it",
                "6828cc5b1a4f": "a run without the name of its job, which "
                "the column allows, becomes a state without a key",
            }
        ),
        DOWNGRADES: Found(
            {
                "6ef30ab7b8e5": "it drops a table before those that refer "
                "to it",
                "d135f52a6f49": "it drops the column of another table",
            },
            {
                "6ef30ab7b8e5": "it drops a table before those that refer "
                "to it",
                "d135f52a6f49": "it drops the column of another table",
                "b4c05e463b53": ENUM_STAYS,
                "13e8639c6d2b": "the upgrade drops a type that the "
                "downgrade does not make again",
            },
        ),
        LOSSES: Found({"c0efb3c314eb": "the downgrade makes nothing again"}),
        COMPATIBLE: Found({"5b43800443d1": GONE, "c0efb3c314eb": GONE}),
        BLOCKING: Found(
            SKIP,
            {
                "53e97221d99f": WRITES,
                "23ea52e6d784": WRITES,
                "13e8639c6d2b": SCANS,
            },
        ),
        ATOMIC: TRANSACTIONS,
        OFFLINE: Found(PASS),
        HEALTHY: Found(PASS),
        INDEXED: Found(SKIP),
    },
    "placement": {
        UPGRADES: Found(
            {"611cd6dffd7b": "a guard: it refuses rows that a job of "
             "placement's has to complete first"}
        ),
        DOWNGRADES: Found(SKIP),
        LOSSES: Found(PASS),
        COMPATIBLE: Found(PASS),
        BLOCKING: Found(SKIP, {"422ece571366": SCANS}),
        ATOMIC: TRANSACTIONS,
        OFFLINE: Found(SKIP),
        HEALTHY: Found(PASS),
        INDEXED: Found(PASS),
    },
    "ihatemoney": {
        UPGRADES: Found(
            {
                "b78f8a8bdb16": "a project without a password, which the "
                "column allows, has none to be hashed",
                "2dcb0c0048dc": CASCADES,
                "cb038f79982e": CASCADES,
                "c941aaca38c2": CASCADES,
            },
            {"b78f8a8bdb16": "a project without a password, which the "
             "column allows, has none to be hashed"},
        ),
        DOWNGRADES: Found(
            PASS,
            {
                "2dcb0c0048dc": ENUM_STAYS,
                "06884b17c50f": "it makes a column shorter than what is in "
                "it by then",
                "c941aaca38c2": NO_CAST_BACK,
            },
        ),
        LOSSES: Found(
            {
                "f629c8ef4ab0": "it sets what was NULL to 1",
                "a67119aa3ee5": "it sets what was no weight to 1",
                "c941aaca38c2": DROPPED,
            }
        ),
        COMPATIBLE: Found({"c941aaca38c2": GONE}),
        BLOCKING: Found(
            SKIP, dict.fromkeys(("927ed575acbd", "c941aaca38c2"), WRITES)
        ),
        ATOMIC: TRANSACTIONS,
        OFFLINE: Found(
            dict.fromkeys(
                ("f629c8ef4ab0", "a67119aa3ee5"),
                "env.py leaves out literal_binds, so that the SQL has "
                "placeholders",
            )
        ),
        HEALTHY: Found(PASS),
        INDEXED: Found(NO_INDEX),
    },
    "nova_api": {
        UPGRADES: Found(PASS),
        DOWNGRADES: Found({"d67eeaabee36": ALL_STAYS}),
        LOSSES: Found(PASS),
        COMPATIBLE: Found(PASS),
        BLOCKING: Found(SKIP, PASS),
        ATOMIC: TRANSACTIONS,
        OFFLINE: Found(PASS),
        HEALTHY: Found(PASS),
        INDEXED: Found(NO_INDEX),
    },
    "nova": {
        UPGRADES: Found(PASS),
        DOWNGRADES: Found(
            dict.fromkeys(("8f2f1571d55b", "13863f4e1612"), ALL_STAYS)
        ),
        LOSSES: Found(
            {"d60bddf7a903": "it drops the table, and makes it again, empty"}
        ),
        COMPATIBLE: Found({"d60bddf7a903": STRICTER}),
        BLOCKING: Found(
            SKIP, dict.fromkeys(("1acf2c98e646", "ab450ba04102"), SCANS)
        ),
        ATOMIC: TRANSACTIONS,
        OFFLINE: Found(PASS),
        HEALTHY: Found(PASS),
        INDEXED: Found(NO_INDEX),
    },
    "glance": {
        UPGRADES: Found(
            {"ocata_expand01": CASCADES, "ocata_contract01": NOT_FILLED},
            {"ocata_contract01": NOT_FILLED},
        ),
        DOWNGRADES: Found(SKIP),
        LOSSES: Found(PASS),
        COMPATIBLE: Found(PASS),
        BLOCKING: Found(
            SKIP,
            dict.fromkeys(
                (
                    "mitaka01", "ocata_expand01", "rocky_expand01",
                    "rocky_expand02", "wallaby_expand01", "ocata_contract01",
                ),
                SCANS,
            ),
        ),
        ATOMIC: TRANSACTIONS,
        OFFLINE: Found(PASS),
        HEALTHY: Found(PASS),
        INDEXED: Found(NO_INDEX),
    },
    # On an empty database few of its scripts find their tables; its env.py
    # asks a connection for its URL, and so cannot write SQL offline.
    "dagster": {
        **dict.fromkeys(
            (UPGRADES, DOWNGRADES, LOSSES, COMPATIBLE, HEALTHY, INDEXED),
            Found(PASS),
        ),
        **dict.fromkeys((BLOCKING, ATOMIC, OFFLINE), Found(SKIP)),
    },
    "mlflow": {
        UPGRADES: Found(
            {
                "90e64c465722": OTHER_KEY,
                "cfd24bdc0731": CASCADES,
                "a8c4a736bde6": CASCADES,
                "1b5f0d9ad7c1": CASCADES,
            },
            {"90e64c465722": OTHER_KEY},
        ),
        DOWNGRADES: Found(
            {
                **MLFLOW_BOTH,
                "c8d9e0f1a2b3": "batch mode copies a generated column, "
                "which takes no value",
            },
            {
                **MLFLOW_BOTH,
                "181f10493468": ALL_STAYS,
                "cfd24bdc0731": "downgrade() is `pass`, and the check that "
                "the upgrade drops by its name is gone",
            },
        ),
        LOSSES: Found(
            dict.fromkeys(
                (
                    "cbc13b556ace", "c9d4e5f6a7b8", "d0e1f2a3b4c5",
                    "da6fb0208061", "6f8d9c3b2a1e",
                ),
                DELETES,
            ),
            PASS,
        ),
        COMPATIBLE: Found(
            {"5d2d30f0abce": GONE, "75868b020152": GONE}
        ),
        BLOCKING: Found(
            SKIP,
            {
                **dict.fromkeys(
                    (
                        "451aebb31d03", "181f10493468", "bd07f7e963c5",
                        "5b0e9adcef9c", "0584bdc529eb", "5d2d30f0abce",
                        "c9d4e5f6a7b8", "d0e1f2a3b4c5", "1b5f0d9ad7c1",
                        "a5b4c3d2e1f0", "7d34483879f0", "c1d2e3f4a5b6",
                        "c3d9e7f1a2b4", "6f8d9c3b2a1e", "1971f2d9a75b",
                        "dc11669786a5",
                    ),
                    SCANS,
                ),
                **dict.fromkeys(("cfd24bdc0731", "75868b020152"), WRITES),
            },
        ),
        ATOMIC: TRANSACTIONS,
        OFFLINE: Found(PASS),
        HEALTHY: Found(PASS),
        INDEXED: Found(NO_INDEX),
    },
    "dstack": {
        UPGRADES: Found(
            {
                "112753bc17dd": NULL_BEFORE,
                "866ec1d67184": NO_JSON,
                "3cf77fb8bcf1": NO_JSON,
                "eee3e79f29e9": "it deletes gateway_computes without a "
                "backend, and leaves what refers to them",
            },
            {
                "112753bc17dd": NULL_BEFORE,
                "27d3e55759fa": "it makes the enum that a060e2440936 has "
                "made; in one run with it Alembic remembers that, later not",
            },
        ),
        DOWNGRADES: Found(
            {
                **DSTACK_BOTH,
                "555138b1f77f": NULL_AFTER,
                "29826f417010": NO_DEFAULT,
                "710e5b3fac8f": "it cuts the length of a prefix off all "
                "tokens, whether they have it or not, which makes some alike",
                "7bc2586e8b9e": NULL_AFTER,
            },
            {
                **DSTACK_BOTH,
                "a060e2440936": ENUM_STAYS,
                "d0bb68e48b9f": NO_CAST_BACK,
            },
        ),
        LOSSES: Found(
            {
                "e6391ca6a264": DROPPED,
                "29c08c6a8cb3": DROPPED,
                "1a48dfe44a40": DROPPED,
                "4b4319398164": "runs without a job that goes on become "
                "TERMINATED",
                "29826f417010": DROPPED,
                "710e5b3fac8f": "it puts a prefix before secrets",
                "1338b788b612": "of the instances of one job it keeps one, "
                "as its script says",
                "eee3e79f29e9": "it deletes gateway_computes without a "
                "backend",
            },
            {"e6391ca6a264": DROPPED},
        ),
        COMPATIBLE: Found(
            {
                **dict.fromkeys(
                    (
                        "112753bc17dd", "48ad3ecbaea2", "555138b1f77f",
                        "c154eece89da", "b4d6ad60db08", "c00090eaef21",
                        "710e5b3fac8f", "d6b11105f659", "7b24b1c8eba7",
                        "e3b7db07727f", "afbc600ff2b2", "82b32a135ea2",
                        "51d45659d574", "7ba3b59d7ca6", "bca2fdf130bf",
                        "35e90e1b0d3e", "728b1488b1b4", "857d8fa7fcc5",
                        "eee3e79f29e9", "dbbe9f32ec66",
                    ),
                    STRICTER,
                ),
                **dict.fromkeys(
                    (
                        "e6391ca6a264", "29c08c6a8cb3", "1a48dfe44a40",
                        "4b4319398164", "29826f417010", "1338b788b612",
                        "a751ef183f27",
                    ),
                    GONE,
                ),
            },
            # What follows cannot be applied by itself there.
            {
                "112753bc17dd": STRICTER,
                "48ad3ecbaea2": STRICTER,
                "e6391ca6a264": GONE,
            },
        ),
        BLOCKING: Found(
            SKIP,
            {
                **dict.fromkeys(
                    (
                        "fe72c4de8376", "112753bc17dd", "3dbdce90d0e0",
                        "e6391ca6a264",
                    ),
                    SCANS,
                ),
                **dict.fromkeys(
                    ("d0bb68e48b9f", "14f2cb002fc2", "48ad3ecbaea2"), WRITES
                ),
            },
        ),
        ATOMIC: TRANSACTIONS,
        OFFLINE: Found(PASS),
        HEALTHY: Found(PASS),
        INDEXED: Found(NO_INDEX),
    },
    "prefect": PREFECT,
    "ckan": {
        UPGRADES: Found(
            {
                "37ada738328e": "e8283ffb257e has left these tables without "
                "keys; rows that are alike, or of no revision, stop new ones",
                "cdd68fe9ba21": NULL_BEFORE,
                "6da92ef2df15": "it adds a column, with no value for the "
                "rows that there are, and makes it the primary key",
                "6c600693af5b": "what were the ids of packages shall be "
                "those of resource groups, of which there are none",
                "54e3f155d945": ALIKE,
                "883a7c406926": NULL_BEFORE,
                "048f7db947bf": NULL_BEFORE,
                "ff13667243ed": "rows that are alike stop the unique index",
            }
        ),
        DOWNGRADES: Found(
            {
                "765143af2ba3": "the downgrade leaves the indexes, and the "
                "upgrade makes them again",
                "b581622ad327": NULL_AFTER,
                "11e5745c6fc9": NO_DEFAULT,
                "fd6622e3d964": "it gives a table the same column twice",
                "a4fb0d85ced6": "it makes unique what more than one "
                "vocabulary may have by then",
                "51171a04d86d": "it makes unique what is in more than one "
                "row by then",
                "f98d8fa2a7f7": "the upgrade leaves the tables where there "
                "are rows, and the downgrade makes them again",
                "3537d5420e0e": REFERS_AGAIN,
                "d4d9be9189fe": "the upgrade drops a foreign key that the "
                "downgrade does not make again",
                "9fadda785b07": REFERS_AGAIN,
                "ccd38ad5fced": REFERS_AGAIN,
            }
        ),
        LOSSES: Found(
            {
                **dict.fromkeys(
                    (
                        "f22b4f5241a5", "e5ca33a5d445", "6d8ffebcaf54",
                        "05a0778051ca", "bd38cd6502b2", "b69e9b80396f",
                        "a4ca55f0f45e", "ae821876532a", "19663581b3bb",
                        "ff1b303cab77", "d4d9be9189fe", "4a5e3465beb6",
                        "4eaa5fcf3092",
                    ),
                    DROPPED,
                ),
                "e8283ffb257e": "it drops a column, and makes it again of "
                "another type, and empty",
                "11e5745c6fc9": LOST,
                "fd6622e3d964": LOST,
                "12d64978ab44": "it drops extras that are not active",
            }
        ),
        COMPATIBLE: Found(
            {
                "e8283ffb257e": "an integer becomes text, which = does not "
                "compare with one",
                **dict.fromkeys(
                    (
                        "37ada738328e", "cdd68fe9ba21", "54e3f155d945",
                        "048f7db947bf", "ff13667243ed",
                    ),
                    STRICTER,
                ),
                **dict.fromkeys(
                    (
                        "f22b4f5241a5", "e5ca33a5d445", "6d8ffebcaf54",
                        "05a0778051ca", "11e5745c6fc9", "6c600693af5b",
                        "fd6622e3d964", "bd38cd6502b2", "b69e9b80396f",
                        "883a7c406926", "a4ca55f0f45e", "ae821876532a",
                        "19663581b3bb", "ff1b303cab77", "d4d9be9189fe",
                        "4a5e3465beb6", "12d64978ab44", "4eaa5fcf3092",
                    ),
                    GONE,
                ),
            }
        ),
        BLOCKING: Found(
            {
                **dict.fromkeys(
                    (
                        "e8283ffb257e", "37ada738328e", "765143af2ba3",
                        "b581622ad327", "11e5745c6fc9", "cdd68fe9ba21",
                        "1bfdf4240915", "6da92ef2df15", "6c600693af5b",
                        "81148ccebd6c", "cca459c76d45", "da65e2877034",
                        "54e3f155d945", "883a7c406926", "a4fb0d85ced6",
                        "048f7db947bf", "e33a5f2b2a84", "cfb544112fa7",
                        "011f51208be3", "e0177a15d2c9", "8224d872c64f",
                        "8ea886d0ede4", "0ffc0b277141", "01afcadbd8c0",
                        "ff13667243ed", "9f33a0280c51", "4a5e3465beb6",
                        "f7b64c701a10",
                    ),
                    SCANS,
                ),
                **dict.fromkeys(
                    (
                        "d85ce5783688", "3537d5420e0e", "588d7cfb9a41",
                        "12d64978ab44",
                    ),
                    WRITES,
                ),
            }
        ),
        ATOMIC: Found(PASS),
        OFFLINE: Found(PASS),
        HEALTHY: Found(PASS),
        INDEXED: Found(NO_INDEX),
    },
}


#: Those of whose checks `.ci/run` waits.
SMALLEST = ("taskflow",)


class DeepTest(unittest.TestCase):
    """One history; its subclasses, with a test for each kind of database
    that it goes up on, are made by :func:`deep_class`."""

    name: ClassVar[str]
    maxDiff = None

    def check(self, family: str) -> None:
        outcomes = self.outcomes(family)
        self.assertEqual(
            sorted(CHECKS), sorted(set(outcomes) & set(CHECKS))
        )
        for check in CHECKS:
            with self.subTest(check):
                expected = DEEP[self.name][check].on(family)
                found = outcomes[check]
                self.assertEqual(
                    expected if isinstance(expected, str)
                    else sorted(expected),
                    summary(found), f"\n{found['text']}",
                )

    def outcomes(self, family: str) -> dict[str, Any]:
        with tempfile.TemporaryDirectory() as folder:
            said = run(
                python_of(HISTORIES[self.name].lock), folder,
                "tests.field.outcomes", "tests.field.cases.deep",
                variables=case_on(self.name, family),
            )
        found: dict[str, Any] = json.loads(said)
        return found


def summary(outcome: Mapping[str, Any]) -> str | list[str]:
    """What a check came to: a word, or the revisions that it names."""
    if outcome["outcome"] != "fail":
        return str(outcome["outcome"])
    failed = outcome["text"].partition("\nnot tested:")[0]
    named = re.findall(r"(?m)^  (\S+) \(.*\): \w.*$", failed)
    return sorted(set(named)) or ["-"]


def families_of(name: str) -> list[str]:
    """The kinds of database on which the checks are run on a history."""
    return [one for one in FAMILIES if one in histories_on(name)]


def deep_class(name: str) -> type[DeepTest]:
    """The tests of one history."""

    def method(family: str) -> Callable[[DeepTest], None]:
        def test(self: DeepTest) -> None:
            self.check(family)

        return test

    members = {
        f"test_{family}": method(family) for family in families_of(name)
    }
    return type(
        f"{name}_deep",
        (DeepTest,),
        {"__module__": "tests.field", "name": name, **members},
    )


def deep_classes(names: Sequence[str]) -> list[type[DeepTest]]:
    return [deep_class(name) for name in names if name in DEEP]
