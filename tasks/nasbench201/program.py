"""A cell of NAS-Bench-201: an operation on each of its six edges. It is read as text: a name with plain values, and nothing else."""

# what each edge may hold
OPERATIONS = ("none", "skip_connect", "nor_conv_1x1", "nor_conv_3x3", "avg_pool_3x3")


# EVOLVE-BLOCK-START cell
CELL = [
    "skip_connect",  # from node 0 to node 1
    "skip_connect",  # from 0 to 2
    "skip_connect",  # from 1 to 2
    "skip_connect",  # from 0 to 3
    "skip_connect",  # from 1 to 3
    "skip_connect",  # from 2 to 3
]
# EVOLVE-BLOCK-END
