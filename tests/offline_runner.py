"""Run in a plain subprocess by the tests: builds programs of our own making and takes a few training steps.

Reads a JSON list of {"program": text, "input": shape, "output": shape} from standard input, writes a JSON list of
{"error": "" or the error, "behaviour": what tells the program's doings apart}.
"""

from __future__ import annotations

import hashlib
import json
import sys


def trial(text: str, shape: list[int], wanted: list[int]) -> dict[str, str]:
    import torch
    from torch import nn

    torch.manual_seed(0)
    space: dict = {"__name__": "program"}
    try:
        exec(compile(text, "program.py", "exec"), space)
        model = space["build_model"]()
        out = model(torch.randn(*shape))
        if list(out.shape) != wanted:
            return {"error": f"shape {list(out.shape)} instead of {wanted}"}
        optimizer, scheduler = space["build_optimizer"](model, 40)
        seen = [repr(model), repr(optimizer)]
        for step in range(40):
            if step < 3:
                optimizer.zero_grad()
                loss = nn.functional.cross_entropy(model(torch.randn(*shape)), torch.arange(shape[0]) % wanted[1])
                loss.backward()
                seen.append(f"{loss.item():.6f}")
                optimizer.step()
            if scheduler is not None:
                scheduler.step()
            seen.append(str([f"{group['lr']:.6g}" for group in optimizer.param_groups]))
        model.eval()
        if not torch.isfinite(model(torch.randn(*shape))).all():
            return {"error": "not finite"}
        return {"error": "", "behaviour": hashlib.sha256("\n".join(seen).encode()).hexdigest()}
    except Exception as e:
        return {"error": f"{type(e).__name__}: {e}"[:300]}


if __name__ == "__main__":
    json.dump([trial(job["program"], job["input"], job["output"]) for job in json.load(sys.stdin)], sys.stdout)
