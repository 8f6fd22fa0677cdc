"""Everything computed from records alone: values of moves, exploitability, references, reasons."""
