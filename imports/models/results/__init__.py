"""What players achieved: scores, and what is derived from them."""
