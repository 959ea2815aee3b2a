package wal

import (
	"bufio"
	"bytes"
	"context"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"regexp"
	"strconv"
	"strings"
	"time"

	"github.com/skaiscraper/skai/internal/platform/fault"
	"github.com/skaiscraper/skai/internal/platform/localpg"
)

// tool runs a program of PostgreSQL that works on files alone.
func tool(ctx context.Context, program string, args ...string) error {
	if out, err := toolCommand(ctx, program, args...).CombinedOutput(); err != nil {
		return fmt.Errorf("%s: %w\n%s", filepath.Base(program), err, bytes.TrimSpace(out))
	}
	return nil
}

func toolCommand(ctx context.Context, program string, args ...string) *exec.Cmd {
	cmd := exec.CommandContext(ctx, program, args...) //nolint:gosec // found on this system
	cmd.Env = []string{"PATH=/usr/bin:/bin", "LC_ALL=C", "TZ=UTC"}
	return cmd
}

// segment names the segment of the log in which a place is.
func (b *Base) segment(p position) string { return b.segmentNumber(uint64(p) / b.SegmentSize) }

func (b *Base) segmentNumber(n uint64) string {
	each := uint64(1<<32) / b.SegmentSize
	return fmt.Sprintf("%08X%08X%08X", b.Timeline, n/each, n%each)
}

// history is the log that there is after a base backup, without a gap, as a folder of
// links, in which the last segment has its name too.
type history struct {
	base    *Base
	dir     string
	last    uint64 // number of the last segment
	partial bool   // the last segment is one that the server goes on with
	missing string // the segment that is not there though a later one is; "" without a gap
	cut     string // what is wrong with the segment behind the last one

	noted   archived // how far it was archived before it was gathered
	commits []commit
	after   *commit  // the first one behind the moment that was asked for
	end     position // where it ends
	why     string   // pg_waldump reads no further
}

// commit is a transaction's end.
type commit struct {
	at  position
	xid uint32
	on  time.Time
}

// gather links the log after a base backup into a new folder of temporary links.
func gather(b *Base) (h *history, err error) {
	h = &history{base: b, noted: b.line.noted()}
	if h.dir, err = os.MkdirTemp("", "skai-log-"); err != nil {
		return nil, err
	}
	first := uint64(b.Start) / b.SegmentSize
	for n := first; ; n++ {
		there, partial, err := h.link(b.segmentNumber(n))
		if err != nil {
			return nil, errors.Join(err, h.remove())
		}
		if !there {
			break
		}
		if h.last, h.partial = n, partial; partial {
			break // the server goes on with this one
		}
	}
	if h.last == 0 {
		if h.cut != "" {
			return nil, errors.Join(fault.Unavailable("wal.damaged", "%s", h.cut), h.remove())
		}
		err = fault.Unavailable("wal.missing", "the log lacks its segment %s, with which the base backup %s begins: without it that can't be restored; take another one, or a backup of skai backup --to", b.segmentNumber(first), b.place)
		return nil, errors.Join(err, h.remove())
	}
	h.missing, err = h.gap()
	if err != nil {
		return nil, errors.Join(err, h.remove())
	}
	return h, nil
}

func (h *history) remove() error { return os.RemoveAll(h.dir) }

// link links one segment, and copies the one that is still written: that gets its name
// when it is whole, which may be now.
func (h *history) link(name string) (there, partial bool, err error) {
	folder, err := filepath.Abs(h.base.line.log())
	if err != nil {
		return false, false, err
	}
	for _, suffix := range []string{"", ".partial", ""} {
		from := filepath.Join(folder, name+suffix)
		info, err := os.Stat(from)
		whole := err == nil && uint64(info.Size()) == h.base.SegmentSize //nolint:gosec // not negative
		if whole && suffix != "" {
			err = copyAside(from, filepath.Join(h.dir, name))
		}
		switch {
		case errors.Is(err, fs.ErrNotExist), err == nil && !whole && suffix != "": // the latter was begun a moment ago
		case err != nil:
			return false, false, err
		case !whole:
			h.cut = fmt.Sprintf("the log's segment %s is damaged: it has %d bytes and should have %d. %s", name, info.Size(), h.base.SegmentSize, instead)
			return false, false, nil
		case suffix != "":
			return true, true, nil
		default:
			return true, false, os.Symlink(from, filepath.Join(h.dir, name))
		}
	}
	return false, false, nil
}

// instead is what can be done without a segment.
const instead = "What was committed before it can be restored: name a moment, or put the segment back from a copy of the folder"

// gap finds a segment of this timeline behind the last one that was linked.
func (h *history) gap() (missing string, err error) {
	all, err := os.ReadDir(h.base.line.log())
	if err != nil {
		return "", err
	}
	next := h.base.segmentNumber(h.last + 1)
	if h.partial {
		next = h.base.segmentNumber(h.last)
	}
	for _, f := range all {
		name, _, _ := strings.Cut(f.Name(), ".")
		if len(name) == len(next) && name[:8] == next[:8] && name > next {
			return next, nil
		}
	}
	return "", nil
}

// commitLine is what pg_waldump prints of a commit; rmgrdesc of PostgreSQL's
// src/backend/access/rmgrdesc/xactdesc.c.
var commitLine = regexp.MustCompile(`tx: +(\d+), lsn: ([0-9A-F]+/[0-9A-F]+),.* desc: COMMIT(?:_PREPARED)? (?:[^:]*: )?(\d{4}-\d\d-\d\d \d\d:\d\d:\d\d\.\d+) UTC`)

