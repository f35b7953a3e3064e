"""From the text of a statement to who runs it, and what is put in other words for fakesnow."""
