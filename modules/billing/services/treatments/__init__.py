"""What is done in visits: the price list, what notes say of it, and the lines of bills that it becomes."""
