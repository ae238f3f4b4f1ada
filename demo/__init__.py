"""The whole system at work: real processes, real procedures, invented people, weeks of office days in a minute.

`python -m demo` plays and ends; `python -m demo --stay` plays once and keeps the stack running. In order of reading:
script (who brings what, when), stage (time), actors (desk, agency, portal, postman), play (a story from first to last act),
accounts (every number read back), table (how it is shown). stack and calls are the plumbing, people and gateways the world outside.
"""
