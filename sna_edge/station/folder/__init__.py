"""The door for files: tables that are put into a folder, judged row by row, and moved on."""
