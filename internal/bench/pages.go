package main

import "context"

func (b *bench) pages(context.Context) error { return nil }
