"""Files that come in and go out: spreadsheets, forms, letters, pictures of codes."""
