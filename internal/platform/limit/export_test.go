package limit

// Size is how many senders are kept.
func (l *Limiter) Size() int {
	l.mu.Lock()
	defer l.mu.Unlock()
	return len(l.full)
}
