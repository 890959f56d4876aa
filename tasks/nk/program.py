"""A cell of twelve places with an operation in each. It is read as text: names with plain values, and nothing else."""

# what each place may hold
OPERATIONS = ("none", "skip", "pool", "conv1", "conv3")


# EVOLVE-BLOCK-START stem
STEM = [
    "skip",
    "skip",
    "skip",
    "skip",
]
# EVOLVE-BLOCK-END


# EVOLVE-BLOCK-START middle
MIDDLE = [
    "skip",
    "skip",
    "skip",
    "skip",
]
# EVOLVE-BLOCK-END


# EVOLVE-BLOCK-START top
TOP = [
    "skip",
    "skip",
    "skip",
    "skip",
]
# EVOLVE-BLOCK-END
