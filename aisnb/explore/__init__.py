"""Looking at what is there: filters for listings, tables for people, the index pages of web servers."""
