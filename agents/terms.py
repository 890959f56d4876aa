"""What an author is told of how a program is measured: the budget of a training, the race, and what is measured from outside."""

from __future__ import annotations

from agents.settings import Racing
from memory.numbers import bare, number
from tasks import Fidelity, Task

_MEASURED = {
    "params": "`params` from the stored weights, buffers too but for running statistics",
    "flops": "`flops` of one example in a pass without the program's code",
    "latency_ms": "`latency_ms` of one example likewise, on a machine with nothing else to do",
}


def terms(task: Task, fidelity: Fidelity | None, racing: Racing | None, least: int) -> str:
    """A few sentences; `least` is how often a program that leads is trained, see `tasks.Task.least`.

    `fidelity` is that of the run, `racing` None where nothing is raced; of a table task neither is looked at.
    """
    again = f"Who leads is measured {least} times, with other seeds, and the mean counts." if least > 1 else ""
    if task.is_table or fidelity is None:
        names = ", ".join(f"`{o.name}`" for o in task.objectives)
        said = ["Nothing is trained: the task's own evaluator reads the program's text and gives", f"{names}.", again]
    else:
        said = [_budget(fidelity), _race(task, fidelity, racing), again, _measured(task)]
    return " ".join(sentence for sentence in said if sentence)


def _budget(fidelity: Fidelity) -> str:
    settings = dict(fidelity.settings)
    steps, batch, every = settings.pop("steps", None), settings.pop("batch", None), settings.pop("every", None)
    parts = [
        f"{number(steps)} steps" if steps else "",
        f"batches of {batch}" if batch else "",
        f"a look at the validation set every {every} steps" if every else "",
        *(f"{name} {value}" for name, value in settings.items()),
        f"at most {bare(fidelity.timeout_s)} s of processor time",
        f"{number(fidelity.memory_mb)} MB of memory",
    ]
    return f"A training: {', '.join(part for part in parts if part)}."


def _race(task: Task, fidelity: Fidelity, racing: Racing | None) -> str:
    if racing is None or not racing.rungs:
        return ""
    metric = task.objectives[0]
    at = " and ".join(number(round(share * int(fidelity.settings["steps"]))) for share in racing.rungs)
    margin = racing.margin * task.noise.get(metric.name, 0.0)
    by = f", by more than {bare(margin)}," if margin else ""
    return (
        f"It is stopped at step {at} if its `{metric.name}` is worse there{by} than that of the better {bare(100 * racing.keep)} % of the "
        "earlier programs that have no more parameters."
    )


def _measured(task: Task) -> str:
    first, *others = task.objectives
    parts = [f"`{first.name}` by its last predictions", *(_MEASURED.get(o.name, f"`{o.name}`") for o in others)]
    return f"All is measured from outside: {'; '.join(parts)}."
