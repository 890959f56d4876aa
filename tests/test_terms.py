"""An author is told in a few sentences how its program will be measured."""

from __future__ import annotations

from agents.settings import Racing
from agents.terms import terms
from tasks import load_task


def test_a_training_is_told_with_its_budget_its_race_and_what_is_measured() -> None:
    task = load_task("mnist1d")
    assert terms(task, task.fidelities["quick"], Racing(), 3) == (
        "A training: 1000 steps, batches of 128, a look at the validation set every 100 steps, at most 60 s of processor time, "
        "2048 MB of memory. "
        "It is stopped at step 100 and 300 if its `val_error` is worse there, by more than 4.3, than that of the better 50 % of the "
        "earlier programs that have no more parameters. "
        "Who leads is measured 3 times, with other seeds, and the mean counts. "
        "All is measured from outside: `val_error` by its last predictions; `params` from the stored weights, buffers too but for "
        "running statistics."
    )


def test_settings_of_the_tasks_own_are_told_and_no_race_where_none_is_run() -> None:
    task = load_task("cifar10")
    told = terms(task, task.fidelities["fast"], Racing(rungs=()), 1)
    assert "9450 steps, batches of 256" in told
    assert "recipe fast" in told
    assert "at most 3600 s" in told
    assert "stopped" not in told
    assert "Who leads" not in told
    assert told == terms(task, task.fidelities["fast"], None, 1)


def test_of_a_table_task_the_evaluator_measures() -> None:
    assert terms(load_task("nk"), None, Racing(), 1) == (
        "Nothing is trained: the task's own evaluator reads the program's text and gives `val_loss`, `cost`."
    )
