"""What runs inside the sandbox: the warm worker, its walls, its wire. Standard library, numpy and torch only.

The folder can be copied alone to any machine; its files import each other by bare name, as scripts do.
"""
