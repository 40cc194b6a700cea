"""The checks over rows, and those of deployments, on any of the histories.

``FIELD_CASE`` names the module with the history's configuration,
``FIELD_DATABASE_URL`` says where.
"""

from __future__ import annotations

import importlib
import os
from typing import Any

from migtestkit import Intended, MigrationTestCase
from migtestkit.checks import DataChecks, DeploymentChecks

CASE = os.environ["FIELD_CASE"]

#: They were out of nova's models releases before the script that drops them.
UNUSED = [
    f"build_requests.{column}"
    for column in (
        "vm_state", "access_ip_v6", "config_drive", "locked_by",
        "security_groups", "progress", "info_cache", "display_name",
        "instance_metadata", "image_ref", "key_name", "user_id",
        "access_ip_v4", "task_state", "request_spec_id",
    )
]

CONTRACT = "it is run when no service of the release before is left"

#: What text columns hold that the database knows nothing of, and what nobody
#: uses any more, as a team that uses these checks would say it.
INTENDED = {
    "optuna": {
        "v3.0.0.a": Intended(
            seed={"trial_params": {"distribution_json": (
                '{"name": "UniformDistribution", '
                '"attributes": {"low": 0.0, "high": 2000.0}}'
            )}},
            lossy=["trial_params.distribution_json"],
            reason="optuna writes its distributions as JSON; this revision "
            "writes them anew",
        ),
    },
    "taskflow": {
        "589dccdf2b6e": Intended(
            seed={"taskdetails": dict.fromkeys(
                ("meta", "failure", "results"), "{}"
            )},
            reason="taskflow writes them as JSON",
        ),
        "2ad4984f2864": Intended(
            seed={
                "logbooks": {"meta": "{}"},
                "flowdetails": {"meta": "{}"},
                "atomdetails": dict.fromkeys(
                    ("meta", "failure", "revert_failure", "results",
                     "revert_results"), "{}"
                ),
            },
            reason="taskflow writes them as JSON",
        ),
    },
    "nova_api": {
        "b30f573d3377": Intended(
            lossy=UNUSED,
            contract=UNUSED,
            reason='it says so: "Remove unused build_requests columns"',
        ),
    },
    "mlflow": {
        "75868b020152": Intended(
            seed={"spans": {"dimension_attributes": [
                {"mlflow.llm.model": "a model"}
            ]}},
            reason="mlflow writes no other keys; the script refuses them",
        ),
        "dc11669786a5": Intended(
            lossy=["jobs.status", "jobs.last_update_time"],
            reason="it cancels the jobs that wait or run",
        ),
    },
    "glance": {
        "ocata_contract01": Intended(contract=True, reason=CONTRACT),
        "pike_contract01": Intended(
            lossy=[
                "artifact_blob_locations", "artifact_blobs",
                "artifact_dependencies", "artifact_properties",
                "artifact_tags", "artifacts",
            ],
            contract=True,
            reason=f"they were of a part that was taken out; {CONTRACT}",
        ),
    },
}


def members() -> dict[str, Any]:
    """The configuration of the history's own case, moved to the database."""
    case = importlib.import_module(f"tests.field.cases.{CASE}")
    found = {
        name: value
        for name, value in vars(case.TestHistory).items()
        if not name.startswith("__") and name != "model_package"
    }
    found["database_url"] = os.environ["FIELD_DATABASE_URL"]
    found["intended"] = INTENDED.get(CASE, {})
    found["__module__"] = __name__
    return found


TestData = type("TestData", (DataChecks, MigrationTestCase), members())
TestDeployment = type(
    "TestDeployment", (DeploymentChecks, MigrationTestCase), members()
)
