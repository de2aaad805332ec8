"""What the shop learns: frames of observations and changes in, figures per item out.

Pure: no clock, no database, no language. The formulas and their sources: docs/reference/insight.md.

- `timeline`: observations and our own stock moves become one line of events an item.
- `sales`: what was presumably sold between two readings, and how long an item was in stock.
- `figures`: velocity, cover, class, band and the restock, an item a row.
- `price_effect`: what a change of price did to sales.
- `series`: stock and price of one item over time.
"""
