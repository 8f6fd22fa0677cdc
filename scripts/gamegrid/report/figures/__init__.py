"""The figures: one module and one .sql file each, found by its ``FIGURE``."""
