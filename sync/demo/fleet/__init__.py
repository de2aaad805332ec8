"""A fleet to look at: a database from a wheel, twenty sample shops, three workers of which one is killed on the way.

`make fleet-demo`, or `python -m sync.demo.fleet`; it needs `itemsync[fleet-demo]`.
"""
