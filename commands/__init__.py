"""The commands of `evolve`, one file a group; each parses, calls a room, and prints."""
