"""Is the history as a whole sound?"""

from __future__ import annotations

from migtestkit.assertions.history import nothing_compared
from migtestkit.checks.base import ReadyChecks
from migtestkit.config.ignoring import MODELS, SCHEMA
from migtestkit.context.registration import unregistered_models
from migtestkit.context.there_and_back import walk_traces, walk_up_down_up
from migtestkit.context.walks import walk_upgrades

__unittest = True


class HistoryChecks(ReadyChecks):
    """Six tests over the whole history, each on a throw-away database of its
    own.

    Every test collects all failing revisions and raises one
    ``AssertionError`` that names each with its file. A test that could
    compare nothing is skipped with the reason.
    """

    def test_single_head_revision(self) -> None:
        """The history has one head, or one for each branch label, so that
        ``alembic upgrade head``, or ``label@head``, has one meaning."""
        self._skip_empty()
        self.assertSingleHead(per_label=True)

    def test_upgrade(self) -> None:
        """Every revision can be applied: in one run of env.py, as in
        production, and each in a run of its own."""
        self._skip_empty()
        self.conclude_walk(
            walk_upgrades(self.migrations, self._scope()),
            "these revisions cannot be applied",
            "no revision could be applied",
        )

    def test_model_definitions_match_ddl(self) -> None:
        """At heads, Alembic's autogenerate finds nothing to do."""
        rules = self._ignored((), MODELS)
        with self._clean_context() as context:
            comparisons = self.compare_at_heads(context, None, rules)
        self.refute_drift(comparisons)
        reason = nothing_compared(comparisons)
        if reason and any(one.says_something for one in comparisons):
            self.name_untested(
                "database",
                {
                    str(one.database): "env.py gives it no target_metadata"
                    for one in comparisons
                    if not one.has_metadata
                },
            )
        elif reason:
            self.skipTest(reason)
        rules.refuse_stale()

    def test_up_down_consistency(self) -> None:
        """Every revision can be applied, reverted and applied again."""
        self._skip_empty()
        self.conclude_walk(
            walk_up_down_up(self.migrations, self._scope()),
            "these revisions do not survive upgrade, downgrade, upgrade",
            "no downgrade was tested",
        )

    def test_downgrade_leaves_no_trace(self) -> None:
        """After each revision's upgrade and downgrade the schema is what it
        was before."""
        self._skip_empty()
        rules = self._ignored((), SCHEMA)
        self.conclude_walk(
            walk_traces(self.migrations, rules, self._scope()),
            "these revisions do not restore the schema",
            "no downgrade was tested",
        )
        if self._scope().judged is None:
            rules.refuse_stale()

    def test_all_models_register_on_metadata(self) -> None:
        """Every model of ``model_package`` is in the metadata that env.py
        compares with, in a process that imported nothing else."""
        if self.migrations.config.model_package is None:
            self.skipTest(
                "model_package is not set; name the package that holds the "
                "models, such as model_package = 'shop.models'"
            )
        missing = unregistered_models(self.migrations)
        if missing:
            self._refute(
                None,
                "env.py does not import these models, so autogenerate does "
                "not see them\n" + "\n".join(f"  {one}" for one in missing),
            )
