"""Instance states, the changes allowed between them, the five events, and names of releases."""
