package weights

import (
	"bytes"
	"errors"
	"io"
	"strconv"
	"strings"

	"unnoise/weights/jsontree"
	"unnoise/weights/sha256"
)

// The pack's own metadata keys; FORMAT.md lists all.
const (
	Format     = "unnoise" // value of the key "format"
	Version    = 1         // the newest "format_version" read here
	keyFormat  = "format"
	keyVersion = "format_version"
	keyChunks  = "chunks"        // {"size": bytes, "sha256": [hex, ...]} over the data section
	keyHeader  = "header_sha256" // of the header's text with this value all zeros
)

// ChunkSize is the length of a hashed piece of a new pack's data section: what a cut download loses at most.
const ChunkSize = 1 << 20

var zeroHash = strings.Repeat("0", 64)

// ErrVersion is wrapped by OpenPack's error for a pack written by a newer version.
var ErrVersion = errors.New("pack of a newer version")

// Pack is an open pack. Tensor data is as trustworthy as the storage until Verify has returned nil.
type Pack struct {
	*File
	chunk  int64
	hashes []string
}

// OpenPack opens a pack and checks its header: format, version, header hash. Verify checks the data. Errors are *Error; a pack of a newer
// version also wraps ErrVersion.
func OpenPack(r io.ReaderAt, size int64, name string) (*Pack, error) {
	f, err := Open(r, size, name)
	if err != nil {
		return nil, err
	}
	p := &Pack{File: f}
	if f.Metadata[keyFormat] != Format {
		return nil, f.fail("", "is a .safetensors file but not a pack: make one with the convert command")
	}
	if v, err := strconv.Atoi(f.Metadata[keyVersion]); err != nil || v < 1 {
		return nil, f.fail("__metadata__", keyVersion+" must be a number from 1, found "+strconv.Quote(f.Metadata[keyVersion]))
	} else if v > Version {
		return nil, &Error{File: name, Err: ErrVersion, Problem: "is a pack of version " + strconv.Itoa(v) + ", this program reads up to " +
			strconv.Itoa(Version) + ": update the program or convert the model again"}
	}
	if err := p.checkHeader(); err != nil {
		return nil, err
	}
	return p, p.readChunks()
}

func (p *Pack) checkHeader() error {
	claimed := p.Metadata[keyHeader]
	zeroed := bytes.Replace(p.header, []byte(hashField(claimed)), []byte(hashField(zeroHash)), 1)
	sum := sha256.Sum256(zeroed)
	if hexText(sum[:]) != claimed {
		return p.fail("header", "does not match its hash: the file is damaged, fetch or convert it again")
	}
	return nil
}

func (p *Pack) readChunks() error {
	o, err := jsontree.ParseObject([]byte(p.Metadata[keyChunks]))
	if err != nil {
		return p.fail("__metadata__", keyChunks+": "+err.Error())
	}
	f := o.Fields(keyChunks)
	p.chunk, p.hashes = int64(f.Int("size", 0)), f.Strings("sha256")
	if err := f.Err(); err != nil {
		return p.fail("__metadata__", err.Error())
	}
	if p.chunk < 1<<12 || p.chunk > 1<<30 || int64(len(p.hashes)) != (p.size+p.chunk-1)/p.chunk {
		return p.fail("__metadata__", keyChunks+" does not cover the data")
	}
	return nil
}

// Chunks is the number of hashed pieces.
func (p *Pack) Chunks() int { return len(p.hashes) }

// Verify reads all data and compares every piece with its hash.
func (p *Pack) Verify() error {
	for i, want := range p.hashes {
		begin := int64(i) * p.chunk
		data, err := p.read(p.start+begin, min(p.chunk, p.size-begin))
		if err != nil {
			return p.unread("chunk "+strconv.Itoa(i), err)
		}
		sum := sha256.Sum256(data)
		if hexText(sum[:]) != want {
			return p.fail("chunk "+strconv.Itoa(i)+" of "+strconv.Itoa(len(p.hashes)), "does not match its hash: the file is damaged, fetch or convert it again")
		}
	}
	return nil
}

// ID is the SHA-256 of the header, which holds the hashes of everything else: it names the pack's content.
func (p *Pack) ID() string {
	sum := sha256.Sum256(p.header)
	return hexText(sum[:])
}
