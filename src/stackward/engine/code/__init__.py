"""The code of apps on the controller: where it comes from, and the archives in which it is kept."""
