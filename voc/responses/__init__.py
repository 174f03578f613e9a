"""Answers in: a page that a person answers and a mail scanner cannot, and nothing typed is ever lost."""
