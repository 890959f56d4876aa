"""What an elite's audit concludes: by the audit's passes, by fresh examples, and by the work of its training against the seed's."""

from __future__ import annotations

import asyncio
import math
import secrets
from dataclasses import replace
from pathlib import Path
from typing import TYPE_CHECKING

import numpy as np

from agents.audit import FOLLOWED, Auditor, Finding, Secrets, Told
from agents.blame import blamed
from agents.stopwatch import Reference, Stopwatch
from memory.fresh import binomial_tail
from memory.ledger import Ledger, LedgerError
from memory.numbers import number
from memory.records import Audit, Candidate, Evaluation
from sandbox.contract import SandboxError
from tasks import Data, ScoreError, Task

if TYPE_CHECKING:
    from tasks.made import Fresh

_UNTRAINED = 0.7  # of the error of chance: no untrained model gets below it by luck
_LUCK = 1e-6  # as unlikely as a validation score may be by the rate of fresh examples


class Inspector:
    """Asked by the Trainer for the audit of one measured candidate at a time. One instance serves one run."""

    def __init__(
        self,
        task: Task,
        data: Data,
        ledger: Ledger,
        folder: Path,
        auditor: Auditor,
        stopwatch: Stopwatch,
    ) -> None:
        self._task, self._data, self._ledger, self._folder = task, data, ledger, folder
        self._auditor, self._stopwatch = auditor, stopwatch
        self._reference: Reference | None = None
        self._first = asyncio.Lock()  # the seed is looked at again once, for however many
        self._secrets: Secrets | None = None
        self._fresh: Fresh | None = None

    async def inspect(self, child: Candidate, done: Evaluation) -> Audit:
        """What the audit of this evaluation finds. Raises SandboxError when a sandbox fails for good."""
        known = await self._known()
        try:
            told = await asyncio.to_thread(self._told, child)
            if isinstance(told, str):
                return Audit(done.key, child.id, told)
            finding = await self._auditor.audit(child.id, child.files, told, known)
            return await self._conclude(child, done, told, finding)
        except (SandboxError, OSError, LedgerError):
            raise
        except Exception as e:  # comes of what the candidate sent
            return Audit(done.key, child.id, blamed(e))

    async def _conclude(self, child: Candidate, done: Evaluation, told: Told, finding: Finding) -> Audit:
        audit = Audit(done.key, child.id, finding.fault, dict(finding.measured), finding.counted, finding.unproven)
        if audit.fault:
            return audit
        measured = audit.measured
        assert done.objectives is not None
        score = done.objectives[self._task.objectives[0].name]
        fault = self._untrained(finding, score, measured) or self._by_fresh(finding, score, measured)
        unproven = finding.unproven
        if not fault and finding.written is not None:
            if child.operator == "seed":
                self._reference = Reference(finding.written, told)
            async with self._first:
                reference = self._reference or await self._seed_again()
            if reference is not None:  # a seed that is not proven, where the task allows it, is no measure of others
                fault, unmeasured = await self._stopwatch.time(child, done, finding, told, reference, measured)
                unproven = unproven or unmeasured
        return replace(audit, fault=fault, measured=measured, unproven=unproven)

    # ---- what the training left, and what it could not know --------------------------------------------------------

    def _told(self, child: Candidate) -> Told | str:
        from safetensors.numpy import load_file

        folder = self._folder / child.id
        paths = {name: folder / f"{name}.safetensors" for name in ("weights", "val_predictions", "test_predictions")}
        if missing := [path.name for path in paths.values() if not path.exists()]:
            return f"{', '.join(missing)} of {child.id} cannot be found: there is nothing to audit"
        scores = {split: load_file(str(paths[f"{split}_predictions"]))["scores"] for split in ("val", "test")}
        return Told(load_file(str(paths["weights"])), scores)

    async def _known(self) -> Secrets:
        """Which examples are followed, and fresh ones; from a secret that the ledger keeps and no candidate sees."""
        if self._secrets is None:
            secret = self._ledger.meta().get("secret")
            if secret is None:
                secret = secrets.randbits(60)
                self._ledger.set_meta("secret", secret)
            self._fresh = await asyncio.to_thread(self._task.fresh, secret)
            rng = np.random.default_rng(secret)
            sizes = {split: len(labels) for split, labels in self._data.labels.items()}
            rows = {split: sorted(rng.permutation(n)[:FOLLOWED]) for split, n in sizes.items()}
            self._secrets = Secrets(rows, self._fresh.x if self._fresh else None)
        return self._secrets

    async def _seed_again(self) -> Reference | None:
        """The seed's lists, written down once more after a resume; None where it cannot be followed."""
        seed = self._ledger.known("seed")
        told = await asyncio.to_thread(self._told, seed)
        if isinstance(told, str):
            raise LedgerError(told)
        finding = await self._auditor.audit("seed", seed.files, told, await self._known())
        if finding.fault:
            raise LedgerError(f"the seed's audit does not hold any more: {finding.fault}")
        if finding.written is None:
            return None
        self._reference = Reference(finding.written, told)
        return self._reference

    # ---- scores ----------------------------------------------------------------------------------------------------

    def _untrained(self, finding: Finding, score: float, measured: dict[str, float]) -> str:
        """Why its model knows the task before it has learnt anything; empty when it does not."""
        if finding.untrained is None:
            return ""
        try:
            before = self._task.score(finding.untrained, self._data.labels["val"])
        except ScoreError as e:
            return f"the untrained model gives no scores: {e}"
        measured["untrained"] = before
        chance = self._task.chance(self._data.labels["val"])
        if before < _UNTRAINED * chance and before < (chance + score) / 2:
            return (
                f"the untrained model is much better than chance already: {number(before)}, chance is {number(chance)}"
            )
        return ""

    def _by_fresh(self, finding: Finding, score: float, measured: dict[str, float]) -> str:
        """Why the validation score is not that of fresh examples of the same source; empty when it may be."""
        if self._fresh is None or finding.fresh is None:
            return ""
        labels = self._fresh.y[: len(finding.fresh)]
        try:
            losses = self._task.losses(finding.fresh, labels)
        except ScoreError as e:
            return f"fresh examples: {e}"
        fresh, error = float(losses.mean()), float(losses.std() / math.sqrt(len(losses)))
        measured |= {"fresh": fresh, "fresh_n": float(len(losses)), "fresh_se": error}
        count = len(self._data.labels["val"])
        if self._task.metric == "error_percent":
            wrong = round(score * count / 100)
            luck = binomial_tail(wrong, count, (fresh - 2 * error) / 100)
        else:
            luck = 0.0 if score < fresh - 5 * (error + float(losses.std()) / math.sqrt(count)) else 1.0
        if luck >= _LUCK:
            return ""
        return (
            f"it is far worse on {len(losses):,} fresh examples than on validation: {number(fresh)} against {number(score)}; "
            "what it has learnt of the validation set it has not learnt from the training set"
        )
