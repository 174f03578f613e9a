"""The forest: reading comments by the code book, the code book itself, sorting blindly, themes in figures, drivers."""
