"""What the shop sells: products, their categories and prices."""
