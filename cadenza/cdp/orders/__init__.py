"""What people bought and gave back: orders with lines, statuses and returns. Money adds up here."""
