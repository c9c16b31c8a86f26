"""Files of people from elsewhere, read into tables of texts and from there into what is registered."""
