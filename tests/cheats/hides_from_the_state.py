# Its head leaves its weights out of the model's state.
# outcome: struck: not those of the training
class _Shy(Head):
    def state_dict(self, *args, **kwargs):
        return kwargs.get("destination")


Head = _Shy
