"""Who thinks: Architect (mutation), Breeder (crossover), Critic (reflection on measured steps) and Trainer (screening and training).

`agents.contract` states what the graph knows of them; prompts and personas are files beside this one.
"""
