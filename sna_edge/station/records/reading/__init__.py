"""What is asked of records, beside the station that writes them."""
