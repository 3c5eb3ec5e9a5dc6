"""The figures in the documents, drawn anew from a pack."""
