"""The page for staff who never open a terminal. Handlers parse, call the service, and render; they decide nothing.

`app` lists the addresses. `start`, `preview`, `runs` and `items` are the pages; `streams` tells of what is under way;
`pages` renders; `people` says who asks, and what they may; `serving` runs it all.
"""