// atSegment and atPlace are how PostgreSQL's src/backend/access/transam/xlogreader.c
// says where it could not read on.
var (
	atSegment = regexp.MustCompile(`log segment [0-9A-F]{8}([0-9A-F]{8})([0-9A-F]{8}), offset (\d+)`)
	atPlace   = regexp.MustCompile(`at ([0-9A-F]+/[0-9A-F]+)`)
)

// scan has pg_waldump read the log from the base backup on, which compares every record's
// checksum. It stops soon after the first commit behind the moment, where one is given.
func (h *history) scan(ctx context.Context, moment time.Time) error {
	program, err := localpg.Program(ctx, "pg_waldump", h.base.Server)
	if err != nil {
		return err
	}
	ctx, stop := context.WithCancel(ctx)
	defer stop()
	cmd := toolCommand(ctx, program, "--path="+h.dir, "--timeline="+strconv.FormatUint(uint64(h.base.Timeline), 10), "--rmgr=Transaction", "--start="+h.base.Start.String(), "--end="+h.upTo().String())
	var said bytes.Buffer
	cmd.Stderr = &said
	out, err := cmd.StdoutPipe()
	if err != nil {
		return err
	}
	if err := cmd.Start(); err != nil {
		return err
	}
	lines := bufio.NewScanner(out)
	lines.Buffer(nil, 16<<20) // a commit lists the files and messages that it ends
	for h.after == nil && lines.Scan() {
		if err := h.read(lines.Text(), moment); err != nil {
			stop()
			_ = cmd.Wait() // it was stopped
			return err
		}
	}
	if h.after != nil {
		h.end = h.after.at
		stop()
		_ = cmd.Wait() // it was stopped
		return nil
	}
	err = errors.Join(lines.Err(), ctx.Err())
	_, complained := errors.AsType[*exec.ExitError](cmd.Wait())
	if err != nil {
		return err
	}
	h.end = h.upTo() // where whole segments end
	if complained {
		return h.readEnd(strings.TrimSpace(said.String()))
	}
	return nil
}

// upTo is where the last segment ends.
func (h *history) upTo() position { return position((h.last + 1) * h.base.SegmentSize) }

// read reads a line of pg_waldump.
func (h *history) read(text string, moment time.Time) error {
	m := commitLine.FindStringSubmatch(text)
	if m == nil {
		return nil // an abort, or another end
	}
	xid, err := strconv.ParseUint(m[1], 10, 32)
	if err != nil {
		return err
	}
	c := commit{xid: uint32(xid)}
	if c.at, err = parsePosition(m[2]); err != nil {
		return err
	}
	if c.on, err = time.Parse("2006-01-02 15:04:05.999999", m[3]); err != nil {
		return err
	}
	if !moment.IsZero() && c.on.After(moment) {
		h.after = &c
		return nil
	}
	h.commits = append(h.commits, c)
	return nil
}

// readEnd takes from what pg_waldump said where the log could not be read on.
func (h *history) readEnd(said string) error {
	h.why = said
	if m := atSegment.FindStringSubmatch(said); m != nil {
		high, err := strconv.ParseUint(m[1], 16, 32)
		low, err2 := strconv.ParseUint(m[2], 16, 32)
		offset, err3 := strconv.ParseUint(m[3], 10, 32)
		h.end = position(high<<32 + low*h.base.SegmentSize + offset)
		return errors.Join(err, err2, err3)
	}
	all := atPlace.FindAllStringSubmatch(said, -1)
	if len(all) == 0 {
		return fault.Unavailable("wal.log", "the log of %s can't be read: %s", h.base.line.place, said)
	}
	var err error
	h.end, err = parsePosition(all[len(all)-1][1])
	return err
}

// broken tells in words why the log can't be read to the end that it had; nothing where
// it can. What comes behind the place that was noted may be half written, by a process
// that was killed: that is how a log ends.
func (h *history) broken() string {
	begins := position(h.last * h.base.SegmentSize)
	switch {
	case h.end < begins, !h.partial && h.end < h.upTo(), h.end < h.noted.LSN && h.noted.LSN < h.upTo():
		return fmt.Sprintf("the log's segment %s is damaged at %s (%s), and the log was archived up to %s. %s", h.base.segment(h.end), h.end, h.why, max(h.noted.LSN, h.end), instead)
	case h.cut != "":
		return h.cut
	case h.missing != "":
		return fmt.Sprintf("the log's segment %s is missing, and there are later ones. %s", h.missing, instead)
	case h.upTo() < h.noted.LSN:
		return fmt.Sprintf("the log's segment %s is missing: the log was archived up to %s. %s", h.base.segmentNumber(h.last+1), h.noted.LSN, instead)
	}
	return ""
}

// lastCommit is the last one before a place; before the first one, it is the base backup.
func (h *history) lastCommit(before position) commit {
	c := commit{on: h.base.Ended}
	for _, one := range h.commits {
		if one.at < before {
			c = one
		}
	}
	return c
}

// only removes the links to segments that a recovery up to a place does not read.
func (h *history) only(upTo position) error {
	// The record there may go on in the next segment.
	for n := uint64(upTo)/h.base.SegmentSize + 2; n <= h.last; n++ {
		if err := os.Remove(filepath.Join(h.dir, h.base.segmentNumber(n))); err != nil {
			return err
		}
	}
	return nil
}
