"""Instance states, the changes allowed between them, the five events, and what recipes are told."""
