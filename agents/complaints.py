"""What an author is told of an answer that was not accepted."""

from __future__ import annotations

from agents.prompts import render
from agents.quote import block
from memory.numbers import bare
from memory.records import Evaluation

_POINTS = 10  # most points of a curve that are told

_ADVICE = {
    "unparsable": "Keep exactly to the form of the answer.",
    "unchanged": "Make a change that alters what the built model or its optimiser does.",
    "duplicate": "That program was tried before. Make a different change, of another kind.",
    "syntax": "Mend the error and check that every bracket and string is closed.",
    "contract": "Keep the names and the imports that the rules name, and make sure that the changed code is used.",
    "shape": "Follow the tensor shapes from the input to the output, and mend the layer that does not fit.",
    "nan": "Make the change numerically safe: smaller steps, a normalisation, or a bounded activation.",
    "memory": "Use much less memory.",
    "timeout": "Make it much faster: one training step must cost about what it costs the parent.",
    "crash": "Mend the error.",
    "refused": "Do without files, network and processes.",
}
_IN_TRAINING = {
    "contract": "It passed its check: look for what only a whole training brings about, such as state that changes from step to step.",
    "shape": "It passed its check: look for sizes that change while it trains, or in the last batch of a prediction.",
    "nan": "Its first step was sound and it diverged later: lower the learning rate or warm it up, clip the gradient, normalise, or bound "
    "what can grow.",
    "memory": "One step fitted, the training did not: keep nothing from step to step, and use much less memory.",
    "timeout": "The check passed and the whole training took too long: one training step must cost about what it costs the parent.",
    "crash": "It passed its check: look for what happens only later, such as a schedule that is stepped past its end.",
}


def complaint(failure: str, message: str, trained: bool) -> str:
    """The user's message that asks for a better answer; `trained` says that it failed in training, not before."""
    advice = (_IN_TRAINING if trained else {}).get(failure) or _ADVICE.get(failure, "Mend the error.")
    return render("repair", failure=failure, message=block(message, "text"), advice=advice)


def of_training(outcome: Evaluation) -> str:
    """Why a training failed, and its curve until then."""
    points = outcome.curve
    if len(points) > _POINTS:  # evenly, the last one among them
        points = tuple(points[(n + 1) * len(points) // _POINTS - 1] for n in range(_POINTS))
    lines = [
        f"step {bare(point['step'])}: score {bare(point['score'])}"
        + (f", training loss {bare(point['train_loss'])}" if "train_loss" in point else "")
        for point in points
    ]
    until = ["", "Its training until then, with the score on the validation split:", *lines] if lines else []
    return "\n".join([outcome.message, *until])
