package postgres

// Share is share.
var Share = share
