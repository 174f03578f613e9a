"""What the pages of the forest show, ready for their templates."""
