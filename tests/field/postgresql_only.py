"""Histories that go up on PostgreSQL alone, each finding read and judged."""

from __future__ import annotations

from tests.field.findings import (
    MODELS,
    NO_TRACE,
    OTHER_ORDER,
    POSTGRESQL,
    REGISTERED,
    SINGLE_HEAD,
    UP_DOWN,
    UPGRADE,
    Finding,
    History,
    fails,
    passes,
)
from tests.field.further import each, words

CKAN = History(
    name="ckan",
    lock="ckan",
    described_on=POSTGRESQL,
    revisions=words(
        "103676e0a497 86fdd8c54775 f22b4f5241a5 f92ee205e46d 12c2232c15f5 "
        "c83955e7acb6 1928d4af1cda e8283ffb257e b739a48de5c4 a6f13bf14d0c "
        "866f6370b4ac e5ca33a5d445 8a3a5af39797 93519b684820 6d8ffebcaf54 "
        "37ada738328e 1250b2ff3e36 05a0778051ca b2eb6f34a638 69a0b0efc609 "
        "765143af2ba3 7b324ca6c0dc 87fdd05f0744 12981fe12484 b581622ad327 "
        "3615b25af443 11e5745c6fc9 cdd68fe9ba21 1bfdf4240915 b16cbf164c8a "
        "1b05245167d6 d89e0731422d 6da92ef2df15 6c600693af5b 81148ccebd6c "
        "ecaa8b38782f edcf3b8c3c1b fd6622e3d964 cca459c76d45 500a08f4818e "
        "6817d4e3bdc3 da65e2877034 bd38cd6502b2 4190eeeb8d73 54e3f155d945 "
        "b69e9b80396f 883a7c406926 4a7011172b3f e0c06c2177b5 01a6b058cb7f "
        "a4fb0d85ced6 ba693d64c6d7 9d051a099097 da21b38da4db 048f7db947bf "
        "11af3215ae89 660a5aae527e bd36d1826a5d 9291bb46f352 31ad11c518fc "
        "338d460bc460 6deb2bbab394 8b633852cb7a 4f8becd4919a 1fab0bc6439e "
        "ad16b3bd8cb6 266c110eafec e33a5f2b2a84 e7524c675cdb cfb544112fa7 "
        "c16f081ef73a 08dcb9233ad7 011f51208be3 a4ca55f0f45e 9cdc88c8896a "
        "59995aa965c0 51171a04d86d ae821876532a e0177a15d2c9 8224d872c64f "
        "a64cf4a79182 8ea886d0ede4 f98d8fa2a7f7 d85ce5783688 f9bf3d5c4b4d "
        "19663581b3bb ff1b303cab77 3537d5420e0e 23c92480926e 980dcd44de4b "
        "0ffc0b277141 01afcadbd8c0 d4d9be9189fe 588d7cfb9a41 9fadda785b07 "
        "19ddad52b500 f789f233226e ddbd0a9a4489 3ae4b17ed66d ccd38ad5fced "
        "d111f446733b ff13667243ed 353aaf2701f0 9f33a0280c51 4a5e3465beb6 "
        "12d64978ab44 4eaa5fcf3092 f7b64c701a10 9445ce34fc23"
    ),
    heads=("9445ce34fc23",),
    findings=(
        Finding(
            "the downgrade adds revision_id without the primary keys that it "
            "was part of",
            (
                "e8283ffb257e trace lost constraint package_extra_revision "
                "package_extra_revision_pkey",
                "e8283ffb257e trace lost constraint package_revision "
                "package_revision_pkey",
                "e8283ffb257e trace lost constraint package_tag_revision "
                "package_tag_revision_pkey",
                "e8283ffb257e trace lost in table package_extra_revision: "
                "revision_id integer not null",
                "e8283ffb257e trace left in table package_extra_revision: "
                "revision_id integer",
                "e8283ffb257e trace lost in table package_revision: "
                "revision_id integer not null",
                "e8283ffb257e trace left in table package_revision: "
                "revision_id integer",
                "e8283ffb257e trace lost in table package_tag_revision: "
                "revision_id integer not null",
                "e8283ffb257e trace left in table package_tag_revision: "
                "revision_id integer",
            ),
        ),
        Finding(
            "the downgrade adds revision.id with unique=True and "
            "primary_key=True, of which ADD COLUMN says the first alone; the "
            "next upgrade does not mend it",
            (
                "e8283ffb257e trace left constraint revision revision_id_key",
                "e8283ffb257e trace lost constraint revision revision_pkey",
                "e8283ffb257e second-trace left constraint revision "
                "revision_id_key",
                "e8283ffb257e second-trace lost constraint revision "
                "revision_pkey",
            ),
        ),
        Finding(
            "the downgrade adds state_id without its foreign keys",
            (
                "6d8ffebcaf54 trace lost fk constraint package "
                "package_state_id_fkey",
                "6d8ffebcaf54 trace lost fk constraint package_extra "
                "package_extra_state_id_fkey",
                "6d8ffebcaf54 trace lost fk constraint "
                "package_extra_revision package_extra_revision_state_id_fkey",
                "6d8ffebcaf54 trace lost fk constraint package_revision "
                "package_revision_state_id_fkey",
                "6d8ffebcaf54 trace lost fk constraint package_tag "
                "package_tag_state_id_fkey",
                "6d8ffebcaf54 trace lost fk constraint package_tag_revision "
                "package_tag_revision_state_id_fkey",
            ),
        ),
        Finding(
            "the downgrade adds package_search.package_id without the "
            "primary key",
            (
                "37ada738328e trace lost constraint package_search "
                "package_search_pkey",
                "37ada738328e trace lost in table package_search: package_id "
                "integer not null",
                "37ada738328e trace left in table package_search: package_id "
                "integer",
            ),
        ),
        Finding(
            "the upgrade drops revision_id_seq, the downgrade does not make "
            "it, and the next upgrade drops it again",
            (
                "37ada738328e trace lost sequence owned by revision_id_seq",
                "37ada738328e trace lost sequence revision_id_seq",
                "37ada738328e second-upgrade ProgrammingError: sequence "
                '"revision_id_seq" does not exist',
            ),
        ),
        Finding(
            "the primary keys that the upgrade makes go with the column id; "
            "revision_id, which was in them too, stays NOT NULL",
            (
                "37ada738328e trace lost in table package_extra_revision: "
                "revision_id text",
                "37ada738328e trace left in table package_extra_revision: "
                "revision_id text not null",
                "37ada738328e trace lost in table package_revision: "
                "revision_id text",
                "37ada738328e trace left in table package_revision: "
                "revision_id text not null",
                "37ada738328e trace lost in table package_tag_revision: "
                "revision_id text",
                "37ada738328e trace left in table package_tag_revision: "
                "revision_id text not null",
            ),
        ),
        Finding(
            "the downgrade gives every id a sequence; those of four tables "
            "had none",
            (
                "37ada738328e trace left default package_extra_revision id",
                "37ada738328e trace left default package_resource_revision "
                "id",
                "37ada738328e trace left default package_revision id",
                "37ada738328e trace left default package_tag_revision id",
                *each(
                    "37ada738328e trace left sequence owned by",
                    "package_extra_revision_id_seq "
                    "package_resource_revision_id_seq package_revision_id_seq "
                    "package_tag_revision_id_seq",
                ),
                *each(
                    "37ada738328e trace left sequence",
                    "package_extra_revision_id_seq "
                    "package_resource_revision_id_seq package_revision_id_seq "
                    "package_tag_revision_id_seq",
                ),
            ),
        ),
        Finding(
            "the downgrade adds id with unique=True and primary_key=True, of "
            "which ADD COLUMN says the first alone",
            (
                "37ada738328e trace left constraint package package_id_key",
                "37ada738328e trace lost constraint package package_pkey",
                "37ada738328e trace left constraint package_extra "
                "package_extra_id_key",
                "37ada738328e trace lost constraint package_extra "
                "package_extra_pkey",
                "37ada738328e trace left constraint package_extra_revision "
                "package_extra_revision_id_key",
                "37ada738328e trace left constraint package_resource "
                "package_resource_id_key",
                "37ada738328e trace lost constraint package_resource "
                "package_resource_pkey",
                "37ada738328e trace left constraint "
                "package_resource_revision package_resource_revision_id_key",
                "37ada738328e trace lost constraint "
                "package_resource_revision package_resource_revision_pkey",
                "37ada738328e trace left constraint package_revision "
                "package_revision_id_key",
                "37ada738328e trace left constraint package_tag "
                "package_tag_id_key",
                "37ada738328e trace lost constraint package_tag "
                "package_tag_pkey",
                "37ada738328e trace left constraint package_tag_revision "
                "package_tag_revision_id_key",
                "37ada738328e trace left constraint tag tag_id_key",
                "37ada738328e trace lost constraint tag tag_pkey",
            ),
        ),
        Finding(
            "the downgrade says DROP CONSTRAINT IF EXISTS of each index, "
            "which drops none; the next upgrade makes them again",
            (
                *each(
                    "765143af2ba3 trace left index",
                    "idx_extra_grp_id_pkg_id idx_extra_id_pkg_id "
                    "idx_extra_pkg_id idx_group_id idx_group_name "
                    "idx_group_pkg_id idx_package_extra_rev_id "
                    "idx_package_group_group_id idx_package_group_id "
                    "idx_package_group_pkg_id "
                    "idx_package_group_pkg_id_group_id "
                    "idx_package_resource_id idx_package_resource_pkg_id "
                    "idx_package_resource_pkg_id_resource_id "
                    "idx_package_resource_rev_id idx_package_resource_url "
                    "idx_package_tag_id idx_package_tag_pkg_id "
                    "idx_package_tag_pkg_id_tag_id "
                    "idx_package_tag_revision_id "
                    "idx_package_tag_revision_pkg_id "
                    "idx_package_tag_revision_pkg_id_tag_id "
                    "idx_package_tag_revision_rev_id "
                    "idx_package_tag_revision_tag_id idx_package_tag_tag_id "
                    "idx_pkg_id idx_pkg_lname idx_pkg_name idx_pkg_rev_id "
                    "idx_pkg_revision_id idx_pkg_revision_name "
                    "idx_pkg_revision_rev_id idx_pkg_sid idx_pkg_slname "
                    "idx_pkg_sname idx_pkg_srev_id idx_pkg_stitle "
                    "idx_pkg_suname idx_pkg_title idx_pkg_uname idx_ra_action "
                    "idx_ra_role idx_ra_role_action idx_rating_id "
                    "idx_rating_package_id idx_rating_user_id idx_rev_state "
                    "idx_tag_id idx_tag_name idx_uor_context idx_uor_role "
                    "idx_uor_user_id_role idx_user_id idx_user_name",
                ),
                "765143af2ba3 second-upgrade ProgrammingError: relation "
                '"idx_extra_pkg_id" already exists',
            ),
        ),
        Finding(
            "the upgrade lets user_object_role.user_id be NULL, which it "
            "could be before; the downgrade forbids it",
            (
                "b581622ad327 trace lost in table user_object_role: user_id "
                "text",
                "b581622ad327 trace left in table user_object_role: user_id "
                "text not null",
            ),
        ),
        Finding(
            "the downgrade makes two indexes that are still there: the "
            "upgrade has renamed their table and column, no more",
            (
                "6c600693af5b downgrade ProgrammingError: relation "
                '"idx_package_resource_pkg_id" already exists',
            ),
        ),
        Finding(
            "the downgrade names a column of harvested_document twice, which "
            "SQLAlchemy refuses",
            (
                "fd6622e3d964 downgrade DuplicateColumnError: A column with "
                "name 'created' is already present in table "
                "'harvested_document'.",
            ),
        ),
        Finding(
            "the downgrade makes package_search with a primary key, which "
            "that had lost in 37ada738328e with its column",
            (
                "bd38cd6502b2 trace left constraint package_search "
                "package_search_pkey",
                "bd38cd6502b2 trace lost in table package_search: package_id "
                "text",
                "bd38cd6502b2 trace left in table package_search: package_id "
                "text not null",
            ),
        ),
        Finding(
            "the downgrade forgets the indexes on the column that the "
            "upgrade drops",
            (
                "a4ca55f0f45e trace lost index idx_package_resource_pkg_id",
                "a4ca55f0f45e trace lost index "
                "idx_package_resource_pkg_id_resource_id",
                "d4d9be9189fe trace lost index idx_pkg_rev_id",
                "d4d9be9189fe trace lost index idx_pkg_srev_id",
            ),
        ),
        Finding(
            "the downgrade makes two indexes that were never there: in "
            "765143af2ba3 they are commented out",
            (
                "ae821876532a trace left index idx_uor_id",
                "ae821876532a trace left index idx_uor_user_id",
            ),
        ),
        Finding(
            "the downgrade makes the foreign key of continuity_id on "
            "group_id",
            (
                "3537d5420e0e trace lost in fk constraint "
                "group_extra_revision "
                "group_extra_revision_continuity_id_fkey: alter table only "
                "group_extra_revision add constraint "
                "group_extra_revision_continuity_id_fkey foreign "
                "key(continuity_id)references group_extra(id);",
                "3537d5420e0e trace left in fk constraint "
                "group_extra_revision "
                "group_extra_revision_continuity_id_fkey: alter table only "
                "group_extra_revision add constraint "
                "group_extra_revision_continuity_id_fkey foreign "
                "key(group_id)references group_extra(id);",
            ),
        ),
        Finding(
            "the downgrade adds system_info.revision_id without its foreign "
            "key, which the next upgrade drops by name",
            (
                "d4d9be9189fe trace lost fk constraint system_info "
                "system_info_revision_id_fkey",
                "d4d9be9189fe second-upgrade ProgrammingError: constraint "
                '"system_info_revision_id_fkey" of relation "system_info" '
                "does not exist",
            ),
        ),
        Finding(
            OTHER_ORDER,
            (
                # revision: after the downgrade, and after the next upgrade.
                *each(
                    "e8283ffb257e order other order of columns in table",
                    "package revision revision",
                ),
                *each(
                    "e5ca33a5d445 order other order of columns in table",
                    "package package_revision",
                ),
                *each(
                    "6d8ffebcaf54 order other order of columns in table",
                    "package package_extra package_extra_revision "
                    "package_resource package_resource_revision "
                    "package_revision package_tag package_tag_revision",
                ),
                *each(
                    "37ada738328e order other order of columns in table",
                    "package package_extra package_group package_resource "
                    "package_resource_revision package_tag rating tag",
                ),
                *each(
                    "05a0778051ca order other order of columns in table",
                    "package package_revision",
                ),
                "11e5745c6fc9 order other order of columns in table "
                "harvested_document",
                *each(
                    "a4ca55f0f45e order other order of columns in table",
                    "resource resource_revision",
                ),
                "19663581b3bb order other order of columns in table user",
                *each(
                    "d4d9be9189fe order other order of columns in table",
                    "group member package package_extra package_relationship "
                    "package_tag resource system_info",
                ),
                "4a5e3465beb6 order other order of columns in table resource",
                "4eaa5fcf3092 order other order of columns in table activity",
            ),
            harmless=True,
        ),
    ),
    checks={
        SINGLE_HEAD: passes(),
        UPGRADE: passes(),
        MODELS: passes(),
        UP_DOWN: fails(
            words(
                "37ada738328e 765143af2ba3 6c600693af5b fd6622e3d964 "
                "d4d9be9189fe"
            ),
            "revision_id_seq",
            "idx_extra_pkg_id",
            "idx_package_resource_pkg_id",
            "harvested_document",
            "system_info_revision_id_fkey",
        ),
        NO_TRACE: fails(
            words(
                "e8283ffb257e 6d8ffebcaf54 37ada738328e 765143af2ba3 "
                "b581622ad327 6c600693af5b fd6622e3d964 bd38cd6502b2 "
                "a4ca55f0f45e ae821876532a 3537d5420e0e d4d9be9189fe"
            ),
            "package_tag_revision_pkey",
            "package_state_id_fkey",
            "package_tag_revision_id_seq",
            "idx_pkg_lname",
            "package_search_pkey",
            "idx_uor_user_id",
            "(group_id) -> group_extra(id)",
            "idx_pkg_srev_id",
        ),
        REGISTERED: passes(),
    },
)
