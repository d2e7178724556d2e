"""What a study has come to: its trials as rows, the table, the sentences and the pictures of it."""
