"""The forest's tables: the code book, and comments with their themes as of a moment."""
