"""What speaks to people: content, contact policy, delivery, tracking, campaigns."""
