"""What people gathered: the cart, the wish list and any other list of products by name, now and as it came about."""
