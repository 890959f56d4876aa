"""The LangGraph state machine: settings, strategies, selection, nodes, and the run that drives them.

`graph.app` holds the compiled graph, `graph.run` creates, drives and resumes a run, `graph.config` its settings.
"""
