"""Operations that go by the numbers of their inputs, not by shapes alone. Read by the host too, where there is no torch."""

# whose result leaves the world of tensors, so that the code could go another way for another input
LOOKS = ("aten._local_scalar_dense", "aten.is_nonzero", "aten.equal", "aten.item")
# that make as many rows as their input's values say
SHAPED = ("aten.nonzero", "aten.masked_select", "aten._unique", "aten.unique", "aten.repeat_interleave.Tensor")
