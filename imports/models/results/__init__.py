"""What players achieved: scores and the data derived from them."""
