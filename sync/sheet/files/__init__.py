"""Files of every kind → worksheets with values. What the values mean is not known here."""
