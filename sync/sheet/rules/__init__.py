"""The worksheet 规则: `columns` finds its headers, `cells` reads one cell, `read` makes rules of its rows."""
