"""Wrong rules, the laws that catch them, and the small clusters that show them."""
