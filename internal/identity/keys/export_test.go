package keys

// Checksum and NewToken are how a key is made, for tests of how it is read.
var (
	Checksum = checksum
	NewToken = newToken
)
