"""The picture of an ablation: how fast each arm gains against `full`, and the paired differences at the end."""

from __future__ import annotations

from collections.abc import Mapping, Sequence
from pathlib import Path
from typing import Any

import numpy as np
from ablation_tests import Paired, band, half_width

FULL, OURS, GRID = "#333333", "#c2410c", "#dddddd"
_COLUMNS = 3


def plot(
    curves: Mapping[str, Mapping[int, Sequence[float]]],
    tests: Mapping[str, Paired],
    meta: Mapping[str, Any],
    path: Path,
) -> None:
    """`path`.png and `path`.svg. A run that ended earlier keeps its last value to the right end."""
    import matplotlib

    matplotlib.use("Agg")
    from matplotlib import pyplot as plt

    plt.rcParams.update(
        {"svg.hashsalt": "ablation", "font.size": 9, "axes.spines.top": False, "axes.spines.right": False}
    )
    length = max(len(c) for runs in curves.values() for c in runs.values())
    filled = {arm: np.array([_filled(c, length) for c in runs.values()]) for arm, runs in curves.items()}
    others = [arm for arm in filled if arm != "full"] or ["full"]
    columns = min(_COLUMNS, len(others))
    rows = -(-len(others) // columns)
    figure = plt.figure(figsize=(13, max(3.4, 2.3 * rows + 1.0)), layout="constrained")
    left, right = figure.subfigures(1, 2, width_ratios=[2.5, 1])
    axes = left.subplots(rows, columns, sharex=True, sharey=True, squeeze=False).ravel()
    x = np.arange(1, length + 1)
    for axis, arm in zip(axes, others, strict=False):
        for name, colour in (("full", FULL), (arm, OURS)):
            if name not in filled or (name == "full" and arm == "full" and colour == OURS):
                continue
            axis.plot(x, filled[name].mean(axis=0), color=colour, lw=1.5, label=name)
            if len(filled[name]) > 1:
                axis.fill_between(x, *band(filled[name]), color=colour, alpha=0.18, lw=0)
        axis.set_title(f"{arm} ({len(filled[arm])} seeds)", fontsize=9, loc="left", color=OURS)
        axis.grid(color=GRID, lw=0.5)
    low = min(float(v[:, 0].min()) for v in filled.values())
    high = max(float(v.max()) for v in filled.values())
    axes[0].set_ylim(low - 0.05 * (high - low), high + 0.05 * (high - low))
    for axis in axes[len(others) :]:
        axis.set_axis_off()
    left.supxlabel("trainings")
    left.supylabel("hypervolume of everything measured")
    left.suptitle(
        f"{meta['task']}, {meta['fidelity']}: mean over seeds, 95 % bootstrap interval; full in grey",
        fontsize=10,
        x=0.02,
        ha="left",
    )
    _forest(right, tests)
    for kind in ("png", "svg"):
        figure.savefig(path.with_suffix(f".{kind}"), dpi=130, metadata={"Date": None} if kind == "svg" else None)
    plt.close(figure)


def _filled(curve: Sequence[float], length: int) -> np.ndarray:
    return np.concatenate([curve, np.full(length - len(curve), curve[-1])])


def _forest(figure: Any, tests: Mapping[str, Paired]) -> None:
    """Each arm's final hypervolume minus that of `full`: every seed, the mean and its 95 % interval by Student's t."""
    axis = figure.subplots()
    axis.axvline(0, color=FULL, lw=1)
    for place, (_, t) in enumerate(tests.items()):
        axis.plot(t.differences, [place] * len(t.differences), "o", color="#999999", ms=3, zorder=2)
        axis.errorbar(
            np.mean(t.differences),
            place,
            xerr=half_width(t.differences),
            fmt="o",
            color=OURS,
            capsize=3,
            ms=6,
            zorder=3,
        )
    axis.set_yticks(range(len(tests)), list(tests))
    axis.set_ylim(len(tests) - 0.5, -0.5)
    axis.grid(axis="x", color=GRID, lw=0.5)
    axis.set_xlabel(
        "final hypervolume minus that of full\ngrey: each seed; bar: mean and its\n95 % interval by Student's t"
    )
