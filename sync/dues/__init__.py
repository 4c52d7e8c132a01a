"""Dues of a month, their rates, who lags behind."""
