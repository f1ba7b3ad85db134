"""How files are read that players get from elsewhere: CSV, XML, numbers and dates, as the original reads them. Pure."""
