// Starts, says so, and ends.
print("nothing")
