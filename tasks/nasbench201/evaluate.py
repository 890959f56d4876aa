"""NAS-Bench-201 (Dong and Yang 2020) from a table that the user names; parameters and operations are worked out, as the table has none.

The table is a CSV file with a row for each architecture and these columns of each data set, accuracies in percent: `c10_val_12`,
validation after 12 epochs, and `c10_test_200`, test after 200; `c100_` and `in16_` likewise.
"""

from __future__ import annotations

import csv
from collections.abc import Mapping
from pathlib import Path
from typing import Any, NamedTuple

from tasks import ScoreError, TaskError, literal

OPERATIONS = ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3")
SETS = {
    "cifar10": ("c10", 10, 32),
    "cifar100": ("c100", 100, 32),
    "imagenet16": ("in16", 120, 16),
}  # columns, classes, pixels a side
CURE = "name a table with --set data.source=FILE.csv (`evolve task check`: --data source=FILE.csv); see docs/tasks.md"


class Benchmark(NamedTuple):
    """What was measured of each architecture on one data set."""

    accuracies: dict[str, tuple[float, float]]  # architecture -> validation after 12 epochs, test after 200, in percent
    classes: int
    pixels: int
    name: str


def prepare(options: Mapping[str, Any]) -> Benchmark:
    """The table. Raises TaskError when it is not there or is another one."""
    if (chosen := options["dataset"]) not in SETS:
        raise TaskError(f"data.dataset: expected one of {', '.join(SETS)}; got {chosen!r}")
    columns, classes, pixels = SETS[chosen]
    wanted = ("arch_str", f"{columns}_val_12", f"{columns}_test_200")
    if not options["source"]:
        raise TaskError(f"nasbench201 needs its table: {CURE}")
    source = Path(options["source"])
    try:
        with source.open(encoding="utf-8", newline="") as file:
            reader = csv.DictReader(file)
            if missing := [name for name in wanted if name not in (reader.fieldnames or ())]:
                raise TaskError(f"{source}: expected the columns {', '.join(wanted)}; missing: {', '.join(missing)}")
            found = {row[wanted[0]]: (float(row[wanted[1]]), float(row[wanted[2]])) for row in reader}
    except (OSError, UnicodeDecodeError, TypeError, ValueError, csv.Error) as e:
        raise TaskError(f"{source}: no table there ({getattr(e, 'strerror', None) or e}); {CURE}") from e
    return Benchmark(found, classes, pixels, f"NAS-Bench-201, {chosen}: {len(found):,} architectures of {source.name}")


def note(benchmark: Benchmark) -> str:
    """Which table this is."""
    return benchmark.name


def evaluate(files: Mapping[str, str], benchmark: Benchmark, seed: int) -> dict[str, float]:
    """Validation error after 12 epochs, trained numbers and multiply-adds of one image. The seed has no say."""
    cell = read(files)
    validation, _ = looked_up(cell, benchmark)
    return {"val_error": 100.0 - validation, "params": params(cell, benchmark), "flops": flops(cell, benchmark)}


def test(files: Mapping[str, str], benchmark: Benchmark) -> float:
    """Test error after 200 epochs."""
    return 100.0 - looked_up(read(files), benchmark)[1]


def read(files: Mapping[str, str]) -> list[str]:
    """The six operations. Raises ScoreError."""
    cell = literal(files, "CELL")
    if not isinstance(cell, list) or len(cell) != 6 or any(one not in OPERATIONS for one in cell):
        raise ScoreError("contract", f"CELL must be a list of six of {', '.join(OPERATIONS)}; got {cell!r:.200}")
    return cell


def architecture(cell: list[str]) -> str:
    """As the benchmark writes it: the edges into each node, with the node that they come from."""
    edges = iter(cell)
    return "+".join("".join(f"|{next(edges)}~{source}" for source in range(node)) + "|" for node in (1, 2, 3))


def looked_up(cell: list[str], benchmark: Benchmark) -> tuple[float, float]:
    """Validation and test accuracy. Raises ScoreError for a cell that the table lacks: a sample of it may be in use."""
    name = architecture(cell)
    if name not in benchmark.accuracies:
        raise ScoreError("contract", f"the table has no row for {name}")
    return benchmark.accuracies[name]


def params(cell: list[str], benchmark: Benchmark) -> float:
    """Trained numbers of the whole network: 73,306 with ten classes and empty cells, 1,531,546 with 3x3 convolutions everywhere."""
    taken = {"nor_conv_1x1": sum(5 * (c * c + 2 * c) for c in (16, 32, 64))}
    taken["nor_conv_3x3"] = sum(5 * (9 * c * c + 2 * c) for c in (16, 32, 64))
    halving = sum(9 * c * 2 * c + 9 * 4 * c * c + 2 * c * c + 8 * c for c in (16, 32))
    around = 9 * 3 * 16 + 32 + halving + 128 + 65 * benchmark.classes
    return float(around + sum(taken.get(one, 0) for one in cell))


def flops(cell: list[str], benchmark: Benchmark) -> float:
    """Multiply-adds of convolutions and the linear layer for one image; pooling and normalisation are not counted."""
    area = benchmark.pixels**2
    one = (
        15 * 256 * area
    )  # a 1x1 convolution at each place of each cell: width squared times area is the same in all stages
    around = 9 * 3 * 16 * area + 2 * (18 * 256 + 36 * 256 + 2 * 256) * area // 4 + 64 * benchmark.classes
    return float(around + one * (9 * cell.count("nor_conv_3x3") + cell.count("nor_conv_1x1")))
