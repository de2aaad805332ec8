"""The sample shop, a week in its life, the sheets its staff keep, and the whole weekly job on them."""
