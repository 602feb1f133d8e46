"""What became of cards: taken from clients, recorded, and matched with the decisions that showed them."""
