"""Prompts and replies: templates for what models read, and the parser for what they answer."""
