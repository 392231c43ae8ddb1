"""What the screens take in: each form reads its fields, and the domain judges them."""
