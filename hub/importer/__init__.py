"""Moving in from the earlier Flask site: its file read leniently, what is in it made to fit, and a report of all."""
