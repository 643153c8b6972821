// Nothing is called by name: the program's own symbols stand before those of the library.
