"""What is known of every stack: records, and the store that keeps them."""
