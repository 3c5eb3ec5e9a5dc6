package cpu

// ShareAll has programs that are loaded from now on share every operation that can be, however small.
func ShareAll() (restore func()) {
	operation, network := sharedMACs, networkMACs
	sharedMACs, networkMACs = 0, 0
	return func() { sharedMACs, networkMACs = operation, network }
}
