"""Run in a plain subprocess by the tests: builds programs of our own making and takes two training steps.

Reads a JSON list of {"program": text, "input": shape, "output": shape} from standard input,
writes a JSON list of "" or the error.
"""

from __future__ import annotations

import json
import sys


def trial(text: str, shape: list[int], wanted: list[int]) -> str:
    import torch

    torch.manual_seed(0)
    space: dict = {"__name__": "program"}
    try:
        exec(compile(text, "program.py", "exec"), space)
        model = space["build_model"]()
        out = model(torch.randn(*shape))
        if list(out.shape) != wanted:
            return f"shape {list(out.shape)} instead of {wanted}"
        optimizer, scheduler = space["build_optimizer"](model, 40)
        for _ in range(2):
            optimizer.zero_grad()
            loss = torch.nn.functional.cross_entropy(model(torch.randn(*shape)), torch.arange(shape[0]) % wanted[1])
            loss.backward()
            optimizer.step()
            if scheduler is not None:
                scheduler.step()
        model.eval()
        return "" if torch.isfinite(model(torch.randn(*shape))).all() else "not finite"
    except Exception as e:
        return f"{type(e).__name__}: {e}"[:300]


if __name__ == "__main__":
    json.dump([trial(job["program"], job["input"], job["output"]) for job in json.load(sys.stdin)], sys.stdout)
