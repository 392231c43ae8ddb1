"""The registers: units, people, appointments, periods, catalogues, grants. Edited as records in the Wagtail admin."""
