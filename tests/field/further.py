"""Further real histories, each finding read and judged."""

from __future__ import annotations

from tests.field.findings import (
    FORGOT_UNIQUE,
    MODELS,
    NO_TRACE,
    OTHER_ORDER,
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
                "- drift remove_index asset_check_executions.idx_asset_check_"
                "executions (asset_key,check_name,"
                "materialization_event_storage_id,partition)",
                "- drift remove_index asset_check_executions.idx_asset_check_"
                "executions_unique (asset_key,check_name,run_id,partition)",
                "- drift remove_index asset_daemon_asset_evaluations.idx_"
                "asset_daemon_asset_evaluations_asset_key_evaluation_id "
                "(asset_key,evaluation_id)",
                "- drift remove_index asset_daemon_asset_evaluations.ix_"
                "asset_daemon_asset_evaluations_evaluation_id (evaluation_id)",
                "- drift remove_index asset_event_tags.idx_asset_event_tags "
                "(asset_key,key,value)",
                "- drift remove_index asset_event_tags.idx_asset_event_tags_"
                "event_id (event_id)",
                "- drift remove_index dynamic_partitions.idx_dynamic_"
                "partitions (partitions_def_name,partition)",
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

NOVA = History(
    name="nova",
    lock="nova",
    production="nova.db",
    revisions=(
        "8f2f1571d55b", "16f1fbcab42b", "ccb0fa1a2252", "960aac0e09ea",
        "1b91788ec3a6", "1acf2c98e646", "13863f4e1612", "d60bddf7a903",
        "2903cd72dc14", "ab450ba04102",
    ),
    heads=("ab450ba04102",),
    findings=(
        Finding(
            "downgrade() is `pass`: all that the first migration makes "
            "stays, and it does not run again",
            (
                *each(
                    "8f2f1571d55b trace left index",
                    "address agent_builds_hypervisor_os_arch_idx "
                    "aggregate_metadata_key_idx aggregate_metadata_value_idx "
                    "aggregate_uuid_idx allocations_consumer_id_idx "
                    "allocations_resource_class_id_idx "
                    "allocations_resource_provider_class_used_idx "
                    "block_device_mapping_instance_uuid_device_name_idx "
                    "block_device_mapping_instance_uuid_idx "
                    "block_device_mapping_instance_uuid_volume_id_idx "
                    "bw_usage_cache_uuid_start_period_idx "
                    "certificates_project_id_deleted_idx "
                    "certificates_user_id_deleted_idx compute_nodes_uuid_idx "
                    "console_auth_tokens_host_expires_idx "
                    "console_auth_tokens_instance_uuid_idx "
                    "console_auth_tokens_token_hash_idx "
                    "console_auth_tokens_token_hash_instance_uuid_idx "
                    "consoles_instance_uuid_idx "
                    "dns_domains_domain_deleted_idx "
                    "dns_domains_project_id_idx fixed_ip_id "
                    "fixed_ips_address_reserved_network_id_deleted_idx "
                    "fixed_ips_deleted_allocated_idx "
                    "fixed_ips_deleted_allocated_updated_at_idx "
                    "fixed_ips_host_idx fixed_ips_instance_uuid_fkey "
                    "fixed_ips_network_id_host_deleted_idx "
                    "fixed_ips_virtual_interface_id_fkey "
                    "floating_ips_host_idx "
                    "floating_ips_pool_deleted_fixed_ip_id_project_id_idx "
                    "floating_ips_project_id_idx "
                    "instance_actions_instance_uuid_updated_at_idx "
                    "instance_extra_idx instance_faults_host_idx "
                    "instance_faults_instance_uuid_deleted_created_at_idx "
                    "instance_group_member_instance_idx "
                    "instance_group_policy_policy_idx "
                    "instance_metadata_instance_uuid_idx "
                    "instance_type_extra_specs_instance_type_id_key_idx "
                    "instance_uuid instance_uuid_idx "
                    "instances_deleted_created_at_idx "
                    "instances_host_deleted_cleaned_idx "
                    "instances_host_node_deleted_idx "
                    "instances_project_id_deleted_idx "
                    "instances_project_id_idx instances_reservation_id_idx "
                    "instances_task_state_updated_at_idx "
                    "instances_terminated_at_launched_at_idx "
                    "instances_updated_at_project_id_idx "
                    "instances_uuid_deleted_idx "
                    "inventories_resource_class_id_idx "
                    "inventories_resource_provider_id_idx "
                    "inventories_resource_provider_resource_class_idx "
                    "ix_instance_id_mappings_uuid "
                    "ix_pci_devices_compute_node_id_deleted "
                    "ix_pci_devices_compute_node_id_parent_addr_deleted "
                    "ix_pci_devices_instance_uuid_deleted "
                    "ix_quota_classes_class_name ix_quota_usages_project_id "
                    "ix_quota_usages_user_id_deleted "
                    "ix_reservations_project_id "
                    "ix_reservations_user_id_deleted ix_task_log_host "
                    "ix_task_log_period_beginning ix_task_log_period_ending "
                    "migrations_by_host_nodes_and_status_idx "
                    "migrations_instance_uuid_and_status_idx "
                    "migrations_updated_at_idx migrations_uuid network_id "
                    "networks_bridge_deleted_idx networks_cidr_v6_idx "
                    "networks_host_idx networks_project_id_deleted_idx "
                    "networks_uuid_project_id_deleted_idx "
                    "networks_vlan_deleted_idx "
                    "project_user_quotas_project_id_deleted_idx "
                    "project_user_quotas_user_id_deleted_idx request_id_idx "
                    "reservations_deleted_expire_idx reservations_uuid_idx "
                    "resource_provider_aggregates_aggregate_id_idx "
                    "resource_providers_name_idx resource_providers_uuid_idx "
                    "security_group_instance_association_instance_uuid_idx "
                    "services_uuid_idx shadow_instance_extra_idx "
                    "shadow_migrations_uuid snapshot_id tags_tag_idx uuid "
                    "virtual_interfaces_instance_uuid_fkey "
                    "virtual_interfaces_network_id_idx "
                    "virtual_interfaces_uuid_idx volume_id",
                ),
                *each(
                    "8f2f1571d55b trace left table",
                    "agent_builds aggregate_hosts aggregate_metadata "
                    "aggregates allocations block_device_mapping "
                    "bw_usage_cache cells certificates compute_nodes "
                    "console_auth_tokens console_pools consoles dns_domains "
                    "fixed_ips floating_ips instance_actions "
                    "instance_actions_events instance_extra instance_faults "
                    "instance_group_member instance_group_policy "
                    "instance_groups instance_id_mappings "
                    "instance_info_caches instance_metadata "
                    "instance_system_metadata instance_type_extra_specs "
                    "instance_type_projects instance_types instances "
                    "inventories key_pairs migrations networks pci_devices "
                    "project_user_quotas provider_fw_rules quota_classes "
                    "quota_usages quotas reservations "
                    "resource_provider_aggregates resource_providers "
                    "s3_images security_group_default_rules "
                    "security_group_instance_association "
                    "security_group_rules security_groups services "
                    "shadow_agent_builds shadow_aggregate_hosts "
                    "shadow_aggregate_metadata shadow_aggregates "
                    "shadow_alembic_version shadow_block_device_mapping "
                    "shadow_bw_usage_cache shadow_cells shadow_certificates "
                    "shadow_compute_nodes shadow_console_pools "
                    "shadow_consoles shadow_dns_domains shadow_fixed_ips "
                    "shadow_floating_ips shadow_instance_actions "
                    "shadow_instance_actions_events shadow_instance_extra "
                    "shadow_instance_faults shadow_instance_group_member "
                    "shadow_instance_group_policy shadow_instance_groups "
                    "shadow_instance_id_mappings shadow_instance_info_caches "
                    "shadow_instance_metadata "
                    "shadow_instance_system_metadata "
                    "shadow_instance_type_extra_specs "
                    "shadow_instance_type_projects shadow_instance_types "
                    "shadow_instances shadow_key_pairs shadow_migrations "
                    "shadow_networks shadow_pci_devices "
                    "shadow_project_user_quotas shadow_provider_fw_rules "
                    "shadow_quota_classes shadow_quota_usages shadow_quotas "
                    "shadow_reservations shadow_s3_images "
                    "shadow_security_group_default_rules "
                    "shadow_security_group_instance_association "
                    "shadow_security_group_rules shadow_security_groups "
                    "shadow_services shadow_snapshot_id_mappings "
                    "shadow_snapshots shadow_task_log "
                    "shadow_virtual_interfaces shadow_volume_id_mappings "
                    "shadow_volume_usage_cache snapshot_id_mappings "
                    "snapshots tags task_log virtual_interfaces "
                    "volume_id_mappings volume_usage_cache",
                ),
                "8f2f1571d55b second-upgrade OperationalError: table "
                "instances already exists",
            ),
        ),
        Finding(
            "downgrade() is `pass`: the table stays, and the next upgrade "
            "makes it again",
            (
                "13863f4e1612 trace left index share_idx",
                "13863f4e1612 trace left index share_mapping_instance_uuid_"
                "share_id_idx",
                "13863f4e1612 trace left table share_mapping",
                "13863f4e1612 second-upgrade OperationalError: table "
                "share_mapping already exists",
            ),
        ),
        Finding(
            "nova does not support downgrades: these scripts have none",
            each_of(
                "16f1fbcab42b ccb0fa1a2252 960aac0e09ea 1b91788ec3a6 "
                "1acf2c98e646 d60bddf7a903 2903cd72dc14 ab450ba04102",
                "no-downgrade no such function",
            ),
            harmless=True,
        ),
    ),
    checks={
        SINGLE_HEAD: passes(),
        UPGRADE: passes(),
        MODELS: passes(),
        UP_DOWN: fails(
            ("8f2f1571d55b", "13863f4e1612"),
            "table instances already exists",
            "table share_mapping already exists",
        ),
        NO_TRACE: fails(
            ("8f2f1571d55b", "13863f4e1612"),
            "share_mapping",
        ),
        REGISTERED: passes(),
    },
)

NOVA_API = History(
    name="nova_api",
    lock="nova",
    production="nova_api.db",
    revisions=(
        "d67eeaabee36", "b30f573d3377", "cdeec0c85668",
    ),
    heads=("cdeec0c85668",),
    findings=(
        Finding(
            "downgrade() is `pass`: all that the first migration makes "
            "stays, and it does not run again",
            (
                *each(
                    "d67eeaabee36 trace left index",
                    "aggregate_metadata_key_idx aggregate_uuid_idx "
                    "allocations_consumer_id_idx "
                    "allocations_resource_class_id_idx "
                    "allocations_resource_provider_class_used_idx "
                    "build_requests_instance_uuid_idx "
                    "build_requests_project_id_idx "
                    "consumers_project_id_user_id_uuid_idx "
                    "consumers_project_id_uuid_idx "
                    "flavor_extra_specs_flavor_id_key_idx host_idx "
                    "instance_group_member_instance_idx "
                    "instance_group_policy_policy_idx "
                    "instance_mappings_user_id_project_id_idx "
                    "instance_uuid_idx inventories_resource_class_id_idx "
                    "inventories_resource_provider_id_idx "
                    "inventories_resource_provider_resource_class_idx "
                    "ix_placement_aggregates_uuid project_id_idx "
                    "project_user_quotas_project_id_idx "
                    "project_user_quotas_user_id_idx "
                    "quota_classes_class_name_idx "
                    "quota_usages_project_id_idx quota_usages_user_id_idx "
                    "request_spec_instance_uuid_idx reservations_expire_idx "
                    "reservations_project_id_idx reservations_user_id_idx "
                    "reservations_uuid_idx "
                    "resource_provider_aggregates_aggregate_id_idx "
                    "resource_provider_traits_resource_provider_trait_idx "
                    "resource_providers_name_idx "
                    "resource_providers_parent_provider_id_idx "
                    "resource_providers_root_provider_id_idx "
                    "resource_providers_uuid_idx uuid_idx",
                ),
                *each(
                    "d67eeaabee36 trace left table",
                    "aggregate_hosts aggregate_metadata aggregates "
                    "allocations build_requests cell_mappings consumers "
                    "flavor_extra_specs flavor_projects flavors "
                    "host_mappings instance_group_member "
                    "instance_group_policy instance_groups instance_mappings "
                    "inventories key_pairs placement_aggregates "
                    "project_user_quotas projects quota_classes quota_usages "
                    "quotas request_specs reservations resource_classes "
                    "resource_provider_aggregates resource_provider_traits "
                    "resource_providers traits users",
                ),
                "d67eeaabee36 second-upgrade OperationalError: table "
                "cell_mappings already exists",
            ),
        ),
        Finding(
            "nova does not support downgrades: these scripts have none",
            (
                "b30f573d3377 no-downgrade no such function",
                "cdeec0c85668 no-downgrade no such function",
            ),
            harmless=True,
        ),
    ),
    checks={
        SINGLE_HEAD: passes(),
        UPGRADE: passes(),
        MODELS: passes(),
        UP_DOWN: fails(
            ("d67eeaabee36",),
            "table cell_mappings already exists",
        ),
        NO_TRACE: fails(
            ("d67eeaabee36",),
            "cell_mappings",
        ),
        REGISTERED: passes(),
    },
)

DSTACK = History(
    name="dstack",
    lock="dstack",
    production="dstack.db",
    revisions=words(
        "a060e2440936 bfba43f6def2 252d3743b641 fe72c4de8376 d0bb68e48b9f "
        "112753bc17dd 14f2cb002fc2 23e01c56279a 3dbdce90d0e0 686fb8341ea5 "
        "e6391ca6a264 48ad3ecbaea2 d3e8af4786fa 27d3e55759fa 29c08c6a8cb3 "
        "9eea6af28e10 1a48dfe44a40 ed0ca30e13bb b88d55c2a07d 4b4319398164 "
        "0e33559e16ed 4ae1a5b0e7f1 555138b1f77f 5ec538b70e71 99b4c8c954ea "
        "866ec1d67184 1e3fb39ef74b 58aa5162dcc3 c154eece89da dfffd6a1165c "
        "29826f417010 b4d6ad60db08 98cd9c8b5927 5ad8debc8fe6 91ac5e543037 "
        "3cf77fb8bcf1 c00090eaef21 710e5b3fac8f 54a77e19c64c d6b11105f659 "
        "ea60480f82bb 7b24b1c8eba7 c83d45f9a971 e3b7db07727f a7b46c073fa1 "
        "c20626d03cfb afbc600ff2b2 82b32a135ea2 91a12fff6c76 065588ec72b8 "
        "c48df7985d57 803c7e9ed85d ffa99edd1988 da574e93fee0 51d45659d574 "
        "1338b788b612 63c3f19cb184 1e76fb0dde87 a751ef183f27 60e444118b6d "
        "98d1b92988bc bc8ca4a505c6 7bc2586e8b9e 7ba3b59d7ca6 6c1a9d6530ee "
        "20166748b60c bca2fdf130bf 35f732ee4cf5 35e90e1b0d3e 5f1707c525d2 "
        "644b8a114187 d5863798bf41 ec02a26a256c 50dd7ea98639 25479f540245 "
        "728b1488b1b4 74a1f55209bd 3d7f6c2ec000 e2d08cd1b8d9 2498ab323443 "
        "ff1d94f65b08 7d1ec2b920ac 06e977bc61c7 006512f572b4 d4d9dc26cf58 "
        "5fd659afca82 22d74df9897e 1aa9638ad963 903c91e24634 706e0acc3a7d "
        "57cff3ec86ce 9c2a227b0154 a8ed24fd7f90 140331002ece ccfac6ac7924 "
        "9a363c3cbe04 d21d3e61de27 46150101edec 5e8c7a9202bc 8e8647f20aa4 "
        "297c68450cc8 9cb8e4e4d986 c7b0a8e57294 a13f5b55af01 6026b29d78c7 "
        "8b6d5d8c1b9a 7099b48e72a9 c1c2ecaee45c 59e328ced74c e9d81c97c042 "
        "ad8c50120507 1b9e2e7e7d35 94fcd7e38b7e f48b23790053 82b671d9c5ab "
        "d9f6d27f0c41 8c1f8f4fcb47 05c351d08f6b db3679abd063 205690dfeec2 "
        "201cb7ccd0d3 b7609b94ea4d 857d8fa7fcc5 e9c5e7e26c78 ad348ea93493 "
        "87d4312605e5 0ebd6564f375 4d3cbb932bb2 d35995d56249 dd83c131e78f "
        "ecc9e8a0bfac a1c3f5e7b209 72cfa56364ad 3d4f69210528 04126c7ea0c8 "
        "eee3e79f29e9 dbbe9f32ec66 193c9622ac7e 620892d149b5 652af7a3c9c9 "
        "40f19bea9d2a"
    ),
    heads=("40f19bea9d2a",),
    findings=(
        Finding(
            OTHER_ORDER,
            (
                "e6391ca6a264 order other order of columns in table gateways",
                "29c08c6a8cb3 order other order of columns in table instances",
                "4b4319398164 order other order of columns in table jobs",
                "29826f417010 order other order of columns in table instances",
                "1338b788b612 order other order of columns in table instances",
            ),
            harmless=True,
        ),
        Finding(
            "batch mode copies the table runs to change a column, and the "
            "index that it reflects has lost its DESC",
            (
                "5ad8debc8fe6 trace lost in index ix_submitted_at_id: create "
                "index ix_submitted_at_id on runs(submitted_at desc,id)",
                "5ad8debc8fe6 trace left in index ix_submitted_at_id: create "
                "index ix_submitted_at_id on runs(submitted_at,id)",
            ),
        ),
    ),
    checks={
        SINGLE_HEAD: passes(),
        UPGRADE: passes(),
        MODELS: passes(),
        UP_DOWN: passes(),
        NO_TRACE: fails(
            ("5ad8debc8fe6",),
            "ix_submitted_at_id",
            "submitted_at DESC",
        ),
        REGISTERED: passes(),
    },
)

MLFLOW = History(
    name="mlflow",
    lock="mlflow",
    production="mlflow.db",
    revisions=words(
        "451aebb31d03 90e64c465722 181f10493468 df50e92ffc5e 7ac759974ad8 "
        "89d4b8295536 2b4d017a5e9b cfd24bdc0731 0a8213491aaa 728d730b5ebd "
        "27a6a02d2cf1 84291f40a231 a8c4a736bde6 39d1c3be5f05 c48cb773bb87 "
        "bd07f7e963c5 0c779009ac13 cc1f77228345 97727af70f4d 3500859a5d39 "
        "7f2a7d5fae7d 2d6e25af4d3e acf3f17fdcc7 867495a8f9d4 5b0e9adcef9c "
        "4465047574b1 f5a4f2784254 0584bdc529eb 400f98739977 6953534de441 "
        "bda7b8c39065 cbc13b556ace 770bee3ae1dd a1b2c3d4e5f6 de4033877273 "
        "1a0cddfcaa16 534353b11cbc 71994744cf8e 3da73c924c2f bf29a5ff90ea "
        "1bd49d398cd23 b7c8d9e0f1a2 5d2d30f0abce c9d4e5f6a7b8 2c33131f4dae "
        "d3e4f5a6b7c8 d0e1f2a3b4c5 c8d9e0f1a2b3 1b5f0d9ad7c1 e1f2a3b4c5d6 "
        "76601a5f987d c3d6457b6d8a a5b4c3d2e1f0 ae8bbe7743c9 7d34483879f0 "
        "da6fb0208061 89d3d66ed43f b7e4c1a90f23 a8b9c0d1e2f3 c1d2e3f4a5b6 "
        "c3d9e7f1a2b4 6f8d9c3b2a1e 1971f2d9a75b 17e22815139b b7e2c1a4d9f3 "
        "75868b020152 dc11669786a5"
    ),
    heads=("dc11669786a5",),
    findings=(
        Finding(
            "downgrade() is `pass`, with a comment that the longer primary "
            "key cannot be made short again",
            (
                "451aebb31d03 trace lost in table metrics: constraint "
                "metric_pk primary key(key,timestamp,run_uuid)",
                "451aebb31d03 trace left in table metrics: step bigint "
                "default '0' not null",
                "451aebb31d03 trace left in table metrics: constraint "
                "metric_pk primary key(key,timestamp,step,run_uuid,value)",
                "451aebb31d03 second-upgrade OperationalError: duplicate "
                "column name: step",
            ),
        ),
        Finding(
            "downgrade() is `pass`: metrics keep is_nan, in the primary key "
            "too; the next upgrade copies the table in batch mode, where a "
            "column may be added twice",
            (
                "181f10493468 trace lost in table metrics: constraint "
                "metric_pk primary key(key,timestamp,step,run_uuid,value)",
                "181f10493468 trace left in table metrics: is_nan boolean "
                "default '0' not null",
                "181f10493468 trace left in table metrics: constraint "
                "metric_pk primary key(key,timestamp,step,run_uuid,value,"
                "is_nan)",
            ),
        ),
        Finding(
            "downgrade() is `pass`: the tables stay; all but one of the "
            "upgrades make them again, 3500859a5d39 asks first",
            (
                "df50e92ffc5e trace left table experiment_tags",
                "df50e92ffc5e second-upgrade OperationalError: table "
                "experiment_tags already exists",
                "728d730b5ebd trace left table registered_model_tags",
                "728d730b5ebd second-upgrade OperationalError: table "
                "registered_model_tags already exists",
                "27a6a02d2cf1 trace left table model_version_tags",
                "27a6a02d2cf1 second-upgrade OperationalError: table "
                "model_version_tags already exists",
                "3500859a5d39 trace left table registered_model_aliases",
                *each(
                    "7f2a7d5fae7d trace left index",
                    "index_datasets_dataset_uuid "
                    "index_datasets_experiment_id_dataset_source_type "
                    "index_inputs_destination_type_destination_id_source_type "
                    "index_inputs_input_uuid",
                ),
                *each(
                    "7f2a7d5fae7d trace left table",
                    "datasets input_tags inputs",
                ),
                "7f2a7d5fae7d second-upgrade OperationalError: table "
                "datasets already exists",
                *each(
                    "867495a8f9d4 trace left index",
                    "index_trace_info_experiment_id_timestamp_ms "
                    "index_trace_request_metadata_request_id "
                    "index_trace_tags_request_id",
                ),
                *each(
                    "867495a8f9d4 trace left table",
                    "trace_info trace_request_metadata trace_tags",
                ),
                "867495a8f9d4 second-upgrade OperationalError: table "
                "trace_info already exists",
                "400f98739977 trace left index index_logged_model_metrics_"
                "model_id",
                *each(
                    "400f98739977 trace left table",
                    "logged_model_metrics logged_model_params "
                    "logged_model_tags logged_models",
                ),
                "400f98739977 second-upgrade OperationalError: table "
                "logged_models already exists",
            ),
        ),
        Finding(
            "downgrade() is `pass`: the columns stay, and the next upgrade "
            "adds them again",
            (
                "84291f40a231 trace left in table model_versions: run_link "
                "varchar(500)",
                "84291f40a231 second-upgrade OperationalError: duplicate "
                "column name: run_link",
                "0c779009ac13 trace left in table runs: deleted_time bigint",
                "0c779009ac13 second-upgrade OperationalError: duplicate "
                "column name: deleted_time",
                "97727af70f4d trace left in table experiments: creation_time "
                "bigint",
                "97727af70f4d trace left in table experiments: "
                "last_update_time bigint",
                "97727af70f4d second-upgrade OperationalError: duplicate "
                "column name: creation_time",
                "acf3f17fdcc7 trace left in table model_versions: "
                "storage_location varchar(500)",
                "acf3f17fdcc7 second-upgrade OperationalError: duplicate "
                "column name: storage_location",
                "6953534de441 trace left in table inputs: step bigint "
                "default '0' not null",
                "6953534de441 second-upgrade OperationalError: duplicate "
                "column name: step",
            ),
        ),
        Finding(
            "downgrade() is `pass`: the columns keep their new types, or may "
            "stay NULL",
            (
                "7ac759974ad8 trace lost in table tags: value varchar(250)",
                "7ac759974ad8 trace left in table tags: value varchar(5000)",
                "a8c4a736bde6 trace lost in table model_versions: run_id "
                "varchar(32)not null",
                "a8c4a736bde6 trace left in table model_versions: run_id "
                "varchar(32)",
                "cc1f77228345 trace lost in table params: value "
                "varchar(250)not null",
                "cc1f77228345 trace left in table params: value "
                "varchar(500)not null",
                "2d6e25af4d3e trace lost in table params: value "
                "varchar(500)not null",
                "2d6e25af4d3e trace left in table params: value "
                "varchar(8000)not null",
                "f5a4f2784254 trace lost in table tags: value varchar(5000)",
                "f5a4f2784254 trace left in table tags: value varchar(8000)",
                "bda7b8c39065 trace lost in table model_version_tags: value "
                "varchar(5000)",
                "bda7b8c39065 trace left in table model_version_tags: value "
                "text",
                "17e22815139b trace lost in table experiment_tags: value "
                "varchar(5000)",
                "17e22815139b trace left in table experiment_tags: value text",
            ),
        ),
        Finding(
            "downgrade() is `pass`, with a comment that one should take a "
            "backup: KILLED stays a status",
            (
                "cfd24bdc0731 trace lost in table runs: status varchar(20)",
                "cfd24bdc0731 trace lost in table runs: constraint status "
                "check(status in('SCHEDULED','FAILED','FINISHED','RUNNING'))",
                "cfd24bdc0731 trace left in table runs: status varchar(9)",
                "cfd24bdc0731 trace left in table runs: check(status "
                "in('SCHEDULED','FAILED','FINISHED','RUNNING','KILLED'))",
            ),
        ),
        Finding(
            "downgrade() is `pass`: both checks stay",
            (
                "39d1c3be5f05 trace left in table latest_metrics: "
                "check(is_nan in(0,1))",
                "39d1c3be5f05 trace left in table metrics: check(is_nan "
                "in(0,1))",
            ),
        ),
        Finding(
            "downgrade() is `pass`: the indexes stay, and the next upgrade "
            "makes them again",
            (
                *each(
                    "bd07f7e963c5 trace left index",
                    "index_latest_metrics_run_uuid index_metrics_run_uuid "
                    "index_params_run_uuid index_tags_run_uuid",
                ),
                "bd07f7e963c5 second-upgrade OperationalError: index "
                "index_params_run_uuid already exists",
            ),
        ),
        Finding(
            "downgrade() is `pass`: the foreign keys keep ON DELETE CASCADE",
            (
                "5b0e9adcef9c trace lost in table trace_request_metadata: "
                "constraint fk_trace_request_metadata_request_id foreign "
                "key(request_id)references trace_info(request_id)",
                "5b0e9adcef9c trace left in table trace_request_metadata: "
                "constraint fk_trace_request_metadata_request_id foreign "
                "key(request_id)references trace_info(request_id)on delete "
                "cascade",
                "5b0e9adcef9c trace lost in table trace_tags: constraint "
                "fk_trace_tags_request_id foreign key(request_id)references "
                "trace_info(request_id)",
                "5b0e9adcef9c trace left in table trace_tags: constraint "
                "fk_trace_tags_request_id foreign key(request_id)references "
                "trace_info(request_id)on delete cascade",
                "0584bdc529eb trace lost in table datasets: foreign "
                "key(experiment_id)references experiments(experiment_id)",
                "0584bdc529eb trace left in table datasets: constraint "
                "fk_datasets_experiment_id_experiments foreign "
                "key(experiment_id)references experiments(experiment_id)on "
                "delete cascade",
            ),
        ),
        Finding(
            "the downgrade copies the table spans in batch mode, and with it "
            "the generated column duration_ns, which nobody can insert",
            (
                'c8d9e0f1a2b3 downgrade OperationalError: cannot INSERT into '
                'generated column "duration_ns"',
            ),
        ),
        Finding(
            "the downgrade gives constraints names that had none, and "
            "forgets that names of registered models are unique beside the "
            "primary key",
            (
                "1b5f0d9ad7c1 trace lost in table experiments: unique(name)",
                "1b5f0d9ad7c1 trace left in table experiments: constraint "
                "uq_experiments_name unique(name)",
                "1b5f0d9ad7c1 trace lost in table model_version_tags: "
                "foreign key(name,version)references "
                "model_versions(name,version)on update cascade",
                "1b5f0d9ad7c1 trace left in table model_version_tags: "
                "constraint model_version_tags_mv_fkey foreign "
                "key(name,version)references model_versions(name,version)on "
                "update cascade",
                "1b5f0d9ad7c1 trace lost in table model_versions: foreign "
                "key(name)references registered_models(name)on update cascade",
                "1b5f0d9ad7c1 trace left in table model_versions: constraint "
                "model_versions_name_fkey foreign key(name)references "
                "registered_models(name)on update cascade",
                "1b5f0d9ad7c1 trace lost in table registered_model_tags: "
                "foreign key(name)references registered_models(name)on "
                "update cascade",
                "1b5f0d9ad7c1 trace left in table registered_model_tags: "
                "constraint registered_model_tags_name_fkey foreign "
                "key(name)references registered_models(name)on update cascade",
                "1b5f0d9ad7c1 trace lost in table registered_models: "
                "unique(name)",
            ),
        ),
        Finding(
            "the migration makes input_tags without the foreign key of the "
            "model",
            (
                "- drift add_fk input_tags.None (input_uuid)",
            ),
        ),
        Finding(
            "the migration makes these indexes, the models do not name them",
            (
                "- drift remove_index experiments.idx_experiments_workspace "
                "(workspace)",
                "- drift remove_index experiments.idx_experiments_workspace_"
                "creation_time (workspace,creation_time)",
                "- drift remove_index model_version_tags.idx_model_version_"
                "tags_workspace_name_version (workspace,name,version)",
                "- drift remove_index registered_model_tags.idx_registered_"
                "model_tags_workspace_name (workspace,name)",
                "- drift remove_index registered_models.idx_registered_"
                "models_workspace (workspace)",
            ),
        ),
        Finding(
            "the model names this index, no migration makes it",
            (
                "- drift add_index issues.index_issues_created_by "
                "(created_by)",
            ),
        ),
        Finding(
            "the models name no column for this index; the migration made it "
            "on request_id",
            (
                "- drift add_index trace_request_metadata.index_trace_"
                "request_metadata_request_id ()",
                "- drift add_index trace_tags.index_trace_tags_request_id ()",
                "- drift remove_index trace_request_metadata.index_trace_"
                "request_metadata_request_id (request_id)",
                "- drift remove_index trace_tags.index_trace_tags_request_id "
                "(request_id)",
            ),
        ),
        Finding(
            "20 characters in the migration, 50 in the model",
            (
                "- drift modify_type assessments.assessment_type: "
                "VARCHAR(length=20) -> String(length=50)",
            ),
        ),
        Finding(
            "cfd24bdc0731 makes an Enum of the column, as long as its "
            "longest value; the model says String(20)",
            (
                "- drift modify_type runs.status: VARCHAR(length=9) -> "
                "String(length=20)",
            ),
        ),
        Finding(
            "Alembic's own: model, migration and database agree, but it "
            "compares the text of the DESC with a reflection that has none",
            (
                "- drift add_index mcp_server_versions.idx_mcp_server_"
                "versions_latest (workspace,name,status,version_major "
                "DESC,version_minor DESC,version_patch DESC)",
                "- drift remove_index mcp_server_versions.idx_mcp_server_"
                "versions_latest (workspace,name,status,version_major,"
                "version_minor,version_patch)",
            ),
            harmless=True,
        ),
    ),
    checks={
        SINGLE_HEAD: passes(),
        UPGRADE: passes(),
        MODELS: fails(),
        UP_DOWN: fails(
            words(
                "451aebb31d03 df50e92ffc5e 728d730b5ebd 27a6a02d2cf1 "
                "84291f40a231 bd07f7e963c5 0c779009ac13 97727af70f4d "
                "7f2a7d5fae7d acf3f17fdcc7 867495a8f9d4 400f98739977 "
                "6953534de441 c8d9e0f1a2b3"
            ),
            "cannot INSERT into generated column",
            "duplicate column name: run_link",
        ),
        NO_TRACE: fails(
            words(
                "451aebb31d03 181f10493468 df50e92ffc5e 7ac759974ad8 "
                "cfd24bdc0731 728d730b5ebd 27a6a02d2cf1 84291f40a231 "
                "a8c4a736bde6 39d1c3be5f05 bd07f7e963c5 0c779009ac13 "
                "cc1f77228345 97727af70f4d 3500859a5d39 7f2a7d5fae7d "
                "2d6e25af4d3e acf3f17fdcc7 867495a8f9d4 5b0e9adcef9c "
                "f5a4f2784254 0584bdc529eb 400f98739977 6953534de441 "
                "bda7b8c39065 c8d9e0f1a2b3 1b5f0d9ad7c1 17e22815139b"
            ),
            "experiment_tags",
            "uq_experiments_name",
            "is_nan",
        ),
        REGISTERED: passes(),
    },
)

GLANCE = History(
    name="glance",
    lock="glance",
    production="glance.db",
    revisions=words(
        "liberty mitaka01 mitaka02 ocata_expand01 pike_expand01 "
        "queens_expand01 rocky_expand01 rocky_expand02 train_expand01 "
        "ussuri_expand01 wallaby_expand01 xena_expand01 yoga_expand01 "
        "zed_expand01 2023_1_expand01 2024_1_expand01 ocata_contract01 "
        "pike_contract01 queens_contract01 rocky_contract01 rocky_contract02 "
        "train_contract01 ussuri_contract01 wallaby_contract01 "
        "xena_contract01 yoga_contract01 zed_contract01 2023_1_contract01 "
        "2024_1_contract01"
    ),
    heads=("2024_1_contract01", "2024_1_expand01"),
    findings=(
        Finding(
            "glance does not support downgrades: no script has one",
            each_of(
                "liberty mitaka01 mitaka02 ocata_expand01 pike_expand01 "
                "queens_expand01 rocky_expand01 rocky_expand02 "
                "train_expand01 ussuri_expand01 wallaby_expand01 "
                "xena_expand01 yoga_expand01 zed_expand01 2023_1_expand01 "
                "2024_1_expand01 ocata_contract01 pike_contract01 "
                "queens_contract01 rocky_contract01 rocky_contract02 "
                "train_contract01 ussuri_contract01 wallaby_contract01 "
                "xena_contract01 yoga_contract01 zed_contract01 "
                "2023_1_contract01 2024_1_contract01",
                "no-downgrade no such function",
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

PREFECT = History(
    name="prefect",
    lock="prefect",
    production="prefect.db",
    revisions=words(
        "9725c1cbee35 619bea85701a 7c91cb86dc4e 28ae48128c75 4c4a6a138053 "
        "e1ff4973a9eb f327e877e423 c8ff35f94028 71a57ec351d1 7f5f335cace3 "
        "db6bde582447 fd966d4ad99c b75d279ba985 888a0bb0df7b 33439667aeea "
        "e73c6f1fe752 d76326ed0d06 f65b6ad0b869 84892301571a 2d900af9cd07 "
        "9e2a1c08c6f1 a205b458d997 dff8da7a6c2c 42762c37b7bc 3bd87ecdac38 "
        "e2dae764a603 061c7e518b40 638cbcc2a158 56be24fdb383 628a873f0d1a "
        "2fe8ef6a6514 f335f9633eec 88c2112b668f 905134444e17 24bb2e4a195c "
        "53c19b31aa09 296e2665785f 575634b7acd4 e757138e954a 22b7cb02e593 "
        "ad4b1b4d1e9d fa319f214160 3ced59d8806b af52717cf201 a0284438370e "
        "4f90ad6349bd 7201de756d85 fe77ad0dda06 bb38729c471a f92143d30c24 "
        "f92143d30c25 f92143d30c26 f92143d30c27 b9bda9f142f1 1678f2fb8b33 "
        "bfe42b7090d6 8d148e44e669 f3df94dca3cc cf1159bd0d3c 1d7441c031d0 "
        "b9aafc3ab936 422f8ba9541d 553920ec20e9 3e1eb8281d5e 340f457b315f "
        "3d46e23593d6 2dbcec43c857 5b0bd3b41a23 c2d001b7dd06 ef674d598dd3 "
        "8167af8df781 05ea6f882b1d f3165ae0a213 cef24af2ec34 22ef3915ccd8 "
        "9c493c02ca6d a299308852a7 35659cc49969 c63a0a6dc787 265eb1a2da4c "
        "342220764f0b bacc60edce16 07ed05dfd4ec 8644a9595a08 cc510aec4689 "
        "2b6c2b548f95 824e9edafa60 75c8f17b8b51 a8e62d4c72cf 20fbd53b3cef "
        "2ac65f1758c2 354f1ede7e9f f93e1439f022 7d6350aea855 4ad4658cbefe "
        "5952a5498b51 a49711513ad4 67f886da208e 07ecde74d74d 3457c6ca2360 "
        "bbca16f6f218 7655f31c5157 3c841a1800a1 bb2345678901 8bb517bae6f9 "
        "9e83011d1f2a a1b2c3d4e5f7 4dfa692e02a7 2095de406cbe 79e7a60e43d8 "
        "14806cb26270 f416ea180ae1 a3b9c7d2e5f1 8f5eda7c1dd7 27d8f4e1a6c9"
    ),
    heads=("27d8f4e1a6c9",),
    findings=(
        Finding(
            OTHER_ORDER,
            (
                "33439667aeea order other order of columns in table "
                "block_schema",
                "56be24fdb383 order other order of columns in table "
                "block_document",
                "2fe8ef6a6514 order other order of columns in table "
                "deployment",
                "2fe8ef6a6514 order other order of columns in table flow_run",
                "2ac65f1758c2 order other order of columns in table variable",
                "a49711513ad4 order other order of columns in table "
                "deployment",
                "a49711513ad4 order other order of columns in table "
                "deployment_schedule",
            ),
            harmless=True,
        ),
        Finding(
            "the same default, in one pair of parentheses more",
            (
                "575634b7acd4 trace lost in table work_queue: description "
                "varchar default '' not null",
                "575634b7acd4 trace left in table work_queue: description "
                "varchar default('')not null",
                "bfe42b7090d6 trace lost in table work_pool_queue: id "
                "char(36)default((lower(hex(randomblob(4)))|| '-' || "
                "lower(hex(randomblob(2)))|| '-4' || "
                "substr(lower(hex(randomblob(2))),2)|| '-' || "
                "substr('89ab',abs(random())% 4 + 1,1)|| "
                "substr(lower(hex(randomblob(2))),2)|| '-' || "
                "lower(hex(randomblob(6)))))not null",
                "bfe42b7090d6 trace left in table work_pool_queue: id "
                "char(36)default(((lower(hex(randomblob(4)))|| '-' || "
                "lower(hex(randomblob(2)))|| '-4' || "
                "substr(lower(hex(randomblob(2))),2)|| '-' || "
                "substr('89ab',abs(random())% 4 + 1,1)|| "
                "substr(lower(hex(randomblob(2))),2)|| '-' || "
                "lower(hex(randomblob(6))))))not null",
            ),
            harmless=True,
        ),
        Finding(
            FORGOT_UNIQUE,
            (
                "e1ff4973a9eb trace lost in index ix_block_data__name: "
                "create unique index ix_block_data__name on block(name)",
                "e1ff4973a9eb trace left in index ix_block_data__name: "
                "create index ix_block_data__name on block(name)",
                "b75d279ba985 trace lost in index uq_block__schema_id_name: "
                "create unique index uq_block__schema_id_name on "
                "block_document(block_schema_id,name)",
                "b75d279ba985 trace left in index uq_block__schema_id_name: "
                "create index uq_block__schema_id_name on "
                "block_document(block_schema_id,name)",
                "b75d279ba985 trace lost in index "
                "uq_block_schema__name_version: create unique index "
                "uq_block_schema__name_version on block_schema(name,version)",
                "b75d279ba985 trace left in index "
                "uq_block_schema__name_version: create index "
                "uq_block_schema__name_version on block_schema(name,version)",
                "f335f9633eec trace lost in index uq_block_type__name: "
                "create unique index uq_block_type__name on block_type(name)",
                "f335f9633eec trace left in index uq_block_type__name: "
                "create index uq_block_type__name on block_type(name)",
                "53c19b31aa09 trace lost in index ix_concurrency_limit__tag: "
                "create unique index ix_concurrency_limit__tag on "
                "concurrency_limit(tag)",
                "53c19b31aa09 trace left in index ix_concurrency_limit__tag: "
                "create index ix_concurrency_limit__tag on "
                "concurrency_limit(tag)",
                "e757138e954a trace lost in index uq_block_schema__checksum: "
                "create unique index uq_block_schema__checksum on "
                "block_schema(checksum)",
                "e757138e954a trace left in index uq_block_schema__checksum: "
                "create index uq_block_schema__checksum on "
                "block_schema(checksum)",
            ),
        ),
        Finding(
            "the downgrade adds columns again, or changes them back, that "
            "were NOT NULL and may now be NULL",
            (
                "c8ff35f94028 trace lost in table block: blockref varchar "
                "not null",
                "c8ff35f94028 trace left in table block: blockref varchar",
                "b75d279ba985 trace lost in table block_schema: name varchar "
                "not null",
                "b75d279ba985 trace lost in table block_schema: version "
                "varchar not null",
                "b75d279ba985 trace left in table block_schema: version "
                "varchar",
                "b75d279ba985 trace left in table block_schema: name varchar",
                "42762c37b7bc trace lost in table "
                "flow_run_notification_policy: name varchar not null",
                "42762c37b7bc trace left in table "
                "flow_run_notification_policy: name varchar",
                "bfe42b7090d6 trace lost in table work_queue: work_pool_id "
                "char(36)not null",
                "bfe42b7090d6 trace left in table work_queue: work_pool_id "
                "char(36)",
            ),
        ),
        Finding(
            "the downgrade makes the index again and forgets its WHERE",
            (
                "4f90ad6349bd trace lost in index "
                "ix_flow_run__scheduler_deployment_id_auto_scheduled_next_"
                "scheduled_start_time: create index "
                "ix_flow_run__scheduler_deployment_id_auto_scheduled_next_"
                "scheduled_start_time on flow_run(deployment_id,"
                "auto_scheduled,next_scheduled_start_time)where state_type = "
                "'SCHEDULED'",
                "4f90ad6349bd trace left in index "
                "ix_flow_run__scheduler_deployment_id_auto_scheduled_next_"
                "scheduled_start_time: create index "
                "ix_flow_run__scheduler_deployment_id_auto_scheduled_next_"
                "scheduled_start_time on flow_run(deployment_id,"
                "auto_scheduled,next_scheduled_start_time)",
            ),
        ),
        Finding(
            "the downgrade makes the index again and forgets its DESC",
            (
                "a49711513ad4 trace lost in index "
                "ix_artifact__key_created_desc: create index "
                "ix_artifact__key_created_desc on "
                "artifact_collection(key,created desc)",
                "a49711513ad4 trace left in index "
                "ix_artifact__key_created_desc: create index "
                "ix_artifact__key_created_desc on "
                "artifact_collection(key,created)",
            ),
        ),
        Finding(
            "batch mode leaves out indexes on expressions when it copies "
            "flow_run",
            (
                "7201de756d85 trace lost index ix_flow_run__coalesce_start_"
                "time_expected_start_time_asc",
                "7201de756d85 trace lost index ix_flow_run__coalesce_start_"
                "time_expected_start_time_desc",
                "7201de756d85 second-trace lost index "
                "ix_flow_run__coalesce_start_time_expected_start_time_asc",
                "7201de756d85 second-trace lost index "
                "ix_flow_run__coalesce_start_time_expected_start_time_desc",
                "fe77ad0dda06 trace lost index ix_flow_run__coalesce_start_"
                "time_expected_start_time_asc",
                "fe77ad0dda06 trace lost index ix_flow_run__coalesce_start_"
                "time_expected_start_time_desc",
            ),
        ),
        Finding(
            "batch mode copies a table to drop a column or to alter one, and "
            "what it reflects of an index has no DESC and no COLLATE",
            (
                "7f5f335cace3 trace lost in index "
                "ix_flow_run__end_time_desc: create index "
                "ix_flow_run__end_time_desc on flow_run(end_time desc)",
                "7f5f335cace3 trace left in index "
                "ix_flow_run__end_time_desc: create index "
                "ix_flow_run__end_time_desc on flow_run(end_time)",
                "7f5f335cace3 trace lost in index "
                "ix_flow_run__expected_start_time_desc: create index "
                "ix_flow_run__expected_start_time_desc on "
                "flow_run(expected_start_time desc)",
                "7f5f335cace3 trace left in index "
                "ix_flow_run__expected_start_time_desc: create index "
                "ix_flow_run__expected_start_time_desc on "
                "flow_run(expected_start_time)",
                "7f5f335cace3 trace lost in index "
                "ix_task_run__end_time_desc: create index "
                "ix_task_run__end_time_desc on task_run(end_time desc)",
                "7f5f335cace3 trace left in index "
                "ix_task_run__end_time_desc: create index "
                "ix_task_run__end_time_desc on task_run(end_time)",
                "7f5f335cace3 trace lost in index "
                "ix_task_run__expected_start_time_desc: create index "
                "ix_task_run__expected_start_time_desc on "
                "task_run(expected_start_time desc)",
                "7f5f335cace3 trace left in index "
                "ix_task_run__expected_start_time_desc: create index "
                "ix_task_run__expected_start_time_desc on "
                "task_run(expected_start_time)",
                "7f5f335cace3 second-trace lost in index "
                "ix_flow_run__end_time_desc: create index "
                "ix_flow_run__end_time_desc on flow_run(end_time desc)",
                "7f5f335cace3 second-trace left in index "
                "ix_flow_run__end_time_desc: create index "
                "ix_flow_run__end_time_desc on flow_run(end_time)",
                "7f5f335cace3 second-trace lost in index "
                "ix_flow_run__expected_start_time_desc: create index "
                "ix_flow_run__expected_start_time_desc on "
                "flow_run(expected_start_time desc)",
                "7f5f335cace3 second-trace left in index "
                "ix_flow_run__expected_start_time_desc: create index "
                "ix_flow_run__expected_start_time_desc on "
                "flow_run(expected_start_time)",
                "7f5f335cace3 second-trace lost in index "
                "ix_task_run__end_time_desc: create index "
                "ix_task_run__end_time_desc on task_run(end_time desc)",
                "7f5f335cace3 second-trace left in index "
                "ix_task_run__end_time_desc: create index "
                "ix_task_run__end_time_desc on task_run(end_time)",
                "7f5f335cace3 second-trace lost in index "
                "ix_task_run__expected_start_time_desc: create index "
                "ix_task_run__expected_start_time_desc on "
                "task_run(expected_start_time desc)",
                "7f5f335cace3 second-trace left in index "
                "ix_task_run__expected_start_time_desc: create index "
                "ix_task_run__expected_start_time_desc on "
                "task_run(expected_start_time)",
                "dff8da7a6c2c trace lost in index "
                "ix_block_type_name_case_insensitive: create index "
                "ix_block_type_name_case_insensitive on block_type(name "
                "collate nocase)",
                "dff8da7a6c2c trace left in index "
                "ix_block_type_name_case_insensitive: create index "
                "ix_block_type_name_case_insensitive on block_type(name)",
                "dff8da7a6c2c second-trace lost in index "
                "ix_block_type_name_case_insensitive: create index "
                "ix_block_type_name_case_insensitive on block_type(name "
                "collate nocase)",
                "dff8da7a6c2c second-trace left in index "
                "ix_block_type_name_case_insensitive: create index "
                "ix_block_type_name_case_insensitive on block_type(name)",
                "3bd87ecdac38 trace lost in index "
                "ix_deployment_name_case_insensitive: create index "
                "ix_deployment_name_case_insensitive on deployment(name "
                "collate nocase)",
                "3bd87ecdac38 trace left in index "
                "ix_deployment_name_case_insensitive: create index "
                "ix_deployment_name_case_insensitive on deployment(name)",
                "3bd87ecdac38 second-trace lost in index "
                "ix_deployment_name_case_insensitive: create index "
                "ix_deployment_name_case_insensitive on deployment(name "
                "collate nocase)",
                "3bd87ecdac38 second-trace left in index "
                "ix_deployment_name_case_insensitive: create index "
                "ix_deployment_name_case_insensitive on deployment(name)",
                "638cbcc2a158 trace lost in index "
                "ix_deployment_name_case_insensitive: create index "
                "ix_deployment_name_case_insensitive on deployment(name "
                "collate nocase)",
                "638cbcc2a158 trace left in index "
                "ix_deployment_name_case_insensitive: create index "
                "ix_deployment_name_case_insensitive on deployment(name)",
                "638cbcc2a158 trace lost in index "
                "ix_flow_run__end_time_desc: create index "
                "ix_flow_run__end_time_desc on flow_run(end_time desc)",
                "638cbcc2a158 trace left in index "
                "ix_flow_run__end_time_desc: create index "
                "ix_flow_run__end_time_desc on flow_run(end_time)",
                "638cbcc2a158 trace lost in index "
                "ix_flow_run__expected_start_time_desc: create index "
                "ix_flow_run__expected_start_time_desc on "
                "flow_run(expected_start_time desc)",
                "638cbcc2a158 trace left in index "
                "ix_flow_run__expected_start_time_desc: create index "
                "ix_flow_run__expected_start_time_desc on "
                "flow_run(expected_start_time)",
                "638cbcc2a158 trace lost in index "
                "ix_flow_run_name_case_insensitive: create index "
                "ix_flow_run_name_case_insensitive on flow_run(name collate "
                "nocase)",
                "638cbcc2a158 trace left in index "
                "ix_flow_run_name_case_insensitive: create index "
                "ix_flow_run_name_case_insensitive on flow_run(name)",
                "f335f9633eec trace lost in index "
                "ix_block_type_name_case_insensitive: create index "
                "ix_block_type_name_case_insensitive on block_type(name "
                "collate nocase)",
                "f335f9633eec trace left in index "
                "ix_block_type_name_case_insensitive: create index "
                "ix_block_type_name_case_insensitive on block_type(name)",
                "22b7cb02e593 trace lost in index "
                "ix_task_run__end_time_desc: create index "
                "ix_task_run__end_time_desc on task_run(end_time desc)",
                "22b7cb02e593 trace left in index "
                "ix_task_run__end_time_desc: create index "
                "ix_task_run__end_time_desc on task_run(end_time)",
                "22b7cb02e593 trace lost in index "
                "ix_task_run__expected_start_time_desc: create index "
                "ix_task_run__expected_start_time_desc on "
                "task_run(expected_start_time desc)",
                "22b7cb02e593 trace left in index "
                "ix_task_run__expected_start_time_desc: create index "
                "ix_task_run__expected_start_time_desc on "
                "task_run(expected_start_time)",
                "22b7cb02e593 trace lost in index "
                "ix_task_run_name_case_insensitive: create index "
                "ix_task_run_name_case_insensitive on task_run(name collate "
                "nocase)",
                "22b7cb02e593 trace left in index "
                "ix_task_run_name_case_insensitive: create index "
                "ix_task_run_name_case_insensitive on task_run(name)",
                "22b7cb02e593 second-trace lost in index "
                "ix_task_run__end_time_desc: create index "
                "ix_task_run__end_time_desc on task_run(end_time desc)",
                "22b7cb02e593 second-trace left in index "
                "ix_task_run__end_time_desc: create index "
                "ix_task_run__end_time_desc on task_run(end_time)",
                "22b7cb02e593 second-trace lost in index "
                "ix_task_run__expected_start_time_desc: create index "
                "ix_task_run__expected_start_time_desc on "
                "task_run(expected_start_time desc)",
                "22b7cb02e593 second-trace left in index "
                "ix_task_run__expected_start_time_desc: create index "
                "ix_task_run__expected_start_time_desc on "
                "task_run(expected_start_time)",
                "22b7cb02e593 second-trace lost in index "
                "ix_task_run_name_case_insensitive: create index "
                "ix_task_run_name_case_insensitive on task_run(name collate "
                "nocase)",
                "22b7cb02e593 second-trace left in index "
                "ix_task_run_name_case_insensitive: create index "
                "ix_task_run_name_case_insensitive on task_run(name)",
                "af52717cf201 trace lost in index "
                "ix_task_run__end_time_desc: create index "
                "ix_task_run__end_time_desc on task_run(end_time desc)",
                "af52717cf201 trace left in index "
                "ix_task_run__end_time_desc: create index "
                "ix_task_run__end_time_desc on task_run(end_time)",
                "af52717cf201 trace lost in index "
                "ix_task_run__expected_start_time_desc: create index "
                "ix_task_run__expected_start_time_desc on "
                "task_run(expected_start_time desc)",
                "af52717cf201 trace left in index "
                "ix_task_run__expected_start_time_desc: create index "
                "ix_task_run__expected_start_time_desc on "
                "task_run(expected_start_time)",
                "af52717cf201 trace lost in index "
                "ix_task_run_name_case_insensitive: create index "
                "ix_task_run_name_case_insensitive on task_run(name collate "
                "nocase)",
                "af52717cf201 trace left in index "
                "ix_task_run_name_case_insensitive: create index "
                "ix_task_run_name_case_insensitive on task_run(name)",
                "af52717cf201 second-trace lost in index "
                "ix_task_run__end_time_desc: create index "
                "ix_task_run__end_time_desc on task_run(end_time desc)",
                "af52717cf201 second-trace left in index "
                "ix_task_run__end_time_desc: create index "
                "ix_task_run__end_time_desc on task_run(end_time)",
                "af52717cf201 second-trace lost in index "
                "ix_task_run__expected_start_time_desc: create index "
                "ix_task_run__expected_start_time_desc on "
                "task_run(expected_start_time desc)",
                "af52717cf201 second-trace left in index "
                "ix_task_run__expected_start_time_desc: create index "
                "ix_task_run__expected_start_time_desc on "
                "task_run(expected_start_time)",
                "af52717cf201 second-trace lost in index "
                "ix_task_run_name_case_insensitive: create index "
                "ix_task_run_name_case_insensitive on task_run(name collate "
                "nocase)",
                "af52717cf201 second-trace left in index "
                "ix_task_run_name_case_insensitive: create index "
                "ix_task_run_name_case_insensitive on task_run(name)",
                "f92143d30c24 trace lost in index "
                "uq_flow_run_state__flow_run_id_timestamp_desc: create "
                "unique index uq_flow_run_state__flow_run_id_timestamp_desc "
                "on flow_run_state(flow_run_id,timestamp desc)",
                "f92143d30c24 trace left in index "
                "uq_flow_run_state__flow_run_id_timestamp_desc: create "
                "unique index uq_flow_run_state__flow_run_id_timestamp_desc "
                "on flow_run_state(flow_run_id,timestamp)",
                "f92143d30c24 trace lost in index "
                "uq_task_run_state__task_run_id_timestamp_desc: create "
                "unique index uq_task_run_state__task_run_id_timestamp_desc "
                "on task_run_state(task_run_id,timestamp desc)",
                "f92143d30c24 trace left in index "
                "uq_task_run_state__task_run_id_timestamp_desc: create "
                "unique index uq_task_run_state__task_run_id_timestamp_desc "
                "on task_run_state(task_run_id,timestamp)",
                "3e1eb8281d5e trace lost in index "
                "ix_artifact__key_created_desc: create index "
                "ix_artifact__key_created_desc on "
                "artifact_collection(key,created desc)",
                "3e1eb8281d5e trace left in index "
                "ix_artifact__key_created_desc: create index "
                "ix_artifact__key_created_desc on "
                "artifact_collection(key,created)",
                "3e1eb8281d5e second-trace lost in index "
                "ix_artifact__key_created_desc: create index "
                "ix_artifact__key_created_desc on "
                "artifact_collection(key,created desc)",
                "3e1eb8281d5e second-trace left in index "
                "ix_artifact__key_created_desc: create index "
                "ix_artifact__key_created_desc on "
                "artifact_collection(key,created)",
                "05ea6f882b1d trace lost in index "
                "ix_task_run__end_time_desc: create index "
                "ix_task_run__end_time_desc on task_run(end_time desc)",
                "05ea6f882b1d trace left in index "
                "ix_task_run__end_time_desc: create index "
                "ix_task_run__end_time_desc on task_run(end_time)",
                "05ea6f882b1d trace lost in index "
                "ix_task_run__expected_start_time_desc: create index "
                "ix_task_run__expected_start_time_desc on "
                "task_run(expected_start_time desc)",
                "05ea6f882b1d trace left in index "
                "ix_task_run__expected_start_time_desc: create index "
                "ix_task_run__expected_start_time_desc on "
                "task_run(expected_start_time)",
                "05ea6f882b1d trace lost in index "
                "ix_task_run_name_case_insensitive: create index "
                "ix_task_run_name_case_insensitive on task_run(name collate "
                "nocase)",
                "05ea6f882b1d trace left in index "
                "ix_task_run_name_case_insensitive: create index "
                "ix_task_run_name_case_insensitive on task_run(name)",
                "5952a5498b51 trace lost in index "
                "ix_flow_name_case_insensitive: create index "
                "ix_flow_name_case_insensitive on flow(name collate nocase)",
                "5952a5498b51 trace left in index "
                "ix_flow_name_case_insensitive: create index "
                "ix_flow_name_case_insensitive on flow(name)",
                "5952a5498b51 second-trace lost in index "
                "ix_flow_name_case_insensitive: create index "
                "ix_flow_name_case_insensitive on flow(name collate nocase)",
                "5952a5498b51 second-trace left in index "
                "ix_flow_name_case_insensitive: create index "
                "ix_flow_name_case_insensitive on flow(name)",
            ),
        ),
        Finding(
            "the downgrade adds the columns again without their foreign keys",
            (
                "f92143d30c27 trace lost in table artifact: constraint "
                "fk_artifact__flow_run_state_id__flow_run_state foreign "
                "key(flow_run_state_id)references flow_run_state(id)",
                "f92143d30c27 trace lost in table artifact: constraint "
                "fk_artifact__task_run_state_id__task_run_state foreign "
                "key(task_run_state_id)references task_run_state(id)",
            ),
        ),
        Finding(
            "the downgrade makes the foreign key again and forgets ON DELETE",
            (
                "f3df94dca3cc trace lost in table flow_run: constraint "
                "fk_flow_run__deployment_id__deployment foreign "
                "key(deployment_id)references deployment(id)on delete set "
                "null",
                "f3df94dca3cc trace left in table flow_run: constraint "
                "fk_flow_run__deployment_id__deployment foreign "
                "key(deployment_id)references deployment(id)",
            ),
        ),
        Finding(
            "the downgrade says TIMESTAMP for what was made as DATETIME",
            (
                "2b6c2b548f95 trace lost in table automation_bucket: "
                "triggered_at datetime not null",
                "2b6c2b548f95 trace left in table automation_bucket: "
                "triggered_at timestamp not null",
            ),
        ),
        Finding(
            "the downgrade makes the table again with another name for the "
            "foreign key, which an old migration that renamed the table had "
            "kept",
            (
                "7655f31c5157 trace lost in table "
                "flow_run_notification_policy: constraint "
                "fk_flow_run_alert_policy__block_document_id__block_document "
                "foreign key(block_document_id)references "
                "block_document(id)on delete cascade",
                "7655f31c5157 trace left in table "
                "flow_run_notification_policy: constraint "
                "fk_flow_run_notification_policy__block_document_id__block_"
                "document foreign key(block_document_id)references "
                "block_document(id)on delete cascade",
            ),
        ),
        Finding(
            "the models that ship know neither this table nor the column "
            "that refers to it",
            (
                "- drift remove_column deployment.version_id",
                "- drift remove_index deployment.ix_deployment__version_id "
                "(version_id)",
                "- drift remove_index deployment_version.ix_deployment_"
                "version__deployment_id (deployment_id)",
                "- drift remove_index deployment_version.ix_deployment_"
                "version__updated (updated)",
                "- drift remove_index deployment_version.ix_deployment_"
                "version__work_queue_id (work_queue_id)",
                "- drift remove_index deployment_version.ix_deployment_"
                "version__work_queue_name (work_queue_name)",
                "- drift remove_index deployment_version.uq_deployment_"
                "version__deployment__branch (deployment_id,branch)",
                "- drift remove_table deployment_version",
            ),
        ),
        Finding(
            "the model names other indexes than the migration that made the "
            "table",
            (
                "- drift add_index events.ix_events__event_occurred "
                "(event,occurred)",
                "- drift add_index events.ix_events__related_gin (related)",
                "- drift add_index events.ix_events__related_resource_ids_"
                "gin (related_resource_ids)",
                "- drift remove_index events.ix_events__event_related_"
                "occurred (event,related,occurred)",
                "- drift remove_index events.ix_events__related_resource_ids "
                "(related_resource_ids)",
            ),
        ),
        Finding(
            "SQLAlchemy 2.1 takes a Mapped[float] for Double, the migrations "
            "made FLOAT",
            (
                "- drift modify_type concurrency_limit_v2.avg_slot_occupancy_"
                "seconds: FLOAT() -> Double()",
                "- drift modify_type concurrency_limit_v2.slot_decay_per_"
                "second: FLOAT() -> Double()",
            ),
        ),
    ),
    checks={
        SINGLE_HEAD: passes(),
        UPGRADE: passes(),
        MODELS: fails(),
        UP_DOWN: passes(),
        NO_TRACE: fails(
            words(
                "e1ff4973a9eb c8ff35f94028 7f5f335cace3 b75d279ba985 "
                "dff8da7a6c2c 42762c37b7bc 3bd87ecdac38 638cbcc2a158 "
                "f335f9633eec 53c19b31aa09 e757138e954a 22b7cb02e593 "
                "af52717cf201 4f90ad6349bd 7201de756d85 fe77ad0dda06 "
                "f92143d30c24 f92143d30c27 bfe42b7090d6 f3df94dca3cc "
                "3e1eb8281d5e 05ea6f882b1d 2b6c2b548f95 5952a5498b51 "
                "a49711513ad4 7655f31c5157"
            ),
            "DESC",
            "COLLATE NOCASE",
        ),
        REGISTERED: passes(),
    },
)

FURTHER: tuple[History, ...] = (
    DAGSTER, NOVA, NOVA_API, DSTACK, MLFLOW, GLANCE, PREFECT,
)
