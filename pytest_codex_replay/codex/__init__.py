"""What Codex says and does by itself, as tables: the profile of one agent. No I/O.

`fragments`: what it adds to messages. `minted`: ids, numbers and durations that differ in each run. `tool_output`: what
it writes above the output of a tool. `places`: directories that it names. `item_types`, `headers`, `words`: names and
words of its protocol. `endpoints`, `identity`, `threads`: what a request is for, and where it comes from. A second
agent would be a second such folder.
"""
